/**
 * @file Every sketch of every workload with decisions drawn at random: it goes through the postprocs, its trace replays,
 * and the interpreter and compiled code find the meaning unchanged. Programs that round are compared with a tolerance.
 */
import { describe, expect, it } from 'vitest';
import { LLVM_POSTPROCS, tvmLlvmSpace } from '../../../../server/tuning/spaces/tvm-llvm.js';
import { structuralEqual } from '../../../../shared/ir/structural.js';
import type { TypedArray } from '../../../../shared/ir/typed-array.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { applyTrace, traceFromJson, traceToJson } from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { buildWorkload, WORKLOAD_NAMES, type WorkloadName } from '../../../../shared/te/workload-table.js';
import { exactnessOf } from '../../../../worker/measure/exactness.js';
import { integerInputs, runInterpreter, toNumbers } from '../../../support/inputs.js';
import { runWasm } from '../../../support/run-wasm.js';
import { redrawn, spaceContext } from '../rules/harness.js';

/** Small, with extents that have several divisors. */
const SPECS: { readonly [N in WorkloadName]: string } = {
  vecadd: 'n=130',
  add: 'm=4,n=12',
  relu: 'm=6,n=30',
  gelu: 'm=3,n=30',
  window_sum: 'n=11',
  matmul: 'm=12,n=16,k=8',
  matmul_relu: 'm=6,n=8,k=4',
  mm_nt: 'm=8,n=6,k=12',
  linear: 'b=2,i=12,o=6',
  batch_matmul: 'b=2,m=8,n=4,k=6',
  transpose_batch_matmul: 'b=1,l=6,h=2,d=4',
  conv1d_nlc: 'n=1,l=12,ci=4,co=8,k=3,s=1,p=1,g=2',
  conv2d_nhwc: 'n=1,h=6,w=6,ci=3,co=8,k=3,s=2,p=1',
  group_conv2d_nhwc: 'n=1,h=6,w=6,ci=4,co=8,k=3,s=1,p=1,g=2',
  dilated_conv2d_nhwc: 'n=1,h=7,w=7,ci=2,co=4,k=3,s=1,p=2,d=2',
  conv2d_nchw: 'n=1,h=6,w=6,ci=3,co=4,k=3,s=1,p=1',
  conv3d_ndhwc: 'n=1,depth=4,h=4,w=4,ci=2,co=4,k=3,s=1,p=1',
  depthwise_conv2d_nhwc: 'n=1,h=8,w=8,c=4,k=3,s=1,p=1',
  conv2d_transpose_nhwc: 'n=1,h=3,w=3,ci=4,co=4,k=4,s=2,p=1',
  conv2d_capsule_nhwijc: 'n=1,h=4,w=4,ci=2,co=2,k=3,s=1,p=1,cap=2',
  conv2d_bias_bn_relu: 'n=1,h=6,w=6,ci=3,co=4,k=3,s=1,p=1',
  max_pool2d_nchw: 'n=1,c=3,h=6,w=6,k=2,s=2,p=0',
  avg_pool2d_nchw: 'n=1,c=3,h=6,w=6,k=2,s=2,p=0',
  softmax: 'm=6,n=12',
  norm: 'b=2,m=6,n=4',
  layer_norm: 'm=4,n=12',
};

const DRAWS = 2;
const TARGET = TARGETS['wasm-simd128'];

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

describe.each(WORKLOAD_NAMES)('the space of %s', (name) => {
  const { func } = buildWorkload(`${name}:${SPECS[name]}`);
  const inputs = integerInputs(func);
  const expected = runInterpreter(func, inputs);
  const exact = exactnessOf(func).exact;

  it.each([1, 18])('for %i cores keeps the meaning in every sketch', (cores) => {
    tvmLlvmSpace({ cores })(func, spaceContext()).forEach((sketch, s) => {
      for (let draw = 0; draw < DRAWS; draw++) {
        const sch = redrawn(func, sketch, cores + s + 100 * draw);
        sch.enterPostproc();
        for (const postproc of Object.values(LLVM_POSTPROCS)) expect(postproc(sch, TARGET)).toBe(true);
        expectSame(runInterpreter(sch.func, inputs), expected, exact);
        expectSame(runWasm(sch.func, 'wasm-simd128', inputs), expected, exact);
        const replayed = applyTrace(func, traceFromJson(JSON.parse(JSON.stringify(traceToJson(sch.trace)))));
        expect(structuralEqual(replayed.func, sch.func)).toBe(true);
      }
    });
  });
});
