import { describe, expect, it } from 'vitest';
import type { ScheduleErrorCode } from '../../../../shared/schedule/errors.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSameProgram, expectSound } from '../harness.js';
import { matmulRelu, program, twoElementwise } from '../programs.js';

const SQUARE = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';
const VECTORS = 'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")';

const B_NEST = `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]`;
const C_NEST = `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi]`;

describe('reverse_compute_inline', () => {
  it('lets the producer compute what a block makes of it, in the place of the producer', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    sch.reverseComputeInline(sch.getBlock('C'));
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    for i, j in T.grid(8, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = A[vi, vj] * T.float32(2) + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it('writes where a transposition, or a flattening, puts the elements', () => {
    const original = program(
      'A: T.Buffer((4, 8), "float32"), C: T.Buffer((8, 4), "float32")',
      `
    B = T.alloc_buffer((4, 8), "float32")
    E = T.alloc_buffer((32,), "float32")
    for i, j in T.grid(4, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj]
    for i, j in T.grid(8, 4):
        with T.block("E"):
            vi, vj = T.axis.remap("SS", [i, j])
            E[vi * 4 + vj] = B[vj, vi] * T.float32(2)
    for f in range(32):
        with T.block("C"):
            vf = T.axis.spatial(32, f)
            C[vf // 4, 3 - vf % 4] = E[vf]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.reverseComputeInline(sch.getBlock('E'));
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((4, 8), "float32"), C: T.Buffer((8, 4), "float32")',
        `
    E = T.alloc_buffer((32,), "float32")
    for i, j in T.grid(4, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            E[vj * 4 + vi] = A[vi, vj] * T.float32(2)
    for f in range(32):
        with T.block("C"):
            vf = T.axis.spatial(32, f)
            C[vf // 4, 3 - vf % 4] = E[vf]
`,
      ),
    );
    sch.reverseComputeInline(sch.getBlock('C'));
    expect(sch.func.root.allocBuffers).toEqual([]);
    expectSound(original, sch);
  });

  it('reads an only element at 0, and the same element several times', () => {
    const original = program(
      'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32")',
      `
    B = T.alloc_buffer((1, 8), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            vo = T.axis.spatial(1, 0)
            B[vo, vi] = A[vi] + T.float32(1)
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[0, vi] * B[0, vi]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.reverseComputeInline(sch.getBlock('C'));
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32")',
        `
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            vo = T.axis.spatial(1, 0)
            C[vi] = (A[vi] + T.float32(1)) * (A[vi] + T.float32(1))
`,
      ),
    );
    expectSound(original, sch);
  });

  it('keeps the guards of overhanging tiles', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const c = sch.getBlock('C');
    const [, bj] = sch.getLoops('B', 2);
    const [, cj] = sch.getLoops(c, 2);
    sch.split(bj, [null, 3]);
    sch.split(cj, [null, 5]);
    sch.reverseComputeInline(c);
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    for i, j0, j1 in T.grid(8, 3, 3):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            vj = T.axis.spatial(8, j0 * 3 + j1)
            T.where(j0 * 3 + j1 < 8)
            C[vi, vj] = A[vi, vj] * T.float32(2) + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it('takes in, besides its producer, what the block reads from parameters', () => {
    const original = program(VECTORS, `${B_NEST}${C_NEST} * D[7 - vi]\n`);
    const sch = createSchedule(original, { verify: true });
    const b = sch.getBlock('B');
    sch.reverseComputeInline(sch.getBlock('C'));
    expect(sch.get(b).reads.map((r) => r.buffer.name)).toEqual(['A', 'D']);
    expectSound(original, sch);
  });

  it('refuses the root, and producers that are reductions', () => {
    const sch = createSchedule(matmulRelu(4));
    const [root, y, c] = [sch.getBlock('root'), sch.getBlock('Y'), sch.getBlock('C')];
    expectRefused(sch, 'ROOT_BLOCK', () => sch.reverseComputeInline(root));
    expectRefused(sch, 'NOT_COMPLETE_BLOCK', () => sch.reverseComputeInline(y));
    expectRefused(sch, 'HAS_INIT_BLOCK', () => sch.reverseComputeInline(c));
  });

  it.each<[ScheduleErrorCode, string, string]>([
    ['NOT_COMPLETE_BLOCK', 'reads what it writes', 'C[vi] = C[vi] + B[vi]'],
    ['NON_SINGLE_PRODUCER', 'has no producer', 'C[vi] = A[vi]'],
    ['NON_SINGLE_PRODUCER', 'has two', 'C[vi] = B[vi] + E[vi]'],
    ['BODY_ANALYSIS', 'has two stores', 'C[vi] = B[vi]\n            D[vi] = B[vi]'],
    ['BODY_ANALYSIS', 'reads at a computed place', 'C[vi] = B[7 - vi]'],
    ['BODY_ANALYSIS', 'reads at a fixed place', 'C[vi] = B[0]'],
    ['BODY_ANALYSIS', 'reads another element, too', 'C[vi] = B[vi] + B[7 - vi]'],
    ['BODY_ANALYSIS', 'reads the first element, too', 'C[vi] = B[vi] + B[0]'],
    [
      'BODY_ANALYSIS',
      'writes at an iterator of its own',
      'vj = T.axis.spatial(8, i)\n            C[vj] = B[vi]',
    ],
    ['BODY_ANALYSIS', 'uses its loop', 'C[vi] = B[vi] + T.Cast("float32", i)'],
    ['PREDICATE_NOT_IMPLIED', 'has a condition', 'T.where(i < 5)\n            C[vi] = B[vi]'],
    ['NOT_STAGE_PIPELINE', 'overwrites what its producer reads', 'A[7 - vi] = B[vi]'],
  ])('refuses with %s a block that %s', (code, _what, c) => {
    const original = program(
      VECTORS,
      `${B_NEST}
    E = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("E"):
            vi = T.axis.spatial(8, i)
            E[vi] = A[vi]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            ${c}
`,
    );
    const sch = createSchedule(original);
    const block = sch.getBlock('C');
    expectRefused(sch, code, () => sch.reverseComputeInline(block));
  });

  it.each<[ScheduleErrorCode, string, string]>([
    ['NOT_COMPLETE_BLOCK', 'reads what it writes', 'B[vi] = B[vi] + A[vi]'],
    ['NOT_SINGLE_READ_WRITE_BUFFER', 'writes two buffers', 'B[vi] = A[vi]\n            E[vi] = A[vi]'],
    ['BODY_ANALYSIS', 'has two stores', 'B[vi] = A[vi]\n            B[vi] = A[vi] * T.float32(2)'],
    ['PREDICATE_NOT_IMPLIED', 'has a condition', 'T.where(i < 5)\n            B[vi] = A[vi]'],
    ['NOT_STAGE_PIPELINE', 'produces a part only', 'B[vi // 2] = A[vi]'],
  ])('refuses with %s a producer that %s', (code, _what, b) => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    E = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            ${b}${C_NEST}
`,
      ),
    );
    const block = sch.getBlock('C');
    expectRefused(sch, code, () => sch.reverseComputeInline(block));
  });

  it('refuses producers with other consumers, and such as write a parameter', () => {
    const several = createSchedule(
      program(VECTORS, `${B_NEST}${C_NEST}${C_NEST.replace('"C"', '"D"').replace('C[vi]', 'D[vi]')}\n`),
    );
    const c = several.getBlock('C');
    expectRefused(several, 'NOT_SINGLE_READ_WRITE_BUFFER', () => several.reverseComputeInline(c));

    const output = createSchedule(
      program(
        VECTORS,
        `
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = A[vi]${C_NEST.replace('B[vi]', 'D[vi]')}
`,
      ),
    );
    const ofOutput = output.getBlock('C');
    expectRefused(output, 'OUTPUT_BLOCK', () => output.reverseComputeInline(ofOutput));
  });

  it('refuses blocks that hold others, and producers that do', () => {
    const nest = (name: string, store: string): string => `
    for i in range(8):
        with T.block("${name}"):
            vi = T.axis.spatial(8, i)
            for j in range(8):
                with T.block("${name}_inner"):
                    vj = T.axis.spatial(8, j)
                    ${store}`;
    const plain = (name: string, store: string): string => `
    for i, j in T.grid(8, 8):
        with T.block("${name}"):
            vi, vj = T.axis.remap("SS", [i, j])
            ${store}`;
    const buffer = '\n    B = T.alloc_buffer((8, 8), "float32")';
    const [b, c] = ['B[vi, vj] = A[vi, vj]', 'C[vi, vj] = B[vi, vj]'];
    for (const body of [`${nest('B', b)}${plain('C', c)}`, `${plain('B', b)}${nest('C', c)}`]) {
      const sch = createSchedule(program(SQUARE, `${buffer}${body}\n`));
      const block = sch.getBlock('C');
      expectRefused(sch, 'NOT_LEAF_BLOCK', () => sch.reverseComputeInline(block));
    }
  });

  it('refuses to write more of a parameter than the block did', () => {
    const sch = createSchedule(program(VECTORS, `${B_NEST}${C_NEST.replace('range(8)', 'range(4)')}\n`));
    const block = sch.getBlock('C');
    expectRefused(sch, 'BODY_ANALYSIS', () => sch.reverseComputeInline(block));
  });

  it('refuses to overwrite too early what another block reads', () => {
    const between = `
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = C[vi]`;
    const sch = createSchedule(program(VECTORS, `${B_NEST}${between}${C_NEST}\n`));
    const block = sch.getBlock('C');
    expectRefused(sch, 'NOT_STAGE_PIPELINE', () => sch.reverseComputeInline(block));
  });
});
