import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSameProgram, expectSound } from '../harness.js';
import { matmul, program, twoElementwise } from '../programs.js';

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

describe('reverse_compute_at', () => {
  it('computes under the loop what can be made of one iteration of it', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('B', 2);
    sch.reverseComputeAt(sch.getBlock('C'), i);
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    B = T.alloc_buffer((8, 8), "float32")
    for i in range(8):
        for j in range(8):
            with T.block("B"):
                vi, vj = T.axis.remap("SS", [i, j])
                B[vi, vj] = A[vi, vj] * T.float32(2)
        for ax0 in range(8):
            with T.block("C"):
                vi, vj = T.axis.remap("SS", [i, ax0])
                C[vi, vj] = B[vi, vj] + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it.each([
    [false, []],
    [true, [1, 1]],
  ])('with preserveUnitLoops %j makes loops of the extents %j', (preserveUnitLoops, extents) => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const [, j] = sch.getLoops('B', 2);
    const block = sch.getBlock('C');
    sch.reverseComputeAt(block, j, { preserveUnitLoops });
    const made = sch.getLoops(block).slice(2);
    expect(made.map((loop) => sch.get(loop).extent)).toMatchObject(extents.map((value) => ({ value })));
    expectSound(original, sch);
  });

  it('writes a tile of a matrix product back when it is finished, and cuts off what overhangs', () => {
    const original = matmul(8, 5, 4);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, j, k] = sch.getLoops(block, 3);
    const [i0, i1] = sch.split(i, [2, 4]);
    const [j0, j1] = sch.split(j, [null, 3]);
    sch.reorder(i0, j0, k, i1, j1);
    sch.reverseComputeAt(sch.cacheWrite(block, 0, 'local'), j0);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((8, 4), "float32"), B: T.Buffer((4, 5), "float32"), C: T.Buffer((8, 5), "float32")',
        `
    C_local = T.alloc_buffer((8, 5), "float32", scope="local")
    for i0, j0 in T.grid(2, 2):
        for k, i1, j1 in T.grid(4, 4, 3):
            with T.block("C"):
                vi = T.axis.spatial(8, i0 * 4 + i1)
                vj = T.axis.spatial(5, j0 * 3 + j1)
                vk = T.axis.reduce(4, k)
                T.where(j0 * 3 + j1 < 5)
                with T.init():
                    C_local[vi, vj] = T.float32(0)
                C_local[vi, vj] = C_local[vi, vj] + A[vi, vk] * B[vk, vj]
        for ax0, ax1 in T.grid(4, 3):
            with T.block("C_local"):
                v0 = T.axis.spatial(8, i0 * 4 + ax0)
                v1 = T.axis.spatial(5, j0 * 3 + ax1)
                T.where(j0 * 3 + ax1 < 5)
                C[v0, v1] = C_local[v0, v1]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('runs over iterators in whole that its input does not tie to the loop', () => {
    const original = program(
      'A: T.Buffer((8,), "float32"), C: T.Buffer((8, 3), "float32")',
      `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):${B_BLOCK}
    for j, i in T.grid(3, 8):
        with T.block("C"):
            vj, vi = T.axis.remap("SS", [j, i])
            C[vi, vj] = B[vi]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('B', 1);
    sch.reverseComputeAt(sch.getBlock('C'), i);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((8,), "float32"), C: T.Buffer((8, 3), "float32")',
        `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):${B_BLOCK}
        for ax0 in range(3):
            with T.block("C"):
                vj, vi = T.axis.remap("SS", [ax0, i])
                C[vi, vj] = B[vi]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('may read dimensions that are produced in whole in any way', () => {
    const original = program(
      SQUARE,
      `
    B = T.alloc_buffer((8, 8), "float32")
    for i, j in T.grid(8, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj]
    for i, j in T.grid(8, 8):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vj, vi] = B[vi, 7 - vj] + B[vi, 0]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [i, j] = sch.getLoops('B', 2);
    const block = sch.getBlock('C');
    expectRefused(sch, 'NOT_REGION_COVER', () => sch.reverseComputeAt(block, j));
    sch.reverseComputeAt(block, i);
    expect(sch.getLoops(block, 2).map((loop) => sch.get(loop).loopVar.name)).toEqual(['i', 'ax0']);
    expectSound(original, sch);
  });

  it.each([
    [-1, ['B', 'E', 'C']],
    [-2, ['B', 'C', 'E']],
    [1, ['B', 'C', 'E']],
    [2, ['B', 'E', 'C']],
  ])('stands, for index %i, in the order %j', (index, order) => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):${B_BLOCK}
        with T.block("E"):
            vi = T.axis.spatial(8, i)
            D[vi] = T.float32(1)${C_NEST}
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('B', 1);
    const block = sch.getBlock('C');
    for (const wrong of [0, 3, -3]) {
      expectRefused(sch, 'NO_INSERTION_POINT', () => sch.reverseComputeAt(block, i, { index: wrong }));
    }
    sch.reverseComputeAt(block, i, { index });
    expect(sch.getChildBlocks(i).map((rv) => sch.get(rv).name)).toEqual(order);
    expectSound(original, sch);
  });

  it('follows all of several producers', () => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((8,), "float32")
    E = T.alloc_buffer((8,), "float32")
    for i in range(8):${B_BLOCK}
        with T.block("E"):
            vi = T.axis.spatial(8, i)
            E[vi] = A[vi] * T.float32(2)
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi] + E[vi]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('B', 1);
    sch.reverseComputeAt(sch.getBlock('C'), i, { index: -2 });
    expect(sch.getChildBlocks(i).map((rv) => sch.get(rv).name)).toEqual(['B', 'E', 'C']);
    expectSound(original, sch);
  });

  it('keeps the meaning under any tiling of the producer and at any loop', () => {
    const size = fc.integer({ min: 1, max: 7 });
    const tile = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(
        fc.record({ n: size, m: size, l: size, ti: tile, tj: tile }),
        fc.nat(4),
        fc.boolean(),
        ({ n, m, l, ti, tj }, at, preserveUnitLoops) => {
          const original = matmul(n, m, l);
          const sch = createSchedule(original, { verify: true });
          const block = sch.getBlock('C');
          const [i, j, k] = sch.getLoops(block, 3);
          const [i0, i1] = sch.split(i, [null, ti]);
          const [j0, j1] = sch.split(j, [null, tj]);
          sch.reorder(i0, j0, i1, j1, k);
          const copy = sch.cacheWrite(block, 0, 'local');
          const loop = [i0, j0, i1, j1, k][at] ?? k;
          const step = (): void => sch.reverseComputeAt(copy, loop, { preserveUnitLoops });
          if (loop === k) {
            expectRefused(sch, 'NOT_COMPACT_DATA_FLOW', step);
          } else {
            step();
          }
          expectSound(original, sch);
        },
      ),
      { numRuns: 40 },
    );
  });
});
