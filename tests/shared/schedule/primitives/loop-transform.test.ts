import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import type { LoopRV } from '../../../../shared/schedule/random-variable.js';
import { expectRefused, expectSameProgram, expectSound, nestOf } from '../harness.js';
import { elementwise3d, matmul, program, vectorAdd } from '../programs.js';

const verified = (func: Parameters<typeof createSchedule>[0]): Schedule =>
  createSchedule(func, { verify: true });

function firstLoop(sch: Schedule, block: string): LoopRV {
  const [loop] = sch.getLoops(block);
  if (loop === undefined) throw new Error('the block has no loop');
  return loop;
}

describe('split', () => {
  it('splits by exact factors without a predicate', () => {
    const original = elementwise3d(128);
    const sch = verified(original);
    const [i, j, k] = sch.getLoops('B', 3);
    sch.split(i, [2, 1, 64]);
    sch.split(j, [4, 32]);
    sch.split(k, [16, 8]);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((128, 128, 128), "float32"), B: T.Buffer((128, 128, 128), "float32")',
        `
    for i0, i1, i2, j0, j1, k0, k1 in T.grid(2, 1, 64, 4, 32, 16, 8):
        with T.block("B"):
            vi = T.axis.spatial(128, i0 * 64 + i1 * 64 + i2)
            vj = T.axis.spatial(128, j0 * 32 + j1)
            vk = T.axis.spatial(128, k0 * 8 + k1)
            B[vi, vj, vk] = A[vi, vj, vk] * T.float32(2)
`,
      ),
    );
  });

  it('leaves loops of extent 1 out of the iterators on demand, but makes them', () => {
    const sch = verified(elementwise3d(128));
    const [i] = sch.getLoops('B', 3);
    sch.split(i, [2, 1, 64], { preserveUnitIters: false });
    expect(nestOf(sch.func).slice(0, 3)).toEqual(['i_0:2', 'i_1:1', 'i_2:64']);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((128, 128, 128), "float32"), B: T.Buffer((128, 128, 128), "float32")',
        `
    for i0, i1, i2, j, k in T.grid(2, 1, 64, 128, 128):
        with T.block("B"):
            vi = T.axis.spatial(128, i0 * 64 + i2)
            vj, vk = T.axis.remap("SS", [j, k])
            B[vi, vj, vk] = A[vi, vj, vk] * T.float32(2)
`,
      ),
    );
  });

  it.each([
    [
      [null, 1, 64],
      [2, 1, 64],
    ],
    [
      [2, null, 64],
      [2, 1, 64],
    ],
    [
      [2, 1, null],
      [2, 1, 64],
    ],
    [[null], [128]],
    [
      [3, null],
      [3, 43],
    ],
    [
      [null, 129],
      [1, 129],
    ],
    [
      [1000, 2, 3],
      [1000, 2, 3],
    ],
  ])('infers the missing factor of %j', (factors, extents) => {
    const sch = verified(elementwise3d(128, 2, 2));
    const [i] = sch.getLoops('B', 3);
    sch.split(i, factors);
    expect(nestOf(sch.func).slice(0, extents.length)).toEqual(extents.map((n, d) => `i_${d}:${n}`));
  });

  it('guards what the factors overshoot by one predicate for all loops', () => {
    const sch = verified(elementwise3d(128));
    const [i, j, k] = sch.getLoops('B', 3);
    sch.split(i, [1000, 2, 3]);
    sch.split(j, [null, 129]);
    sch.split(k, [3, null]);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((128, 128, 128), "float32"), B: T.Buffer((128, 128, 128), "float32")',
        `
    for i0, i1, i2, j0, j1, k0, k1 in T.grid(1000, 2, 3, 1, 129, 3, 43):
        with T.block("B"):
            vi = T.axis.spatial(128, i0 * 6 + i1 * 3 + i2)
            vj = T.axis.spatial(128, j0 * 129 + j1)
            vk = T.axis.spatial(128, k0 * 43 + k1)
            T.where(i0 * 6 + i1 * 3 + i2 < 128 and j0 * 129 + j1 < 128 and k0 * 43 + k1 < 128)
            B[vi, vj, vk] = A[vi, vj, vk] * T.float32(2)
`,
      ),
    );
  });

  it('adds no predicate when it is told not to, and needs none for exact factors', () => {
    const [plain, told] = [verified(vectorAdd(128)), verified(vectorAdd(128))];
    plain.split(firstLoop(plain, 'C'), [8, 16]);
    told.split(firstLoop(told, 'C'), [8, 16], { disablePredication: true });
    expectSameProgram(told.func, plain.func);
  });

  it('keeps the meaning for any factors', () => {
    const size = fc.integer({ min: 1, max: 13 });
    const factors = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(size, factors, fc.nat(), fc.boolean(), (n, known, position, preserveUnitIters) => {
        const original = vectorAdd(n);
        const sch = verified(original);
        const at = position % (known.length + 1);
        sch.split(firstLoop(sch, 'C'), [...known.slice(0, at), null, ...known.slice(at)], {
          preserveUnitIters,
        });
        expectSound(original, sch);
      }),
    );
  });

  it('guards stores that stand in no block of their own', () => {
    const original = program(
      'A: T.Buffer((10,), "float32"), B: T.Buffer((10,), "float32")',
      `
    for i in range(10):
        with T.block("A"):
            vi = T.axis.spatial(10, i)
            A[vi] = T.float32(1)
        B[i] = T.float32(2)
`,
    );
    const sch = verified(original);
    sch.split(firstLoop(sch, 'A'), [null, 4]);
    expectSound(original, sch);
  });

  it.each([
    ['NON_POSITIVE_FACTOR', [-2, -64]],
    ['NON_POSITIVE_FACTOR', [0, null]],
    ['NON_POSITIVE_FACTOR', [null, -16]],
    ['NON_POSITIVE_FACTOR', [1.5, null]],
    ['NOT_SINGLE_INFER_FACTOR', [null, null]],
    ['WRONG_FACTOR_PRODUCT', [3, 42]],
    ['EXTENT_OVERFLOW', [2 ** 20, 2 ** 20]],
    ['BAD_ARGUMENT', []],
  ] as const)('refuses with %s the factors %j', (code, factors) => {
    const sch = verified(vectorAdd(128));
    const i = firstLoop(sch, 'C');
    expectRefused(sch, code, () => sch.split(i, factors));
  });

  it('refuses annotated and bound loops and such as start elsewhere', () => {
    const sch = verified(elementwise3d(16));
    const [i, j, k] = sch.getLoops('B', 3);
    sch.annotate(i, 'pragma', 1);
    sch.bind(j, 'threadIdx.x');
    expectRefused(sch, 'HAS_ANNOTATION_OR_THREAD_BINDING', () => sch.split(i, [4, 4]));
    expectRefused(sch, 'HAS_ANNOTATION_OR_THREAD_BINDING', () => sch.split(j, [4, 4]));
    expectRefused(sch, 'HAS_ANNOTATION_OR_THREAD_BINDING', () => sch.fuse(j, k));

    const shifted = verified(
      program(
        'A: T.Buffer((16,), "float32")',
        `
    for i in T.serial(1, 16):
        with T.block("A"):
            vi = T.axis.spatial(16, i)
            A[vi] = T.float32(1)
`,
      ),
    );
    const loop = firstLoop(shifted, 'A');
    expectRefused(shifted, 'LOOP_NOT_START_WITH_ZERO', () => shifted.split(loop, [null, 4]));
    expectRefused(shifted, 'LOOP_NOT_START_WITH_ZERO', () => shifted.fuse(loop));
  });

  it('refuses a loop that an earlier step replaced', () => {
    const sch = verified(vectorAdd(128));
    const i = firstLoop(sch, 'C');
    sch.split(i, [null, 4]);
    const error = expectRefused(sch, 'UNKNOWN_LOOP', () => sch.split(i, [null, 4]));
    expect(error.primitive).toBe('split');
    expect(error.locations).toEqual(['i']);
    expect(error.message).toMatch(/loop i does not exist/);
  });
});

describe('fuse', () => {
  it('recovers the iterators by division and remainder', () => {
    const sch = verified(elementwise3d(128));
    const fused = sch.fuse(...sch.getLoops('B'));
    expect(sch.get(fused).loopVar.name).toBe('i_j_k_fused');
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((128, 128, 128), "float32"), B: T.Buffer((128, 128, 128), "float32")',
        `
    for f in range(2097152):
        with T.block("B"):
            vi = T.axis.spatial(128, f // 16384)
            vj = T.axis.spatial(128, f % 16384 // 128)
            vk = T.axis.spatial(128, f % 128)
            B[vi, vj, vk] = A[vi, vj, vk] * T.float32(2)
`,
      ),
    );
  });

  it('keeps the meaning for any extents, and undoes a split', () => {
    const size = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 1, max: 4 }), (n, m, l, factor) => {
        const original = elementwise3d(n, m, l);
        const sch = verified(original);
        const [i, j, k] = sch.getLoops('B', 3);
        const [outer, inner] = sch.split(j, [null, factor]);
        const fused = sch.fuse(i, outer, inner, k);
        sch.split(fused, [null, 5]);
        expectSound(original, sch);
      }),
      { examples: [[1, 4, 2, 2]] }, // where `2 * (f // 4) + f % 4 // 2 < 4` follows only from `f < 8`
    );
  });

  it('refuses loops that are not directly in each other', () => {
    const original = program(
      'A: T.Buffer((8, 8), "float32"), B: T.Buffer((8, 8), "float32")',
      `
    for i, j in T.grid(8, 8):
        for k in range(1):
            with T.block("A"):
                vi, vj = T.axis.remap("SS", [i, j])
                A[vi, vj] = T.float32(1)
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = T.float32(2)
`,
    );
    const sch = verified(original);
    const [i, j, k] = sch.getLoops('A', 3);
    expectRefused(sch, 'NOT_ONLY_CHILD', () => sch.fuse(j, k));
    expectRefused(sch, 'NOT_ONLY_CHILD', () => sch.fuse(j, i));
    expectRefused(sch, 'NOT_ONLY_CHILD', () => sch.fuse(i, i));
    expectRefused(sch, 'BAD_ARGUMENT', () => sch.fuse());
    sch.fuse(i, j);
    expectSound(original, sch);
  });

  it('refuses loops whose product is beyond their type', () => {
    const sch = createSchedule(elementwise3d(2 ** 11, 2 ** 10, 2 ** 10));
    const loops = sch.getLoops('B');
    expectRefused(sch, 'EXTENT_OVERFLOW', () => sch.fuse(...loops));
  });

  it('refuses an extent that depends on another of the loops', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32")',
        `
    for i in range(8):
        for j in range(i + 1):
            with T.block("A"):
                vi = T.axis.spatial(8, i)
                vj = T.axis.spatial(8, j)
                A[vi, vj] = T.float32(1)
`,
      ),
    );
    const [i, j] = sch.getLoops('A', 2);
    expectRefused(sch, 'DEPENDENT_LOOP', () => sch.fuse(i, j));
    const [outer, inner] = sch.split(j, [null, 4]);
    expect(sch.get(outer).extent.kind).not.toBe('IntImm');
    expect(sch.get(inner).extent).toMatchObject({ kind: 'IntImm', value: 4 });
  });

  it('works on reductions', () => {
    const original = matmul(4, 3, 5);
    const sch = verified(original);
    const [, j, k] = sch.getLoops('C', 3);
    sch.fuse(j, k);
    expectSound(original, sch);
  });
});
