import { describe, it } from 'vitest';
import type { ScheduleErrorCode } from '../../../../shared/schedule/errors.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused } from '../harness.js';
import { matmulRelu, program } from '../programs.js';

const SQUARE = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';
const VECTORS = 'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")';

const B_BLOCK = `
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]`;
const C_NEST = `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi]`;

describe('what reverse_compute_at refuses', () => {
  it('refuses loops under which a reduction is not finished', () => {
    const sch = createSchedule(matmulRelu(4));
    const [i, j, k] = sch.getLoops('Y', 3);
    const block = sch.getBlock('C');
    expectRefused(sch, 'NOT_COMPACT_DATA_FLOW', () => sch.reverseComputeAt(block, k));
    sch.reorder(k, i, j);
    expectRefused(sch, 'NOT_COMPACT_DATA_FLOW', () => sch.reverseComputeAt(block, j));
  });

  it('refuses the root, loops around the block, and loops that are not around all producers', () => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    E = T.alloc_buffer((8,), "float32")
    for i in range(8):${B_BLOCK}
    for i in range(8):
        with T.block("E"):
            vi = T.axis.spatial(8, i)
            E[vi] = A[vi]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi] + E[vi]
`,
      ),
    );
    const [bi] = sch.getLoops('B', 1);
    const [ci] = sch.getLoops('C', 1);
    const [root, b, c] = [sch.getBlock('root'), sch.getBlock('B'), sch.getBlock('C')];
    expectRefused(sch, 'ROOT_BLOCK', () => sch.reverseComputeAt(root, bi));
    expectRefused(sch, 'LOOP_IS_ANCESTOR', () => sch.reverseComputeAt(c, ci));
    expectRefused(sch, 'NOT_ALL_REQUIRED_BLOCKS_VISITED', () => sch.reverseComputeAt(c, bi));
    expectRefused(sch, 'NOT_ALL_REQUIRED_BLOCKS_VISITED', () => sch.reverseComputeAt(b, ci));
  });

  it('refuses loops of another block scope', () => {
    const sch = createSchedule(
      program(
        SQUARE,
        `
    B = T.alloc_buffer((8, 8), "float32")
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            for j in range(8):
                with T.block("B"):
                    vj = T.axis.spatial(8, j)
                    B[vi, vj] = A[vi, vj]
    for i, j in T.grid(8, 8):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = B[vi, vj]
`,
      ),
    );
    const [j] = sch.getLoops('B', 1);
    const c = sch.getBlock('C');
    expectRefused(sch, 'NOT_IN_SAME_SCOPE', () => sch.reverseComputeAt(c, j));
  });

  it.each<[ScheduleErrorCode, string, string]>([
    ['NOT_COMPLETE_OR_REDUCTION_BLOCK', 'reads what it writes', 'C[vi] = C[vi] + B[vi]'],
    [
      'NOT_COMPLETE_BLOCK',
      'is a reduction',
      `vk = T.axis.reduce(8, k)
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + B[vk]`,
    ],
    ['NOT_REGION_COVER', 'reads next to what is produced there', 'C[vi] = B[(vi + 1) % 8]'],
    ['NOT_REGION_COVER', 'reads several elements', 'C[vi] = B[vi] + B[7 - vi]'],
    ['PREDICATE_NOT_IMPLIED', 'has a condition', 'T.where(i < 5)\n            C[vi] = B[vi]'],
    ['BODY_ANALYSIS', 'uses its loop', 'C[vi] = B[vi] + T.Cast("float32", i)'],
    ['NOT_STAGE_PIPELINE', 'overwrites what is read', 'A[vi] = B[vi]'],
  ])('refuses with %s a block that %s', (code, _what, c) => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):${B_BLOCK}
    for i, k in T.grid(8, 8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            ${c}
`,
      ),
    );
    const [i] = sch.getLoops('B', 1);
    const block = sch.getBlock('C');
    expectRefused(sch, code, () => sch.reverseComputeAt(block, i));
  });

  it.each([
    ['with gaps', 'vi = T.axis.spatial(8, j * 2 + i)', 'NOT_REGION_COVER'],
    [
      'under a condition',
      'vi = T.axis.spatial(8, i * 4 + j)\n            T.where(j < 3)',
      'PREDICATE_NOT_IMPLIED',
    ],
  ] as const)('refuses a loop under which a producer writes %s', (_what, axis, code) => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    for i, j in T.grid(2, 4):
        with T.block("B"):
            ${axis}
            B[vi] = A[vi]${C_NEST}
`,
      ),
    );
    const [i] = sch.getLoops('B', 2);
    const block = sch.getBlock('C');
    expectRefused(sch, code, () => sch.reverseComputeAt(block, i));
  });

  it.each([
    ['some', 'range(4)', 'i'],
    ['every second', 'range(4)', 'i * 2'],
  ])('refuses to let a block run for all elements of a parameter that ran for %s', (_what, loop, value) => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):${B_BLOCK}
    for i in ${loop}:
        with T.block("C"):
            vi = T.axis.spatial(8, ${value})
            C[vi] = B[vi]
`,
      ),
    );
    const [i] = sch.getLoops('B', 1);
    const block = sch.getBlock('C');
    expectRefused(sch, 'NOT_REGION_COVER', () => sch.reverseComputeAt(block, i));
  });
});
