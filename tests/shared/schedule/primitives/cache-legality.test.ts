import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import type { ScheduleErrorCode } from '../../../../shared/schedule/errors.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSound } from '../harness.js';
import { program, rowSumsAdded, twoElementwise, vectorAdd } from '../programs.js';

const VECTORS = ['A', 'C', 'D'].map((name) => `${name}: T.Buffer((8,), "float32")`).join(', ');
const SQUARES = ['A', 'C'].map((name) => `${name}: T.Buffer((8, 8), "float32")`).join(', ');

const METHODS = ['cacheRead', 'cacheWrite'] as const;

/** The cache of the first buffer that a block reads, or writes. */
function cache(sch: Schedule, method: (typeof METHODS)[number], name: string): () => unknown {
  const block = sch.getBlock(name);
  return () => sch[method](block, 0, 'local');
}

function refused(
  code: ScheduleErrorCode,
  func: PrimFunc,
  method: (typeof METHODS)[number],
  name: string,
): void {
  const sch = createSchedule(func);
  expectRefused(sch, code, cache(sch, method, name));
}

describe.each(METHODS)('what %s refuses', (method) => {
  it.each([
    ['BUFFER_INDEX_OUT_OF_RANGE', 2, 'local'],
    ['BUFFER_INDEX_OUT_OF_RANGE', -1, 'local'],
    ['UNKNOWN_STORAGE_SCOPE', 0, 'test_scope'],
    ['UNKNOWN_STORAGE_SCOPE', 0, ''],
    ['UNKNOWN_STORAGE_SCOPE', 0, 'local.'],
  ] as const)('refuses with %s buffer %i in scope "%s"', (code, index, scope) => {
    const sch = createSchedule(vectorAdd(8));
    const block = sch.getBlock('C');
    expectRefused(sch, code, () => sch[method](block, index, scope));
  });

  it.each(['global', 'local', 'shared', 'warp', 'shared.dyn', 'global.texture-1d'])('knows %s', (scope) => {
    const original = vectorAdd(8);
    const sch = createSchedule(original, { verify: true });
    sch[method](sch.getBlock('C'), 0, scope);
    expect(sch.func.root.allocBuffers).toMatchObject([{ scope }]);
    expectSound(original, sch);
  });

  it('refuses the root', () => {
    refused('ROOT_BLOCK', vectorAdd(8), method, 'root');
  });

  it('refuses consumers that do not read the buffer, and the block itself for what it writes', () => {
    const sch = createSchedule(twoElementwise(4));
    const [b, c] = [sch.getBlock('B'), sch.getBlock('C')];
    const [block, consumer] = method === 'cacheRead' ? [b, c] : [b, b];
    expectRefused(sch, 'INVALID_BUFFER_ACCESS', () => sch[method](block, 0, 'local', [consumer]));
  });

  it('refuses buffers that several blocks write', () => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((16,), "float32")
    for i in range(8):
        with T.block("low"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
    for i in range(8):
        with T.block("high"):
            vi = T.axis.spatial(8, i)
            B[vi + 8] = A[vi]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi * 2]
`,
    );
    refused('NON_SINGLE_PRODUCER', original, method, method === 'cacheRead' ? 'C' : 'low');
  });

  it('refuses to serve blocks before and after a change alike', () => {
    const original = program(
      VECTORS,
      `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi]
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = T.float32(3)
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = A[vi]
`,
    );
    refused('NO_INSERTION_POINT', original, method, method === 'cacheRead' ? 'C' : 'A');
  });
});

describe('what cache_read refuses', () => {
  it('refuses to serve a block that changes the buffer', () => {
    const sch = createSchedule(
      program(
        VECTORS,
        `
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = A[vi] + C[vi]
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = A[vi]
`,
      ),
    );
    const [a, d] = [sch.getBlock('A'), sch.getBlock('D')];
    expectRefused(sch, 'INVALID_BUFFER_ACCESS', () => sch.cacheRead(d, 0, 'local', [a]));
  });
});

describe('what cache_write refuses', () => {
  it('refuses blocks that go on from what is in the buffer', () => {
    const inPlace = program(
      VECTORS,
      `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = C[vi] + A[vi]
`,
    );
    refused('INVALID_BUFFER_ACCESS', inPlace, 'cacheWrite', 'C');

    const sums = createSchedule(rowSumsAdded(4));
    const block = sums.getBlock('S');
    const [i] = sums.getLoops(block, 2);
    sums.decomposeReduction(block, i);
    expectRefused(sums, 'NON_SINGLE_PRODUCER', () => sums.cacheWrite(block, 0, 'local'));
  });

  it.each([
    ['every second element', 'range(4)', 'vi = T.axis.spatial(4, i)', 'C[vi * 2] = A[vi]'],
    [
      'under a condition',
      'range(8)',
      'vi = T.axis.spatial(8, i)',
      'if vi < 5:\n                C[vi] = A[vi]',
    ],
    ['two parts', 'range(2)', 'vi = T.axis.spatial(2, i)', 'C[vi] = A[vi]\n            C[vi + 5] = A[vi]'],
    ['the diagonal of its box', 'range(4)', 'vi = T.axis.spatial(4, i)', 'C[vi + vi] = A[vi]'],
  ])('refuses to write out a box of a parameter of which a block wrote %s', (_what, loop, axis, store) => {
    const original = program(
      VECTORS,
      `
    for i in ${loop}:
        with T.block("C"):
            ${axis}
            ${store}
`,
    );
    refused('NOT_REGION_COVER', original, 'cacheWrite', 'C');
  });

  it('refuses predicates and conditions around a block, triangles, and the overhang of a part', () => {
    const vector = (loops: string, axis: string): PrimFunc =>
      program(
        VECTORS,
        `\n    for ${loops}:\n        with T.block("C"):\n            ${axis}\n            C[vi] = A[vi]\n`,
      );
    refused(
      'PREDICATE_NOT_IMPLIED',
      vector('i in range(8)', 'vi = T.axis.spatial(8, i)\n            T.where(i < 5)'),
      'cacheWrite',
      'C',
    );
    refused(
      'NOT_REGION_COVER',
      vector('i, j in T.grid(2, 3)', 'vi = T.axis.spatial(5, i * 3 + j)\n            T.where(i * 3 + j < 5)'),
      'cacheWrite',
      'C',
    );
    const nested = (loop: string, axis: string): PrimFunc =>
      program(
        SQUARES,
        `
    for i in range(8):
        ${loop}:
            with T.block("C"):
                ${axis}
                C[vi, vj] = A[vi, vj]
`,
      );
    const remap = 'vi, vj = T.axis.remap("SS", [i, j])';
    refused(
      'NOT_REGION_COVER',
      nested('for j in range(i + 1)', 'vi = T.axis.spatial(8, i)\n                vj = T.axis.spatial(8, j)'),
      'cacheWrite',
      'C',
    );
    refused(
      'NOT_REGION_COVER',
      nested('if i < 5', 'vi = T.axis.spatial(8, i)\n                vj = T.axis.spatial(8, 7 - i)'),
      'cacheWrite',
      'C',
    );
    const sch = createSchedule(nested('for j in range(8)', remap), { verify: true });
    cache(sch, 'cacheWrite', 'C')();
    expectSound(nested('for j in range(8)', remap), sch);
  });

  it('refuses a part of a parameter that depends on an outer block', () => {
    const original = program(
      SQUARES,
      `
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            for j in range(8):
                with T.block("C"):
                    vj = T.axis.spatial(8, j)
                    C[vi, vj] = A[vi, vj]
`,
    );
    refused('NOT_REGION_COVER', original, 'cacheWrite', 'C');
  });
});
