/**
 * @file The engine that kernels are timed on: which V8 flags make its numbers steady, and its fingerprint.
 *
 * Wasm code starts in V8's baseline compiler and is replaced by optimised code at some later call, which no two
 * measurements see at the same moment. `--no-liftoff` gives optimised code from the first call. Newer versions then
 * want inlining, which lives on the baseline's feedback, switched off too, and otherwise abort the process at the first
 * call that they would inline; older versions do not know these flags. So a set of flags is tried in a process of its
 * own before it is set in this one.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { availableParallelism, cpus } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { EngineFingerprint } from '../shared/protocol/measure.js';

/** In order of preference. */
const FLAG_SETS = [
  ['--no-liftoff', '--no-wasm-inlining', '--no-wasm-inlining-call-indirect'],
  ['--no-liftoff', '--no-wasm-inlining'],
  ['--no-liftoff'],
] as const;

const RELAXED_SIMD_FLAG = '--experimental-wasm-relaxed-simd';

/**
 * (module
 *   (table funcref (elem 0))
 *   (func $seven (result i32) (i32.const 7))
 *   (func (export "f") (result i32) (local $n i32) (local $sum i32)
 *     (loop $again
 *       (local.set $sum (i32.add (call $seven) (call_indirect (result i32) (i32.const 0))))
 *       (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 8))))
 *     (local.get $sum)))
 */
const CALLS_PROBE_HEX =
  '0061736d010000000105016000017f030302000004050170010101070501016600010907010041000b01000a2602040041070b' +
  '1f01027f0340100041001100006a2101200041016a22004108490d000b20010b';

/**
 * (module (func (result v128)
 *   v128.const i32x4 0 0 0 0  v128.const i32x4 0 0 0 0  v128.const i32x4 0 0 0 0  f32x4.relaxed_madd))
 */
const RELAXED_SIMD_PROBE_HEX = `0061736d010000000105016000017b030201000a3d013b00${`fd0c${'00'.repeat(16)}`.repeat(3)}fd85020b`;

/** Sets flags as the host does, then compiles and runs a module in a worker thread, as measuring does. */
const TRIAL = `
process.argv.slice(1).forEach(require('node:v8').setFlagsFromString);
const thread = new (require('node:worker_threads').Worker)(
  'const module = new WebAssembly.Module(Buffer.from("${CALLS_PROBE_HEX}", "hex"));' +
  'if (new WebAssembly.Instance(module).exports.f() !== 14) throw new Error("wrong");',
  { eval: true });
thread.on('exit', (code) => process.exit(code));`;

function survives(flags: readonly string[]): boolean {
  const args = ['-e', TRIAL, '--', ...flags];
  const trial = spawnSync(process.execPath, args, { timeout: 10_000, env: {}, encoding: 'utf8' });
  return trial.status === 0 && !trial.stderr.includes('unrecognized flag');
}

function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(Buffer.from(RELAXED_SIMD_PROBE_HEX, 'hex'));
}

/**
 * Sets the V8 flags that measuring wants, before anything is compiled.
 * @returns the flags that were set, in order
 */
export function prepareEngine(): string[] {
  const flags: string[] = [...(FLAG_SETS.find(survives) ?? [])];
  for (const flag of flags) setFlagsFromString(flag);
  if (!hasRelaxedSimd()) {
    setFlagsFromString(RELAXED_SIMD_FLAG);
    if (hasRelaxedSimd()) flags.push(RELAXED_SIMD_FLAG);
  }
  return flags;
}

/** Describes this process's engine and machine. */
export function fingerprintOf(flags: readonly string[]): EngineFingerprint {
  const facts = {
    engine: 'node' as const,
    version: process.versions.node,
    v8: process.versions.v8,
    flags: [...flags],
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    arch: process.arch,
  };
  const id = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 12);
  return { ...facts, id };
}
