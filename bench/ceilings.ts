/**
 * @file What this engine can do at best: the roofs under which kernels are judged. `npx tsx bench/ceilings.ts [--json]`.
 *
 * The arithmetic roofs come from loops that do nothing else: a number of independent accumulators, each a chain of
 * `x = x * m + c`, all in registers. How many chains hide the latency best depends on the machine, so several numbers
 * are tried and the best counts.
 */
import { pathToFileURL } from 'node:url';
import wabtModule from 'wabt';
import { fingerprintOf, prepareEngine } from '../worker/engine.js';
import { timeKernel, type Subject } from '../worker/measure/timing.js';

/** GFLOP/s are 1e9 float32 operations (a multiply-add is two), GB/s 1e9 bytes copied. One thread. */
export interface Ceilings {
  /** `f32x4.mul` and `f32x4.add`, GFLOP/s. */
  readonly mulAdd: number;
  /** `f32x4.relaxed_madd`, GFLOP/s; `null` where the engine has none. */
  readonly relaxedMadd: number | null;
  /** `memory.copy` between buffers larger than the caches, GB/s. */
  readonly copy: number;
}

/** Sixteen vector registers, less the two operands of every step. */
const CHAINS = [8, 10, 12, 13, 14];
const FLOPS_PER_STEP = 2 * 4;
/** Steps of each chain per run: far more than a call costs. */
const STEPS = 10_000;
const COPY_BYTES = 64 * 1024 * 1024;
const OPTIONS = { samples: 15, minSampleNs: 10e6, warmupNs: 200e6, stopAboveNs: null, budgetNs: 2e9 };

const wabt = await wabtModule();

function instantiate(wat: string): WebAssembly.Exports {
  const module = wabt.parseWat('ceiling.wat', wat, { relaxed_simd: true });
  const { buffer } = module.toBinary({});
  module.destroy();
  return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(buffer))).exports;
}

/** The function that runs `body` n times. */
function loopOf(locals: string, body: string, memory = ''): Subject {
  const exports = instantiate(`(module ${memory}
    (func (export "run") (param $n i32) ${locals}
      (loop $again ${body} (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
  const { run } = exports;
  if (typeof run !== 'function') throw new Error('the module exports no function');
  return (runs) => {
    run(runs);
  };
}

/** Nanoseconds per run: the fastest sample, since a ceiling is what the machine can do undisturbed. */
function fastest(subject: Subject): number {
  return Math.min(...timeKernel(subject, OPTIONS, { now: () => performance.now() * 1e6 }).samplesNs);
}

/** GFLOP/s of chains of `step`, a text in which `$x` is the chain's value. */
function arithmeticCeiling(step: string): number {
  const rates = CHAINS.map((chains) => {
    const names = Array.from({ length: chains }, (_, i) => `$x${i}`);
    const steps = names.map((name) => `(local.set ${name} ${step.replaceAll('$x', name)})`).join('\n');
    const locals = [...names, '$m', '$c'].map((name) => `(local ${name} v128)`).join(' ');
    // The result is stored, or the engine would drop the loop; the chains tend to c / (1 - m) and stay finite.
    const stores = names.map((name, i) => `(v128.store offset=${16 * i} (i32.const 0) (local.get ${name}))`);
    const body = `
      (local.set $m (v128.const f32x4 0.5 0.25 0.5 0.25)) (local.set $c (v128.const f32x4 1 2 3 4))
      (local.set $k (i32.const ${STEPS}))
      (loop $steps ${steps} (br_if $steps (local.tee $k (i32.sub (local.get $k) (i32.const 1)))))
      ${stores.join(' ')}`;
    const subject = loopOf(`(local $k i32) ${locals}`, body, '(memory 1)');
    return (chains * STEPS * FLOPS_PER_STEP) / fastest(subject);
  });
  return Math.max(...rates);
}

function copyCeiling(): number {
  const copy = `(memory.copy (i32.const ${COPY_BYTES}) (i32.const 0) (i32.const ${COPY_BYTES}))`;
  return COPY_BYTES / fastest(loopOf('', copy, `(memory ${(2 * COPY_BYTES) / 65_536})`));
}

/** Measures in this process, with the engine as it is set up; takes about five seconds. */
export function measureCeilings(): Ceilings {
  return {
    mulAdd: arithmeticCeiling('(f32x4.add (f32x4.mul (local.get $x) (local.get $m)) (local.get $c))'),
    relaxedMadd: orNull(() =>
      arithmeticCeiling('(f32x4.relaxed_madd (local.get $x) (local.get $m) (local.get $c))'),
    ),
    copy: copyCeiling(),
  };
}

/** `null` when the engine does not know the instructions. */
function orNull(measure: () => number): number | null {
  try {
    return measure();
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) return null;
    throw error;
  }
}

function show(rate: number | null, unit: string): string {
  return rate === null ? 'none' : `${rate.toFixed(1)} ${unit}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const engine = fingerprintOf(prepareEngine());
  const ceilings = measureCeilings();
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ engine, ...ceilings }));
  } else {
    console.log(`Node ${engine.version} (V8 ${engine.v8}) on ${engine.cpu}`);
    console.log(`f32x4.mul + f32x4.add   ${show(ceilings.mulAdd, 'GFLOP/s')}`);
    console.log(`f32x4.relaxed_madd      ${show(ceilings.relaxedMadd, 'GFLOP/s')}`);
    console.log(`memory.copy             ${show(ceilings.copy, 'GB/s')}`);
  }
}
