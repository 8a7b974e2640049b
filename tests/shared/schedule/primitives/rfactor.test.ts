import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { traceToJson, traceToText } from '../../../../shared/schedule/trace.js';
import { expectSameProgram, expectSound } from '../harness.js';
import { matmul, program } from '../programs.js';

const MATMUL =
  'A: T.Buffer((4, 16), "float32"), B: T.Buffer((16, 8), "float32"), C: T.Buffer((4, 8), "float32")';

/** `C[i] = op over k of A[i, k]` with the given init. */
function rowReduction(
  n: number,
  k: number,
  { dtype = 'float32', init = 'T.float32(0)', combine = 'C[vi] + A[vi, vk]' } = {},
) {
  return program(
    `A: T.Buffer((${n}, ${k}), "${dtype}"), C: T.Buffer((${n},), "${dtype}")`,
    `
    for i, k in T.grid(${n}, ${k}):
        with T.block("C"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                C[vi] = ${init}
            C[vi] = ${combine}
`,
  );
}

describe('rfactor', () => {
  it('gives partial results an axis of their own, and a reduction that combines them', () => {
    const original = matmul(4, 8, 16);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [, , k] = sch.getLoops(block, 3);
    const [, , k2] = sch.split(k, [2, 2, 4]);
    const partial = sch.rfactor(k2, 0);
    expectSameProgram(
      sch.func,
      program(
        MATMUL,
        `
    C_rf = T.alloc_buffer((4, 4, 8), "float32")
    for i, j, k0, k1, k2 in T.grid(4, 8, 2, 2, 4):
        with T.block("C_rf"):
            vk2, vi, vj = T.axis.remap("SSS", [k2, i, j])
            vk0, vk1 = T.axis.remap("RR", [k0, k1])
            with T.init():
                C_rf[vk2, vi, vj] = T.float32(0)
            C_rf[vk2, vi, vj] = C_rf[vk2, vi, vj] + A[vi, vk0 * 8 + vk1 * 4 + vk2] * B[vk0 * 8 + vk1 * 4 + vk2, vj]
    for i, j, k2 in T.grid(4, 8, 4):
        with T.block("C"):
            vk2, vi, vj = T.axis.remap("RSS", [k2, i, j])
            with T.init():
                C[vi, vj] = T.float32(0)
            C[vi, vj] = C[vi, vj] + C_rf[vk2, vi, vj]
`,
      ),
    );
    expect(sch.get(partial).name).toBe('C_rf');
    expect(sch.get(block).name).toBe('C');
    expect(sch.get(k2).loopVar.name).toBe('k_2');
    expectSound(original, sch);
  });

  it.each([
    [0, [2, 4, 8]],
    [1, [4, 2, 8]],
    [2, [4, 8, 2]],
    [-1, [4, 8, 2]],
    [-2, [4, 2, 8]],
    [-3, [2, 4, 8]],
  ])('puts the new axis at %i', (axis, shape) => {
    const original = matmul(4, 8, 6);
    const sch = createSchedule(original, { verify: true });
    const [, , k] = sch.getLoops('C', 3);
    const [k0] = sch.split(k, [2, 3]);
    const partial = sch.rfactor(k0, axis);
    expect(sch.get(partial).writes[0]?.buffer.shape).toEqual(shape);
    expectSound(original, sch);
  });

  it('needs no init where every partial result is one element', () => {
    const original = rowReduction(3, 5);
    const sch = createSchedule(original, { verify: true });
    const [, k] = sch.getLoops('C', 2);
    sch.rfactor(k, 1);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((3, 5), "float32"), C: T.Buffer((3,), "float32")',
        `
    C_rf = T.alloc_buffer((3, 5), "float32")
    for i, k in T.grid(3, 5):
        with T.block("C_rf"):
            vk, vi = T.axis.remap("SS", [k, i])
            C_rf[vi, vk] = A[vi, vk]
    for i, k in T.grid(3, 5):
        with T.block("C"):
            vk, vi = T.axis.remap("RS", [k, i])
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + C_rf[vi, vk]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('fills overhanging tiles with what changes nothing', () => {
    const original = rowReduction(3, 10);
    const sch = createSchedule(original, { verify: true });
    const [i, k] = sch.getLoops('C', 2);
    sch.split(i, [null, 2]);
    const [, k1] = sch.split(k, [null, 4]);
    sch.rfactor(k1, 1);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((3, 10), "float32"), C: T.Buffer((3,), "float32")',
        `
    C_rf = T.alloc_buffer((3, 4), "float32")
    for i0, i1, k0, k1 in T.grid(2, 2, 3, 4):
        with T.block("C_rf"):
            vk1 = T.axis.spatial(4, k1)
            vi = T.axis.spatial(3, i0 * 2 + i1)
            vk0 = T.axis.reduce(3, k0)
            T.where(i0 * 2 + i1 < 3)
            T.reads(A[vi, vk0 * 4 + vk1])
            T.writes(C_rf[vi, vk1])
            with T.init():
                C_rf[vi, vk1] = T.float32(0)
            C_rf[vi, vk1] = C_rf[vi, vk1] + T.if_then_else(vk0 * 4 + vk1 < 10, A[vi, vk0 * 4 + vk1], T.float32(0))
    for i0, i1, k1 in T.grid(2, 2, 4):
        with T.block("C"):
            vk1 = T.axis.reduce(4, k1)
            vi = T.axis.spatial(3, i0 * 2 + i1)
            T.where(i0 * 2 + i1 < 3)
            T.reads(C_rf[vi, vk1])
            T.writes(C[vi])
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + C_rf[vi, vk1]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('fills whole partial results that nothing contributes to', () => {
    const original = rowReduction(2, 3);
    const sch = createSchedule(original, { verify: true });
    const [, k] = sch.getLoops('C', 2);
    const [k0] = sch.split(k, [5, 2]);
    sch.rfactor(k0, 0);
    expectSound(original, sch);
  });

  it('takes a reduction to one element', () => {
    const original = program(
      'A: T.Buffer((12,), "float32"), C: T.Buffer((1,), "float32")',
      `
    for k in range(12):
        with T.block("C"):
            vk = T.axis.reduce(12, k)
            with T.init():
                C[0] = T.float32(0)
            C[0] = C[0] + A[vk]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [k] = sch.getLoops('C', 1);
    const [k0, k1] = sch.split(k, [null, 4]);
    sch.reorder(k1, k0);
    sch.rfactor(k1, 1);
    expectSound(original, sch);
  });

  it('may be applied again to the partial results, and to the combination', () => {
    const original = rowReduction(2, 24);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [, k] = sch.getLoops(block, 2);
    const [, , k2] = sch.split(k, [3, 2, 4]);
    const partial = sch.rfactor(k2, 1);
    const [, k0] = sch.getLoops(partial, 4);
    sch.rfactor(k0, 0);
    const [, combining] = sch.getLoops(block, 2);
    const [, halves] = sch.split(combining, [2, 2]);
    expect(sch.get(sch.rfactor(halves, 0)).name).toBe('C_rf_1');
    expectSound(original, sch);
  });

  it('keeps kinds and annotations of the other loops, and of the block', () => {
    const original = rowReduction(4, 8);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, k] = sch.getLoops(block, 2);
    const [k0, k1] = sch.split(k, [2, 4]);
    sch.parallel(i);
    sch.annotate(i, 'note', 1);
    sch.annotate(block, 'structure', 'SR');
    sch.unroll(k0);
    const partial = sch.rfactor(k1, 0);
    const kinds = (rv: typeof block): string[] => sch.getLoops(rv).map((loop) => sch.get(loop).forKind);
    expect(kinds(partial)).toEqual(['parallel', 'unrolled', 'serial']);
    expect(kinds(block)).toEqual(['parallel', 'serial']);
    expect(sch.get(i).annotations).toEqual({ note: 1 });
    expect(sch.get(partial).annotations).toEqual({ structure: 'SR' });
    expect(sch.get(block).annotations).toEqual({ structure: 'SR' });
    expectSound(original, sch);
  });

  it('takes apart all iterators that share loops with the factored one', () => {
    const original = program(
      'A: T.Buffer((3, 4, 8), "float32"), C: T.Buffer((3,), "float32")',
      `
    for i, x, y in T.grid(3, 4, 8):
        with T.block("C"):
            vi, vx, vy = T.axis.remap("SRR", [i, x, y])
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + A[vi, vx, vy]
`,
    );
    for (const factors of [
      [8, 4],
      [2, 16],
      [null, 16],
    ]) {
      const sch = createSchedule(original, { verify: true });
      const [, x, y] = sch.getLoops('C', 3);
      const [, inner] = sch.split(sch.fuse(x, y), factors);
      sch.rfactor(inner ?? x, 1);
      expectSound(original, sch);
    }
  });

  it('keeps the meaning of every reduction, for any tile and either loop', () => {
    const reductions = fc.constantFrom(
      {},
      { dtype: 'int32', init: '0', combine: 'A[vi, vk] + C[vi]' },
      { dtype: 'int64', init: 'T.int64(1)', combine: 'C[vi] * A[vi, vk]' },
      { init: 'T.float32(1)', combine: 'C[vi] * A[vi, vk]' },
      { init: 'T.float32("-inf")', combine: 'T.max(C[vi], A[vi, vk])' },
      { init: 'T.float32(1)', combine: 'T.max(C[vi], A[vi, vk])' },
      { dtype: 'int32', init: '2147483647', combine: 'T.min(A[vi, vk], C[vi])' },
      { dtype: 'int8', init: 'T.int8(0)', combine: 'C[vi] + A[vi, vk]' },
    );
    const size = fc.integer({ min: 1, max: 13 });
    const tile = fc.integer({ min: 1, max: 6 });
    fc.assert(
      fc.property(reductions, size, size, tile, fc.boolean(), fc.boolean(), (kind, n, m, t, outer, swap) => {
        const original = rowReduction(n, m, kind);
        const sch = createSchedule(original, { verify: true });
        const [i, k] = sch.getLoops('C', 2);
        const [k0, k1] = sch.split(k, [null, t]);
        if (swap) sch.reorder(k1, i, k0);
        sch.rfactor(outer ? k0 : k1, 1);
        expectSound(original, sch);
      }),
      { numRuns: 120 },
    );
  });

  it('is recorded as TVM records it', () => {
    const sch = createSchedule(rowReduction(2, 4));
    const [, k] = sch.getLoops('C', 2);
    sch.rfactor(k, -1);
    expect(traceToJson(sch.trace)[0].at(-1)).toEqual(['RFactor', ['l2'], [-1], ['b3']]);
    expect(traceToText(sch.trace)).toContain('b3 = sch.rfactor(loop=l2, factor_axis=-1)');
  });
});
