import { describe, it } from 'vitest';
import type { ScheduleErrorCode } from '../../../../shared/schedule/errors.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused } from '../harness.js';
import { matmulRelu, program, rowSumsAdded } from '../programs.js';

const SQUARE = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';
const VECTORS = 'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")';

describe('what compute_inline refuses', () => {
  it('refuses the root, blocks with an init, output blocks, and the only block', () => {
    const relu = createSchedule(matmulRelu(4));
    const [root, y, c] = [relu.getBlock('root'), relu.getBlock('Y'), relu.getBlock('C')];
    expectRefused(relu, 'ROOT_BLOCK', () => relu.computeInline(root));
    expectRefused(relu, 'HAS_INIT_BLOCK', () => relu.computeInline(y));
    expectRefused(relu, 'OUTPUT_BLOCK', () => relu.computeInline(c));

    const alone = createSchedule(
      program(
        'A: T.Buffer((8,), "float32")',
        `
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            T.writes(A[vi])
            B = T.alloc_buffer((8,), "float32")
            for j in range(8):
                with T.block("B"):
                    vj = T.axis.spatial(8, j)
                    B[vj] = T.float32(1)
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = T.float32(2)
`,
      ),
    );
    const b = alone.getBlock('B');
    expectRefused(alone, 'ONLY_LEAF_BLOCK', () => alone.computeInline(b));
  });

  it.each<[ScheduleErrorCode, string, string]>([
    ['NOT_COMPLETE_BLOCK', 'reads what it writes', 'B[vi] = B[vi] + A[vi]'],
    ['NOT_SINGLE_WRITE_BLOCK', 'writes two buffers', 'B[vi] = A[vi]\n            E[vi] = A[vi]'],
    ['BODY_ANALYSIS', 'has two stores', 'B[vi] = A[vi]\n            B[vi] = A[vi] + T.float32(1)'],
    ['BODY_ANALYSIS', 'stores at a computed place', 'B[7 - vi] = A[vi]'],
    ['BODY_ANALYSIS', 'stores at a fixed place', 'B[0] = A[vi]'],
    ['BODY_ANALYSIS', 'uses its loop', 'B[vi] = T.Cast("float32", i)'],
    [
      'BODY_ANALYSIS',
      'uses an iterator beside its place',
      'vk = T.axis.spatial(8, i)\n            B[vi] = A[vk]',
    ],
    ['PREDICATE_NOT_IMPLIED', 'has a condition', 'T.where(i < 5)\n            B[vi] = A[vi]'],
  ])('refuses with %s a block that %s', (code, _what, b) => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    E = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            ${b}
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi]
`,
      ),
    );
    const block = sch.getBlock('B');
    expectRefused(sch, code, () => sch.computeInline(block));
  });

  it('refuses one of several writers, the diagonal, and consumers that hold blocks', () => {
    const refused = (code: ScheduleErrorCode, body: string): void => {
      const sch = createSchedule(program(SQUARE, body));
      const block = sch.getBlock('B');
      expectRefused(sch, code, () => sch.computeInline(block));
    };
    const use = (what: string): string => `
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            for j in range(8):
                with T.block("C"):
                    vj = T.axis.spatial(8, j)
                    C[vi, vj] = ${what}
`;
    refused(
      'NOT_LEAF_BLOCK',
      `
    B = T.alloc_buffer((8, 8), "float32")
    for i, j in T.grid(8, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj]${use('B[vi, vj]')}`,
    );
    refused(
      'BODY_ANALYSIS',
      `
    B = T.alloc_buffer((8, 8), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi, vi] = A[vi, vi]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi, vi] = B[vi, vi]
`,
    );
    refused(
      'NOT_COMPLETE_BLOCK',
      `
    B = T.alloc_buffer((16,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi, vi]
    for i in range(8):
        with T.block("B_high"):
            vi = T.axis.spatial(8, i)
            B[vi + 8] = A[vi, vi]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi, vi] = B[vi]
`,
    );
  });

  it('refuses to compute from what was overwritten meanwhile, or is read before it is computed', () => {
    const refused = (body: string): void => {
      const sch = createSchedule(program(VECTORS, body));
      const block = sch.getBlock('B');
      expectRefused(sch, 'NOT_STAGE_PIPELINE', () => sch.computeInline(block));
    };
    const b = `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]`;
    refused(`${b}
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = T.float32(0)
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi]
`);
    refused(`${b}
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            A[7 - vi] = B[vi]
`);
    refused(`
    B = T.alloc_buffer((8,), "float32")
    for t in range(2):
        for i in range(8):
            with T.block("C"):
                vt, vi = T.axis.remap("SS", [t, i])
                C[vi] = T.if_then_else(vt > 0, B[vi], T.float32(0))
        for i in range(8):
            with T.block("B"):
                vi = T.axis.spatial(8, i)
                B[vi] = A[vi]
`);
  });

  it('computes sums anew only where they are no reductions', () => {
    const original = rowSumsAdded(4);
    const sch = createSchedule(original, { verify: true });
    const s = sch.getBlock('S');
    expectRefused(sch, 'HAS_INIT_BLOCK', () => sch.computeInline(s));
    const [, k] = sch.getLoops(s, 2);
    const init = sch.decomposeReduction(s, k);
    expectRefused(sch, 'NOT_COMPLETE_BLOCK', () => sch.computeInline(s));
    expectRefused(sch, 'NOT_COMPLETE_BLOCK', () => sch.computeInline(init));
  });
});
