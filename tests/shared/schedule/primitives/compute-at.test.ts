import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectSameProgram, expectSound } from '../harness.js';
import { matmulRelu, program, rowSumsAdded, twoElementwise } from '../programs.js';

const SQUARE = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';
const VECTORS = 'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")';

describe('compute_at', () => {
  it('computes under the loop what one iteration of it uses', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 2);
    sch.computeAt(sch.getBlock('B'), i);
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    B = T.alloc_buffer((8, 8), "float32")
    for i in range(8):
        for ax0 in range(8):
            with T.block("B"):
                vi, vj = T.axis.remap("SS", [i, ax0])
                B[vi, vj] = A[vi, vj] * T.float32(2)
        for j in range(8):
            with T.block("C"):
                vi, vj = T.axis.remap("SS", [i, j])
                C[vi, vj] = B[vi, vj] + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it.each([
    [false, [8]],
    [true, [1, 8]],
  ])('with preserveUnitLoops %j makes loops of the extents %j', (preserveUnitLoops, extents) => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 2);
    const block = sch.getBlock('B');
    sch.computeAt(block, i, { preserveUnitLoops });
    const made = sch.getLoops(block).slice(1);
    expect(made.map((loop) => sch.get(loop).extent)).toMatchObject(extents.map((value) => ({ value })));
    expectSound(original, sch);
  });

  it('cuts off where a tile overhangs what there is', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const [, j] = sch.getLoops('C', 2);
    const [j0] = sch.split(j, [null, 3]);
    sch.computeAt(sch.getBlock('B'), j0);
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    B = T.alloc_buffer((8, 8), "float32")
    for i, j0 in T.grid(8, 3):
        for ax0 in range(3):
            with T.block("B"):
                vi = T.axis.spatial(8, i)
                vj = T.axis.spatial(8, j0 * 3 + ax0)
                T.where(j0 * 3 + ax0 < 8)
                B[vi, vj] = A[vi, vj] * T.float32(2)
        for j1 in range(3):
            with T.block("C"):
                vi = T.axis.spatial(8, i)
                vj = T.axis.spatial(8, j0 * 3 + j1)
                T.where(j0 * 3 + j1 < 8)
                C[vi, vj] = B[vi, vj] + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it('computes the halo of a stencil again for each tile', () => {
    const original = program(
      'A: T.Buffer((10,), "float32"), C: T.Buffer((8,), "float32")',
      `
    B = T.alloc_buffer((10,), "float32")
    for i in range(10):
        with T.block("B"):
            vi = T.axis.spatial(10, i)
            B[vi] = A[vi] * T.float32(2)
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi] + B[vi + 1] + B[vi + 2]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 1);
    const [i0] = sch.split(i, [2, 4]);
    sch.computeAt(sch.getBlock('B'), i0);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((10,), "float32"), C: T.Buffer((8,), "float32")',
        `
    B = T.alloc_buffer((10,), "float32")
    for i0 in range(2):
        for ax0 in range(6):
            with T.block("B"):
                vi = T.axis.spatial(10, i0 * 4 + ax0)
                B[vi] = A[vi] * T.float32(2)
        for i1 in range(4):
            with T.block("C"):
                vi = T.axis.spatial(8, i0 * 4 + i1)
                C[vi] = B[vi] + B[vi + 1] + B[vi + 2]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('cuts off a halo that begins before the buffer does', () => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi] * T.float32(2)
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi] + T.if_then_else(vi >= 1, B[vi - 1], T.float32(0))
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 1);
    const [i0] = sch.split(i, [2, 4]);
    const block = sch.getBlock('B');
    sch.computeAt(block, i0);
    const [, ax0] = sch.getLoops(block, 2);
    expect(sch.get(ax0).extent).toMatchObject({ value: 5 });
    expectSound(original, sch);
  });

  it('moves a reduction with its init, and all of its reduce iterators', () => {
    const original = rowSumsAdded(8);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 2);
    sch.computeAt(sch.getBlock('S'), i);
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    S = T.alloc_buffer((8,), "float32")
    for i in range(8):
        for ax0 in range(8):
            with T.block("S"):
                vi, vk = T.axis.remap("SR", [i, ax0])
                with T.init():
                    S[vi] = T.float32(0)
                S[vi] = S[vi] + A[vi, vk]
        for j in range(8):
            with T.block("C"):
                vi, vj = T.axis.remap("SS", [i, j])
                C[vi, vj] = A[vi, vj] + S[vi]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('computes a matrix product tile by tile for what follows it', () => {
    const original = matmulRelu(8);
    const sch = createSchedule(original, { verify: true });
    const [i, j] = sch.getLoops('C', 2);
    const [i0, i1] = sch.split(i, [2, 4]);
    const [j0, j1] = sch.split(j, [4, 2]);
    sch.reorder(i0, j0, i1, j1);
    sch.computeAt(sch.getBlock('Y'), j0);
    expectSameProgram(
      sch.func,
      program(
        ['A', 'B', 'C'].map((name) => `${name}: T.Buffer((8, 8), "float32")`).join(', '),
        `
    Y = T.alloc_buffer((8, 8), "float32")
    for i0, j0 in T.grid(2, 4):
        for ax0, ax1, ax2 in T.grid(4, 2, 8):
            with T.block("Y"):
                vi = T.axis.spatial(8, i0 * 4 + ax0)
                vj = T.axis.spatial(8, j0 * 2 + ax1)
                vk = T.axis.reduce(8, ax2)
                with T.init():
                    Y[vi, vj] = T.float32(0)
                Y[vi, vj] = Y[vi, vj] + A[vi, vk] * B[vk, vj]
        for i1, j1 in T.grid(4, 2):
            with T.block("C"):
                vi = T.axis.spatial(8, i0 * 4 + i1)
                vj = T.axis.spatial(8, j0 * 2 + j1)
                C[vi, vj] = T.max(Y[vi, vj], T.float32(0))
`,
      ),
    );
    expectSound(original, sch);
  });

  it('finds the iterators of a fused loop', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const fused = sch.fuse(...sch.getLoops('C', 2));
    sch.computeAt(sch.getBlock('B'), fused);
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    B = T.alloc_buffer((8, 8), "float32")
    for f in range(64):
        with T.block("B"):
            vi = T.axis.spatial(8, f // 8)
            vj = T.axis.spatial(8, f % 8)
            B[vi, vj] = A[vi, vj] * T.float32(2)
        with T.block("C"):
            vi = T.axis.spatial(8, f // 8)
            vj = T.axis.spatial(8, f % 8)
            C[vi, vj] = B[vi, vj] + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it('runs over the whole domain where the parts that are needed differ', () => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((8,), "float32")
    E = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
            E[vi] = A[vi] + T.float32(1)
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi] + E[7 - vi]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 1);
    const block = sch.getBlock('B');
    sch.computeAt(block, i);
    const [, ax0] = sch.getLoops(block, 2);
    expect(sch.get(ax0).extent).toMatchObject({ value: 8 });
    expectSound(original, sch);
  });

  it('keeps the meaning of a stencil under any tiling and at any loop', () => {
    const size = fc.integer({ min: 1, max: 7 });
    const tile = fc.integer({ min: 1, max: 4 });
    const halo = fc.integer({ min: 0, max: 2 });
    fc.assert(
      fc.property(
        fc.record({ n: size, m: size, ti: tile, tj: tile, a: halo, b: halo }),
        fc.nat(3),
        fc.boolean(),
        fc.constantFrom(-1, -2),
        ({ n, m, ti, tj, a, b }, at, preserveUnitLoops, index) => {
          const shape = `(${n + a}, ${m + b})`;
          const original = program(
            `A: T.Buffer(${shape}, "float32"), C: T.Buffer((${n}, ${m}), "float32")`,
            `
    B = T.alloc_buffer(${shape}, "float32")
    for i, j in T.grid(${n + a}, ${m + b}):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj] * T.float32(2)
    for i, j in T.grid(${n}, ${m}):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = B[vi + ${a}, vj] - B[vi, vj + ${b}]
`,
          );
          const sch = createSchedule(original, { verify: true });
          const [i, j] = sch.getLoops('C', 2);
          const [i0, i1] = sch.split(i, [null, ti]);
          const [j0, j1] = sch.split(j, [null, tj]);
          sch.reorder(i0, j0, i1, j1);
          const loop = [i0, j0, i1, j1][at] ?? i0;
          sch.computeAt(sch.getBlock('B'), loop, { preserveUnitLoops, index });
          expectSound(original, sch);
        },
      ),
      { numRuns: 40 },
    );
  });
});
