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
import { WORKLOAD_NAMES } from '../../../../shared/te/workload-table.js';
import { exactnessOf } from '../../../../worker/measure/exactness.js';
import { integerInputs, runInterpreter, toNumbers } from '../../../support/inputs.js';
import { runWasm } from '../../../support/run-wasm.js';
import { smallWorkload } from '../../../support/small-workloads.js';
import { redrawn, spaceContext } from '../rules/harness.js';

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
  const func = smallWorkload(name);
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
