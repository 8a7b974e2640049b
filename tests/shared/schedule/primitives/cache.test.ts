import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectSameProgram, expectSound } from '../harness.js';
import { matmul, matmulRelu, program } from '../programs.js';

const VECTORS = ['A', 'C', 'D'].map((name) => `${name}: T.Buffer((8,), "float32")`).join(', ');

/** `C = A + 1`, `D = A[7 - i]`. */
const TWO_READERS = program(
  VECTORS,
  `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi] + T.float32(1)
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = A[7 - vi]
`,
);

/** Under one loop: `B = A`, `C = B`, `D = B + 1`. */
const SHARED_LOOP = program(
  VECTORS,
  `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi]
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = B[vi] + T.float32(1)
`,
);

describe('cache_read', () => {
  it('copies a parameter before the first block that reads it, for all that do', () => {
    const sch = createSchedule(TWO_READERS, { verify: true });
    const copy = sch.cacheRead(sch.getBlock('D'), 0, 'local');
    expectSameProgram(
      sch.func,
      program(
        VECTORS,
        `
    A_local = T.alloc_buffer((8,), "float32", scope="local")
    for ax0 in range(8):
        with T.block("A_local"):
            v0 = T.axis.spatial(8, ax0)
            A_local[v0] = A[v0]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A_local[vi] + T.float32(1)
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = A_local[7 - vi]
`,
      ),
    );
    expect(sch.get(copy).name).toBe('A_local');
    expectSound(TWO_READERS, sch);
  });

  it('serves only the consumers that it is given', () => {
    const sch = createSchedule(TWO_READERS, { verify: true });
    const [c, d] = [sch.getBlock('C'), sch.getBlock('D')];
    sch.cacheRead(c, 0, 'global', [d]);
    expectSameProgram(
      sch.func,
      program(
        VECTORS,
        `
    A_global = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi] + T.float32(1)
    for ax0 in range(8):
        with T.block("A_global"):
            v0 = T.axis.spatial(8, ax0)
            A_global[v0] = A[v0]
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = A_global[7 - vi]
`,
      ),
    );
    expectSound(TWO_READERS, sch);
  });

  it('copies no more than is read', () => {
    const original = program(
      'A: T.Buffer((16, 16), "float32"), C: T.Buffer((4, 8), "float32")',
      `
    for i, j in T.grid(4, 8):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = A[vi + 2, vj] + A[vi + 5, vj + 1]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.cacheRead(sch.getBlock('C'), 0, 'local');
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((16, 16), "float32"), C: T.Buffer((4, 8), "float32")',
        `
    A_local = T.alloc_buffer((16, 16), "float32", scope="local")
    for ax0, ax1 in T.grid(7, 9):
        with T.block("A_local"):
            v0 = T.axis.spatial(16, ax0 + 2)
            v1 = T.axis.spatial(16, ax1)
            A_local[v0, v1] = A[v0, v1]
    for i, j in T.grid(4, 8):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = A_local[vi + 2, vj] + A_local[vi + 5, vj + 1]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('stands between a producer and its consumers, under the loop around them all', () => {
    const sch = createSchedule(SHARED_LOOP, { verify: true });
    sch.cacheRead(sch.getBlock('C'), 0, 'local');
    expectSameProgram(
      sch.func,
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    B_local = T.alloc_buffer((8,), "float32", scope="local")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
        for ax0 in range(1):
            with T.block("B_local"):
                v0 = T.axis.spatial(8, i + ax0)
                B_local[v0] = B[v0]
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B_local[vi]
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = B_local[vi] + T.float32(1)
`,
      ),
    );
    expectSound(SHARED_LOOP, sch);
  });

  it('feeds a reduction through one cache after the other', () => {
    const original = matmul(4, 5, 6);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const shared = sch.cacheRead(block, 0, 'shared');
    const local = sch.cacheRead(block, 0, 'local');
    const second = sch.cacheRead(block, 1, 'shared.dyn');
    const names = [shared, local, second].map((rv) => sch.get(rv).name);
    expect(names).toEqual(['A_shared', 'A_shared_local', 'B_shared_dyn']);
    expect(sch.func.root.allocBuffers.map(({ name, scope }) => [name, scope])).toEqual([
      ['A_shared', 'shared'],
      ['A_shared_local', 'local'],
      ['B_shared_dyn', 'shared.dyn'],
    ]);
    expect(sch.getProducers(local).map((rv) => sch.get(rv).name)).toEqual(['A_shared']);
    expectSound(original, sch);
  });

  it('finds a name that is free', () => {
    const sch = createSchedule(TWO_READERS, { verify: true });
    const [c, d] = [sch.getBlock('C'), sch.getBlock('D')];
    const copies = [c, d].map((rv) => sch.cacheRead(rv, 0, 'local', [rv]));
    expect(copies.map((rv) => sch.get(rv).name)).toEqual(['A_local', 'A_local_1']);
    expectSound(TWO_READERS, sch);
  });

  it('belongs to the scope of the block', () => {
    const original = program(
      'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")',
      `
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            for j in range(8):
                with T.block("C"):
                    vj = T.axis.spatial(8, j)
                    C[vi, vj] = A[vi, 7 - vj]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.cacheRead(sch.getBlock('C'), 0, 'local');
    expect(sch.func.root.allocBuffers).toEqual([]);
    expect(sch.get(sch.getBlock('outer')).allocBuffers.map((b) => b.name)).toEqual(['A_local']);
    expectSound(original, sch);
  });
});

describe('caches of both kinds', () => {
  it('keeps the meaning with any tile, number and order of caches', () => {
    const size = fc.integer({ min: 1, max: 5 });
    const cache = fc.constantFrom('A', 'B', 'Y', 'C', 'Y of C');
    fc.assert(
      fc.property(size, size, fc.uniqueArray(cache), fc.nat(2), (n, t, caches, depth) => {
        const original = matmulRelu(n);
        const sch = createSchedule(original, { verify: true });
        const [y, c] = [sch.getBlock('Y'), sch.getBlock('C')];
        const [i, j] = sch.getLoops(c, 2);
        const [i0] = sch.split(i, [null, t]);
        const [j0] = sch.split(j, [null, 2]);
        if (depth > 0) sch.computeAt(y, depth === 1 ? i0 : j0);
        for (const name of caches) {
          if (name === 'A') sch.cacheRead(y, 0, 'local');
          if (name === 'B') sch.cacheRead(y, 1, 'shared', [y]);
          if (name === 'Y') sch.cacheWrite(y, 0, 'local');
          if (name === 'C') sch.cacheWrite(c, 0, 'local');
          if (name === 'Y of C') sch.cacheRead(c, 0, 'global');
        }
        expectSound(original, sch);
      }),
      { numRuns: 40 },
    );
  });
});
