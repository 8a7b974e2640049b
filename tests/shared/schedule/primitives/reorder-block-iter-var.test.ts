import { expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { traceToJson, traceToText } from '../../../../shared/schedule/trace.js';
import { expectRefused, expectSameProgram, expectSound } from '../harness.js';
import { matmul, program } from '../programs.js';

it('puts iterators and their values into another order, and leaves the loops alone', () => {
  const original = matmul(4, 6, 8);
  const sch = createSchedule(original, { verify: true });
  const block = sch.getBlock('C');
  sch.reorderBlockIterVar(block, [2, 0, 1]);
  expectSameProgram(
    sch.func,
    program(
      'A: T.Buffer((4, 8), "float32"), B: T.Buffer((8, 6), "float32"), C: T.Buffer((4, 6), "float32")',
      `
    for i, j, k in T.grid(4, 6, 8):
        with T.block("C"):
            vk, vi, vj = T.axis.remap("RSS", [k, i, j])
            with T.init():
                C[vi, vj] = T.float32(0)
            C[vi, vj] = C[vi, vj] + A[vi, vk] * B[vk, vj]
`,
    ),
  );
  expectSound(original, sch);
});

it('is recorded as TVM records it', () => {
  const sch = createSchedule(matmul(2));
  sch.reorderBlockIterVar(sch.getBlock('C'), [2, 1, 0]);
  expect(traceToJson(sch.trace)[0].at(-1)).toEqual(['ReorderBlockIterVar', ['b0', [2, 1, 0]], [], []]);
  expect(traceToText(sch.trace)).toContain('sch.reorder_block_iter_var(block=b0, new_order=[2, 1, 0])');
});

it.each([[[2, 1]], [[-1, 3, 2]], [[0, 0, 2]], [[0, 1, 2, 2]], [[]]])('refuses the order %j', (order) => {
  const sch = createSchedule(matmul(2));
  const block = sch.getBlock('C');
  expectRefused(sch, 'INVALID_REORDER_INDEX', () => sch.reorderBlockIterVar(block, order));
});
