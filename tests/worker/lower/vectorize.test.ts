import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { TARGETS } from '../../../shared/protocol/target.js';
import { lower } from '../../../worker/lower/pipeline.js';
import { printKernel } from '../../../worker/lower/print-kernel.js';
import { program } from '../../shared/schedule/programs.js';
import { integerInputs, runInterpreter } from '../../support/inputs.js';
import { runWasm } from '../../support/run-wasm.js';

function expectSameBits(func: PrimFunc): void {
  const inputs = integerInputs(func);
  expect(runWasm(func, 'wasm-simd128', inputs)).toEqual(runInterpreter(func, inputs));
}

const ROW_SUMS_REPEATED = program(
  'A: T.Buffer((4, 8), "float32"), S: T.Buffer((4,), "float32")',
  `
    for i, r, k in T.grid(4, 8, 8):
        with T.block("S"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                S[vi] = T.float32(0)
            S[vi] = S[vi] + A[vi, vk]
`,
);

describe('vectorized loops', () => {
  it('become vector code and a scalar tail', () => {
    const original = program(
      'A: T.Buffer((11,), "float32"), B: T.Buffer((11,), "float32")',
      `
    for i in T.vectorized(11):
        with T.block("B"):
            vi = T.axis.spatial(11, i)
            B[vi] = A[vi] * T.float32(2)
`,
    );
    expect(printKernel(lower(original, TARGETS['wasm-simd128'])).split('\n').slice(1)).toEqual([
      '  B[0] = (float32x4 A[0] * splat(2))',
      '  B[16] = (float32x4 A[16] * splat(2))',
      '  B[32] = (float32 A[32] * 2)',
      '  B[36] = (float32 A[36] * 2)',
      '  B[40] = (float32 A[40] * 2)',
    ]);
    expectSameBits(original);
  });

  it('that repeat a whole reduction run it once per iteration, not once per lane', () => {
    const sch = createSchedule(ROW_SUMS_REPEATED, { verify: true });
    const [, r] = sch.getLoops('S', 3);
    sch.vectorize(r);
    expectSameBits(sch.func);
  });

  it('leave the last iteration as the winner where all store to one place', () => {
    expectSameBits(
      program(
        'A: T.Buffer((8,), "float32"), B: T.Buffer((1,), "float32")',
        `
    for i in T.vectorized(8):
        with T.block("B"):
            vi = T.axis.opaque(8, i)
            B[0] = A[vi]
`,
      ),
    );
  });
});
