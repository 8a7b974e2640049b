import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectSameProgram, expectSound } from '../harness.js';
import { matmul, program } from '../programs.js';

const VECTORS = ['A', 'C', 'D'].map((name) => `${name}: T.Buffer((8,), "float32")`).join(', ');
const SQUARES = ['A', 'B', 'C'].map((name) => `${name}: T.Buffer((8, 8), "float32")`).join(', ');

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

describe('cache_write', () => {
  it('accumulates in a copy and writes it out', () => {
    const original = matmul(8);
    const sch = createSchedule(original, { verify: true });
    const copy = sch.cacheWrite(sch.getBlock('C'), 0, 'local');
    expectSameProgram(
      sch.func,
      program(
        SQUARES,
        `
    C_local = T.alloc_buffer((8, 8), "float32", scope="local")
    for i, j, k in T.grid(8, 8, 8):
        with T.block("C"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                C_local[vi, vj] = T.float32(0)
            C_local[vi, vj] = C_local[vi, vj] + A[vi, vk] * B[vk, vj]
    for ax0, ax1 in T.grid(8, 8):
        with T.block("C_local"):
            v0, v1 = T.axis.remap("SS", [ax0, ax1])
            C[v0, v1] = C_local[v0, v1]
`,
      ),
    );
    expect(sch.get(copy).name).toBe('C_local');
    expectSound(original, sch);
  });

  it('writes out no more than was written', () => {
    const original = program(
      'A: T.Buffer((8,), "float32"), C: T.Buffer((16, 4), "float32")',
      `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi + 3, 2] = A[vi]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.cacheWrite(sch.getBlock('C'), 0, 'global');
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((8,), "float32"), C: T.Buffer((16, 4), "float32")',
        `
    C_global = T.alloc_buffer((16, 4), "float32")
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C_global[vi + 3, 2] = A[vi]
    for ax0, ax1 in T.grid(8, 1):
        with T.block("C_global"):
            v0 = T.axis.spatial(16, ax0 + 3)
            v1 = T.axis.spatial(4, ax1 + 2)
            C[v0, v1] = C_global[v0, v1]
`,
      ),
    );
    expectSound(original, sch);
  });

  it.each([
    ['none', [], 'B', 'B'],
    ['one', ['C'], 'B_local', 'B'],
    ['all', ['D', 'C'], 'B_local', 'B_local'],
  ])('lets of its consumers %s read the copy', (_what, consumers, ofC, ofD) => {
    const sch = createSchedule(SHARED_LOOP, { verify: true });
    const block = sch.getBlock('B');
    sch.cacheWrite(
      block,
      0,
      'local',
      consumers.map((name) => sch.getBlock(name)),
    );
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
            B_local[vi] = A[vi]
${
  consumers.length === 1
    ? `
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = ${ofC}[vi]`
    : ''
}
        for ax0 in range(1):
            with T.block("B_local"):
                v0 = T.axis.spatial(8, i + ax0)
                B[v0] = B_local[v0]
${
  consumers.length === 1
    ? ''
    : `
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = ${ofC}[vi]`
}
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = ${ofD}[vi] + T.float32(1)
`,
      ),
    );
    expectSound(SHARED_LOOP, sch);
  });

  it('caches what overhanging tiles compute, but not their overhang', () => {
    const original = matmul(7, 5, 3);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, j] = sch.getLoops(block, 3);
    sch.split(i, [null, 4]);
    sch.split(j, [null, 2]);
    const copy = sch.cacheWrite(block, 0, 'local');
    const loops = sch.getLoops(copy, 2);
    expect(loops.map((loop) => sch.get(loop).extent)).toMatchObject([{ value: 7 }, { value: 5 }]);
    expectSound(original, sch);
  });

  it('caches what fused loops compute', () => {
    const original = matmul(4, 6, 2);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, j] = sch.getLoops(block, 3);
    sch.split(sch.fuse(i, j), [null, 8]);
    sch.cacheWrite(block, 0, 'local');
    expectSound(original, sch);
  });
});
