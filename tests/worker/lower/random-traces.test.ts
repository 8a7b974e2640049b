/**
 * @file Every workload under random schedules: what is printed parses back, the interpreter finds the meaning unchanged,
 * and compiled code computes the same bits. Programs that round are compared with a tolerance.
 *
 * `TILEWRIGHT_TEST_SEED` and `TILEWRIGHT_TEST_TRACES` change the seed and the number of traces per workload.
 */
import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { structuralEqual } from '../../../shared/ir/structural.js';
import type { TypedArray } from '../../../shared/ir/typed-array.js';
import { traceToText } from '../../../shared/schedule/trace.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { at, InputError } from '../../../shared/support/errors.js';
import { createRng } from '../../../shared/support/rng.js';
import { buildWorkload, WORKLOAD_NAMES, type WorkloadName } from '../../../shared/te/workload-table.js';
import { exactnessOf } from '../../../worker/measure/exactness.js';
import { integerInputs, runInterpreter, toNumbers } from '../../support/inputs.js';
import { createStepCounts, randomSchedule } from '../../support/random-schedule.js';
import { runWasm } from '../../support/run-wasm.js';

const SEED = Number(process.env['TILEWRIGHT_TEST_SEED'] ?? 1);
const TRACES = Number(process.env['TILEWRIGHT_TEST_TRACES'] ?? 200);

/** Small, with extents that tiles do not divide. */
const SPECS: { readonly [N in WorkloadName]: string } = {
  vecadd: 'n=13',
  add: 'm=3,n=7',
  relu: 'm=3,n=9',
  gelu: 'm=3,n=9',
  window_sum: 'n=11',
  matmul: 'm=5,n=9,k=7',
  matmul_relu: 'm=5,n=9,k=7',
  mm_nt: 'm=5,n=9,k=7',
  linear: 'b=2,i=7,o=9',
  batch_matmul: 'b=2,m=3,n=5,k=4',
  transpose_batch_matmul: 'b=1,l=3,h=2,d=5',
  conv1d_nlc: 'n=1,l=6,ci=3,co=5,k=3,s=1,p=1',
  conv2d_nhwc: 'n=1,h=5,w=4,ci=2,co=5,k=3,s=1,p=1',
  group_conv2d_nhwc: 'n=1,h=4,w=4,ci=4,co=6,k=3,s=1,p=1,g=2',
  dilated_conv2d_nhwc: 'n=1,h=6,w=5,ci=2,co=3,k=2,s=1,p=1,d=2',
  conv2d_nchw: 'n=1,h=4,w=5,ci=2,co=3,k=3,s=2,p=1',
  conv3d_ndhwc: 'n=1,depth=3,h=3,w=4,ci=2,co=3,k=2,s=1,p=1',
  depthwise_conv2d_nhwc: 'n=1,h=5,w=4,c=5,k=3,s=1,p=1',
  conv2d_transpose_nhwc: 'n=1,h=3,w=3,ci=2,co=3,k=4,s=2,p=1',
  conv2d_capsule_nhwijc: 'n=1,h=3,w=3,ci=2,co=3,k=2,s=1,p=0,cap=2',
  conv2d_bias_bn_relu: 'n=1,h=5,w=4,ci=2,co=5,k=3,s=2,p=1',
  max_pool2d_nchw: 'n=1,c=3,h=5,w=6,k=3,s=2,p=1',
  avg_pool2d_nchw: 'n=1,c=3,h=5,w=6,k=2,s=2,p=1',
  softmax: 'm=3,n=9',
  norm: 'b=2,m=3,n=5',
  layer_norm: 'm=3,n=9',
};

function expectSame(actual: readonly TypedArray[], expected: readonly TypedArray[], exact: boolean): void {
  for (const [i, want] of expected.entries()) {
    const got = toNumbers(at(actual, i));
    if (exact) expect(got).toEqual(toNumbers(want));
    else
      toNumbers(want).forEach((w, j) =>
        expect(Math.abs(at(got, j) - w)).toBeLessThanOrEqual(1e-4 * Math.max(1, Math.abs(w))),
      );
  }
}

/** The outcome of one compilation, or `null` when the trace makes more code than the target allows. */
function tryWasm(
  func: PrimFunc,
  target: 'wasm' | 'wasm-simd128',
  inputs: readonly TypedArray[],
): TypedArray[] | null {
  try {
    return runWasm(func, target, inputs);
  } catch (error) {
    if (error instanceof InputError && error.code === 'LIMIT_STATEMENTS') return null;
    throw error;
  }
}

const counts = createStepCounts();

describe.each(WORKLOAD_NAMES)('%s', (name) => {
  it(`keeps its meaning under ${TRACES} random schedules`, () => {
    const { func } = buildWorkload(`${name}:${SPECS[name]}`);
    const inputs = integerInputs(func);
    const expected = runInterpreter(func, inputs);
    const { exact } = exactnessOf(func);
    for (let trace = 0; trace < TRACES; trace++) {
      const rng = createRng(SEED).fork(`${name} ${trace}`);
      const sch = randomSchedule(func, rng, 4 + rng.nextInt(10), counts);
      const scheduled = sch.func;
      try {
        expect(structuralEqual(at(parseScript(printScript(scheduled)).functions, 0), scheduled)).toBe(true);
        expectSame(runInterpreter(scheduled, inputs), expected, exact);
        for (const target of ['wasm', 'wasm-simd128'] as const) {
          const computed = tryWasm(scheduled, target, inputs);
          if (computed !== null) expectSame(computed, expected, exact);
        }
      } catch (error) {
        const text = `${traceToText(sch.trace)}\n${printScript(scheduled)}`;
        throw new Error(`seed ${SEED}, trace ${trace} of ${name}:\n${text}`, { cause: error });
      }
    }
  });
});

describe('the random schedules', () => {
  it('took and refused every kind of step', () => {
    for (const [name, { taken }] of Object.entries(counts)) expect(taken, name).toBeGreaterThan(TRACES / 10);
  });
});
