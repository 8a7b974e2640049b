import { describe, expect, it } from 'vitest';
import type { ScheduleErrorCode } from '../../../../shared/schedule/errors.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSound } from '../harness.js';
import { program, twoElementwise } from '../programs.js';

const SQUARE = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';
const VECTORS = 'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")';

/** `B = A`, and below one loop i, in this order: E, C and D, which use B. */
const SEVERAL = program(
  `${VECTORS}, E: T.Buffer((8,), "float32")`,
  `
    B = T.alloc_buffer((10,), "float32")
    for i in range(10):
        with T.block("B"):
            vi = T.axis.spatial(10, i)
            B[vi] = A[vi % 8]
    for i in range(8):
        with T.block("E"):
            vi = T.axis.spatial(8, i)
            E[vi] = T.float32(1)
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi]
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = B[vi + 2]
`,
);

describe('the places that compute_at takes and refuses', () => {
  it.each([
    [-1, ['E', 'B', 'C', 'D']],
    [-2, ['B', 'E', 'C', 'D']],
    [0, ['B', 'E', 'C', 'D']],
    [1, ['E', 'B', 'C', 'D']],
  ])('stands, for index %i, in the order %j, and serves all consumers', (index, order) => {
    const sch = createSchedule(SEVERAL, { verify: true });
    const [i] = sch.getLoops('C', 1);
    const block = sch.getBlock('B');
    sch.computeAt(block, i, { index });
    expect(sch.getChildBlocks(i).map((rv) => sch.get(rv).name)).toEqual(order);
    expect(sch.getLoops(block, 2).map((loop) => sch.get(loop).extent)).toMatchObject([
      { value: 8 },
      { value: 3 },
    ]);
    expectSound(SEVERAL, sch);
  });

  it('refuses positions after a consumer, and such as do not exist', () => {
    const sch = createSchedule(SEVERAL);
    const [i] = sch.getLoops('C', 1);
    const block = sch.getBlock('B');
    for (const index of [2, 3, 9, -3]) {
      expectRefused(sch, 'NO_INSERTION_POINT', () => sch.computeAt(block, i, { index }));
    }
  });

  it('refuses the root, output blocks, and loops around the block', () => {
    const sch = createSchedule(twoElementwise(8));
    const [bi] = sch.getLoops('B', 2);
    const [ci] = sch.getLoops('C', 2);
    const [root, b, c] = [sch.getBlock('root'), sch.getBlock('B'), sch.getBlock('C')];
    expectRefused(sch, 'ROOT_BLOCK', () => sch.computeAt(root, ci));
    expectRefused(sch, 'LOOP_IS_ANCESTOR', () => sch.computeAt(b, bi));
    expectRefused(sch, 'OUTPUT_BLOCK', () => sch.computeAt(c, bi));
  });

  it('refuses loops that are not around all consumers, and blocks without any', () => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((8,), "float32")
    E = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
    for i in range(8):
        with T.block("E"):
            vi = T.axis.spatial(8, i)
            E[vi] = A[vi]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi]
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = B[vi]
`,
    );
    const sch = createSchedule(original);
    const [i] = sch.getLoops('C', 1);
    for (const name of ['B', 'E']) {
      const block = sch.getBlock(name);
      expectRefused(sch, 'NOT_ALL_REQUIRED_BLOCKS_VISITED', () => sch.computeAt(block, i));
    }
  });

  it('refuses loops of another block scope', () => {
    const sch = createSchedule(
      program(
        SQUARE,
        `
    B = T.alloc_buffer((8, 8), "float32")
    for i, j in T.grid(8, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj]
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            for j in range(8):
                with T.block("C"):
                    vj = T.axis.spatial(8, j)
                    C[vi, vj] = B[vi, vj]
`,
      ),
    );
    const [j] = sch.getLoops('C', 1);
    const b = sch.getBlock('B');
    expectRefused(sch, 'NOT_IN_SAME_SCOPE', () => sch.computeAt(b, j));
  });

  it.each<[ScheduleErrorCode, string, string, string]>([
    ['NOT_STAGE_PIPELINE', 'whose input is overwritten before the loop', 'B[vi] = A[vi]', 'A[vi] = B[vi]'],
    ['NOT_STAGE_PIPELINE', 'of which more is read than produced', 'B[vi // 2] = A[vi]', 'C[vi] = B[vi]'],
    [
      'NOT_COMPLETE_OR_REDUCTION_BLOCK',
      'that reads what it writes',
      'B[vi] = B[vi] + A[vi]',
      'C[vi] = B[vi]',
    ],
    [
      'PREDICATE_NOT_IMPLIED',
      'under a condition',
      'T.where(i < 5)\n            B[vi] = A[vi]',
      'C[vi] = B[vi]',
    ],
    ['BODY_ANALYSIS', 'that uses its loop', 'B[vi] = T.Cast("float32", i)', 'C[vi] = B[vi]'],
  ])('refuses with %s a block %s', (code, _what, b, c) => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            ${b}
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            ${c}
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = T.float32(0)
`,
      ),
    );
    const [i] = sch.getLoops('C', 1);
    const block = sch.getBlock('B');
    expectRefused(sch, code, () => sch.computeAt(block, i));
  });
});
