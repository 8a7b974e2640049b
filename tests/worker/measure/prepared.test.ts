/** @file Measuring kernels that prepare their constants: once before a measurement, and at each turn of a race. */
import { expect, it } from 'vitest';
import { mul } from '../../../shared/ir/build.js';
import { withConstants } from '../../../shared/ir/constants.js';
import type { CompiledKernel } from '../../../shared/protocol/kernel.js';
import { EMPTY_TRACE, MeasureRequestSchema, RaceRequestSchema } from '../../../shared/protocol/measure.js';
import { printScript } from '../../../shared/script/print.js';
import { at } from '../../../shared/support/errors.js';
import { compileFunc } from '../../../worker/lower/compile.js';
import { createSession } from '../../../worker/measure/session.js';
import { engine } from '../../db/records.js';
import { assemble } from '../../support/hand-kernels.js';
import { elementwise } from '../../support/sample-programs.js';

const script = printScript(
  withConstants(
    elementwise('identity', 16, (x) => mul(x, 1)),
    ['A'],
  ),
);
const options = { samples: 2, minSampleMs: 0.05, warmupMs: 0.1 };
const JOB = { script, target: 'wasm' as const, options };

interface Bodies {
  readonly prepare: string;
  readonly run: string;
}

/** A module of the parameters A and B, one packed buffer and the workspace. */
function moduleOf(kernel: Bodies): Uint8Array {
  const signature = '(param $a i32) (param $b i32) (param $p i32) (param $w i32)';
  return assemble(`(module (import "env" "memory" (memory 0))
    (func (export "prepare") ${signature} ${kernel.prepare})
    (func $run (export "run") ${signature} ${kernel.run})
    (func (export "bench") (param $n i32) ${signature}
      (loop $again
        (call $run (local.get $a) (local.get $b) (local.get $p) (local.get $w))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
}

/** A session whose candidates are these kernels, one after the other. */
function sessionOf(...kernels: readonly Bodies[]) {
  let built = 0;
  return createSession({
    compile: (func, target, given): CompiledKernel => {
      const compiled = compileFunc(func, target, given);
      if (!given.bench) return compiled;
      return { wasm: moduleOf(at(kernels, built++)), abi: { ...compiled.abi, packed: [128] } };
    },
    engine: engine(),
    now: () => performance.now() * 1e6,
    reportDefect: () => expect.fail('no defect'),
  });
}

const COPY = '(memory.copy (local.get $p) (local.get $a) (i32.const 64))';
const COPY_BACK = '(memory.copy (local.get $b) (local.get $p) (i32.const 64))';

it('a candidate is prepared once, whatever is run how often', () => {
  // Scratch memory is full of ones before, and the first 64 bytes are not touched by the counter behind them.
  const counter = '(i32.add (local.get $p) (i32.const 64))';
  const prepare = `${COPY} (if (i32.ne (i32.load ${counter}) (i32.const -1)) (then unreachable))
    (i32.store ${counter} (i32.const 1))`;
  const job = MeasureRequestSchema.parse({ ...JOB, trace: EMPTY_TRACE });
  const outcome = sessionOf({ prepare, run: COPY_BACK }).measure(job, () => {});
  expect(outcome).toMatchObject({ status: 'measured', exact: true });
});

it('a candidate that is not prepared, or prepared wrongly, has a wrong result', () => {
  const job = MeasureRequestSchema.parse({ ...JOB, trace: EMPTY_TRACE });
  const outcome = sessionOf({ prepare: '', run: COPY_BACK }).measure(job, () => {});
  expect(outcome).toMatchObject({ status: 'failed' });
});

it('racers find what they have prepared, though they share their memory', () => {
  /** Leaves a mark in what it prepares, and traps when that is another's. */
  const marked = (mark: number): Bodies => {
    const place = '(i32.add (local.get $p) (i32.const 64))';
    return {
      prepare: `${COPY} (i32.store ${place} (i32.const ${mark}))`,
      run: `(if (i32.ne (i32.load ${place}) (i32.const ${mark})) (then unreachable)) ${COPY_BACK}`,
    };
  };
  const job = RaceRequestSchema.parse({ ...JOB, traces: [EMPTY_TRACE, EMPTY_TRACE], rounds: 3 });
  const outcome = sessionOf(marked(1), marked(2)).race(job, () => {});
  expect(outcome).toMatchObject({
    status: 'raced',
    entries: [{ status: 'measured' }, { status: 'measured' }],
  });
});
