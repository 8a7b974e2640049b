import { describe, expect, it } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import { add, call, float, load, mul } from '../../../shared/ir/build.js';
import { primFunc } from '../../../shared/ir/build-stmt.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { CompiledKernel } from '../../../shared/protocol/kernel.js';
import {
  ArtifactRequestSchema,
  EMPTY_TRACE,
  MeasureRequestSchema,
  RaceRequestSchema,
  type EngineFingerprint,
  type MeasureOutcome,
  type TraceJson,
} from '../../../shared/protocol/measure.js';
import { printScript } from '../../../shared/script/print.js';
import { compileFunc } from '../../../worker/lower/compile.js';
import type { Phase } from '../../../worker/measure/failure.js';
import type { Compile } from '../../../worker/measure/program.js';
import { createSession, type Session } from '../../../worker/measure/session.js';
import { assemble } from '../../support/hand-kernels.js';
import { computeBlock, elementwise, matmul } from '../../support/sample-programs.js';

const ENGINE: EngineFingerprint = {
  engine: 'node',
  version: '0',
  v8: '0',
  flags: [],
  cpu: 'test',
  cores: 1,
  arch: 'test',
  id: 'test',
};
const QUICK = { samples: 2, minSampleMs: 0.05, warmupMs: 0.1 };
const UNKNOWN_INSTRUCTION: TraceJson = [[['NoSuchInstruction', [], [], []]], []];

interface Bench {
  readonly session: Session;
  readonly phases: Phase[];
  readonly defects: unknown[];
}

/** A session whose compiler may be tampered with where it builds candidates; the reference stays as it is. */
function bench(tamper: (kernel: CompiledKernel) => CompiledKernel = (kernel) => kernel): Bench {
  const compile: Compile = (func, target, options) => {
    const kernel = compileFunc(func, target, options);
    return options.bench ? tamper(kernel) : kernel;
  };
  const defects: unknown[] = [];
  const session = createSession({
    compile,
    engine: ENGINE,
    now: () => performance.now() * 1e6,
    reportDefect: (error) => defects.push(error),
  });
  return { session, phases: [], defects };
}

function measure({ session, phases }: Bench, func: PrimFunc, trace = EMPTY_TRACE): MeasureOutcome {
  const job = MeasureRequestSchema.parse({
    script: printScript(func),
    target: 'wasm',
    trace,
    options: QUICK,
  });
  return session.measure(job, (phase) => phases.push(phase));
}

/** Replaces a kernel of two parameters by one that does `body`. */
function replaced(body: string): (kernel: CompiledKernel) => CompiledKernel {
  const signature = '(param $a i32) (param $b i32) (param $w i32)';
  const wasm = assemble(`(module (import "env" "memory" (memory 0))
    (func $run (export "run") ${signature} ${body})
    (func (export "bench") (param $n i32) ${signature}
      (loop $again
        (call $run (local.get $a) (local.get $b) (local.get $w))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
  return (kernel) => ({ ...kernel, wasm });
}

const COPY = '(memory.copy (local.get $b) (local.get $a) (i32.const 64))';
const identity = elementwise('identity', 16, (x) => mul(x, 1));

describe('measuring', () => {
  it('reports the phases, computing the reference once for each program', () => {
    const b = bench();
    const func = matmul(8, 8, 8);
    expect(measure(b, func)).toMatchObject({ status: 'measured', exact: true, maxError: 0, engine: ENGINE });
    expect(measure(b, func)).toMatchObject({ status: 'measured' });
    expect(b.phases).toEqual(['reference', 'build', 'run', 'build', 'run']);
  });

  it('checks a rounding program with a tolerance', () => {
    const shifted = replaced(
      `${COPY} (f32.store (local.get $b) (f32.mul (f32.load (local.get $b)) (f32.const 1.00001)))`,
    );
    const program = elementwise('root', 16, (x) => mul(call('sqrt', [x]), call('sqrt', [x])));
    const outcome = measure(bench(shifted), program);
    expect(outcome).toMatchObject({ status: 'measured', exact: false });
    if (outcome.status === 'measured') expect(outcome.maxError).toBeGreaterThan(1e-7);
  });

  it('gives a parameter that is read and written its input before the checked run', () => {
    const [x, a] = [buffer('X', [16]), buffer('A', [16])];
    const body = computeBlock('X', [16], (iters) => ({
      target: x,
      indices: iters,
      value: add(load(x, iters), load(a, iters)),
    }));
    expect(measure(bench(), primFunc('accumulate', { params: [x, a], body }))).toMatchObject({
      status: 'measured',
    });
  });
});

describe('a wrong kernel', () => {
  it.each<[string, string, string, RegExp]>([
    [
      'leaves an element unwritten',
      '(memory.copy (local.get $b) (local.get $a) (i32.const 60))',
      'wrong_result',
      /B\[15\].*never written/,
    ],
    [
      'is off by one bit',
      `${COPY} (i32.store (local.get $b) (i32.xor (i32.load (local.get $b)) (i32.const 1)))`,
      'wrong_result',
      /B\[0\]/,
    ],
    [
      'overwrites its input',
      `${COPY} (f32.store (local.get $a) (f32.const 9))`,
      'wrong_result',
      /the input A was overwritten/,
    ],
    ['computes infinity', `${COPY} (f32.store (local.get $b) (f32.const inf))`, 'not_finite', /Infinity/],
    ['traps', 'unreachable', 'trap', /unreachable/],
    [
      'relies on a clean workspace',
      `${COPY} (f32.store (local.get $b) (f32.add (f32.load (local.get $b)) (f32.load (local.get $w))))`,
      'not_finite',
      /NaN/,
    ],
    [
      'is right only the first time',
      `(local $x i32) ${COPY}
       (local.set $x (i32.load offset=64 (local.get $w)))
       (i32.store offset=64 (local.get $w) (i32.const 1))
       (if (i32.eq (local.get $x) (i32.const 1)) (then (f32.store (local.get $b) (f32.const 7))))`,
      'wrong_result',
      /B\[0\]/,
    ],
  ])('is found when it %s', (_, body, code, message) => {
    const withWorkspace = (kernel: CompiledKernel): CompiledKernel => {
      const { wasm, abi } = replaced(body)(kernel);
      return { wasm, abi: { ...abi, workspaceBytes: 128 } };
    };
    expect(measure(bench(withWorkspace), identity)).toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it('has no effect on the next', () => {
    let calls = 0;
    const b = bench((kernel) => (calls++ === 0 ? replaced('unreachable')(kernel) : kernel));
    expect(measure(b, identity)).toMatchObject({ code: 'trap' });
    expect(measure(b, identity)).toMatchObject({ status: 'measured' });
  });
});

describe('a candidate that cannot be built', () => {
  it('is rejected when its trace does not apply', () => {
    expect(measure(bench(), identity, UNKNOWN_INSTRUCTION)).toMatchObject({
      status: 'failed',
      code: 'rejected',
    });
  });

  it('is oom when it needs more memory than the target allows, whatever its parts', () => {
    const greedy = bench(({ wasm, abi }) => ({ wasm, abi: { ...abi, workspaceBytes: 2 ** 31 } }));
    expect(measure(greedy, identity)).toMatchObject({ code: 'oom' });
  });

  it('is a build error when the module is invalid, too large, or lacks its exports', () => {
    for (const wasm of [new Uint8Array([1, 2, 3]), new Uint8Array(2 ** 20 + 1), assemble('(module)')]) {
      expect(
        measure(
          bench(({ abi }) => ({ wasm, abi })),
          identity,
        ),
      ).toMatchObject({ code: 'build_error' });
    }
  });

  it('reports a defect of the compiler as what it is', () => {
    const error = new TypeError('x is undefined');
    const b = bench(() => {
      throw error;
    });
    expect(measure(b, identity)).toMatchObject({ code: 'build_error', message: 'internal: x is undefined' });
    expect(b.defects).toEqual([error]);
  });
});

describe('a race', () => {
  it('has an entry for every trace, and the failed ones do not hinder the others', () => {
    const b = bench();
    const traces = [EMPTY_TRACE, UNKNOWN_INSTRUCTION, EMPTY_TRACE];
    const job = RaceRequestSchema.parse({
      script: printScript(matmul(8, 8, 8)),
      target: 'wasm',
      traces,
      rounds: 4,
      options: QUICK,
    });
    const outcome = b.session.race(job, () => undefined);
    if (outcome.status !== 'raced') throw new Error(outcome.message);
    expect(outcome.entries.map(({ status }) => status)).toEqual(['measured', 'failed', 'measured']);
    for (const entry of outcome.entries)
      if (entry.status === 'measured') expect(entry.samplesNs).toHaveLength(4);
  });

  it('gives racers of different memory needs one memory that fits all', () => {
    let calls = 0;
    const b = bench((kernel) => ({ ...kernel, abi: { ...kernel.abi, workspaceBytes: calls++ * 1_000_000 } }));
    const traces = [EMPTY_TRACE, EMPTY_TRACE, EMPTY_TRACE];
    const job = RaceRequestSchema.parse({
      script: printScript(matmul(8, 8, 8)),
      target: 'wasm',
      traces,
      rounds: 2,
      options: QUICK,
    });
    const outcome = b.session.race(job, () => undefined);
    expect(outcome).toMatchObject({ entries: traces.map(() => ({ status: 'measured' })) });
  });

  it('of nothing but failures has entries, too', () => {
    const traces = [UNKNOWN_INSTRUCTION];
    const job = RaceRequestSchema.parse({
      script: printScript(identity),
      target: 'wasm',
      traces,
      options: QUICK,
    });
    expect(bench().session.race(job, () => undefined)).toMatchObject({
      status: 'raced',
      entries: [{ status: 'failed' }],
    });
  });
});

describe('an artifact', () => {
  it('is a module without the bench function, and a loader that finds it', () => {
    const script = printScript(elementwise('plus_one', 16, (x) => add(x, float(1))));
    const job = ArtifactRequestSchema.parse({
      script,
      target: 'wasm',
      trace: EMPTY_TRACE,
      fileName: 'plus-one',
    });
    const outcome = bench().session.artifact(job, () => undefined);
    if (outcome.status !== 'built') throw new Error(outcome.message);
    const module = new WebAssembly.Module(Buffer.from(outcome.wasmBase64, 'base64'));
    expect(WebAssembly.Module.exports(module).map(({ name }) => name)).toEqual(['run']);
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    expect(outcome.mjs).toContain('./plus-one.wasm');
    expect(outcome.dts).toContain('readonly "B": Float32Array');
  });
});
