/**
 * @file TVM's test of a matmul for a GPU: cut temporaries, allocations inside of loops, thread axes that are named twice.
 *
 * In the two copies to shared memory TVM takes `x % c` for 0 when it works out ranges (its analyzer keeps the value of x
 * from before the loops ran). Here it is [0, c - 1], so what those rows say of touched memory is not compared. The
 * iterators of B_shared are written as TVM's simplifier leaves them.
 */
import { describe, expect, it } from 'vitest';
import { at } from '../../../../shared/support/errors.js';
import { funcOf, rowsOf } from './rows.js';

const rows = rowsOf(
  funcOf(`
@T.prim_func
def main(A: T.Buffer((512, 512), "float32"), B: T.Buffer((512, 512), "float32"), C: T.Buffer((512, 512), "float32")):
    C_local = T.alloc_buffer((512, 512), scope="local")
    A_shared = T.alloc_buffer((512, 512), scope="shared")
    B_shared = T.alloc_buffer((512, 512), scope="shared")
    for b in T.thread_binding(8, thread="blockIdx.x", annotations={"pragma_auto_unroll_max_step": 1024, "pragma_unroll_explicit": 1}):
        for v in T.thread_binding(4, thread="vthread.x"):
            for t in T.thread_binding(16, thread="threadIdx.x"):
                for k0 in range(256):
                    for a0 in range(64):
                        for a1 in T.thread_binding(16, thread="threadIdx.x"):
                            with T.block("A_shared"):
                                v0 = T.axis.spatial(512, (a0 * 16 + a1) // 2)
                                v1 = T.axis.spatial(512, k0 * 2 + (a0 * 16 + a1) % 2)
                                A_shared[v0, v1] = A[v0, v1]
                    for b0 in range(8):
                        for b1 in T.thread_binding(16, thread="threadIdx.x"):
                            with T.block("B_shared"):
                                v0 = T.axis.spatial(512, k0 * 2 + b0 // 4)
                                v1 = T.axis.spatial(512, b * 64 + b0 % 4 * 16 + b1)
                                B_shared[v0, v1] = B[v0, v1]
                    for k1, i3, j3, k2, i4, j4 in T.grid(1, 32, 1, 2, 1, 16):
                        with T.block("C"):
                            vi = T.axis.spatial(512, t * 32 + i3 + i4)
                            vj = T.axis.spatial(512, b * 64 + v * 16 + j3 * 16 + j4)
                            vk = T.axis.reduce(512, k0 * 2 + k1 * 2 + k2)
                            with T.init():
                                C_local[vi, vj] = T.float32(0)
                            C_local[vi, vj] = C_local[vi, vj] + A_shared[vi, vk] * B_shared[vk, vj]
                for c0, c1 in T.grid(32, 16):
                    with T.block("C_local"):
                        v0 = T.axis.spatial(512, t * 32 + c0)
                        v1 = T.axis.spatial(512, b * 64 + v * 16 + c1)
                        C[v0, v1] = C_local[v0, v1]
`),
  { isGpu: true },
);

function expectNumbers(row: number, from: number, expected: readonly number[]): void {
  const actual = at(rows, row).slice(from, from + expected.length);
  expected.forEach((want, i) => {
    const got = at(actual, i);
    expect(Math.abs(got - want), `number ${from + i} is ${got}, not ${want}`).toBeLessThanOrEqual(1e-4);
  });
}

const zeros = (count: number): number[] => Array.from({ length: count }, () => 0);
const NO_LOOP = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];

describe('a matmul of 512 for a GPU', () => {
  it('has a row per buffer that is stored to', () => expect(rows).toHaveLength(4));

  it.each([
    ['A_shared', 0, [...zeros(8), 24, 24, 24, ...zeros(5)]],
    ['B_shared', 1, [...zeros(8), 21.584963, 21.584963, 21.0000007, ...zeros(5)]],
    ['C_local', 2, [0, 27, 27, ...zeros(5), 28, 28, ...zeros(6)]],
    ['C', 3, zeros(16)],
  ])('%s: arithmetic', (_, row, expected) => expectNumbers(row, 0, expected));

  it.each([0, 1, 2, 3])('row %i: thread axes, each counted once', (row) => {
    const threads = [1, 3.169925, 1, 1, 4.0874628, 1, 1, 2.3219281];
    expectNumbers(row, 16, [...NO_LOOP, ...NO_LOOP, ...NO_LOOP, ...threads]);
  });

  it.each([
    ['A_shared', 0, [12.0003522, 27, 17.000011, 6.0223678, 23.0000002, 2.5849625, 10.001408]],
    ['B_shared', 1, [9.002815, 24.0000001, 17.000011, 3.169925, 20.0000014, 2.5849625, 10.001408]],
    ['C_local', 2, [11.0007043, 18.0000055, 9.002815, 18.0000055, 27, 3, 10.001408]],
    ['C', 3, [20.0000014, 18.0000055, 1, 18.0000055, 18.0000055, 2.5849625, 10.001408]],
  ])('%s: allocation and loops', (_, row, expected) => expectNumbers(row, 157, expected));

  it('A_shared, B_shared: accesses, lines and strides', () => {
    expectNumbers(0, 57, [1, 0, 0, 25]);
    expectNumbers(0, 62, [23.0000002]);
    expectNumbers(0, 74, [12.0003522]);
    expectNumbers(0, 75, [0, 1, 0, 25]);
    expectNumbers(0, 80, [23.0000002]);
    expectNumbers(0, 92, [4.0874628]);
    expectNumbers(1, 57, [1, 0, 0, 22.0000003]);
    expectNumbers(1, 74, [4.0874628]);
    expectNumbers(1, 75, [0, 1, 0, 22.0000003]);
    expectNumbers(1, 92, [4.0874628]);
  });

  it('C_local: buffers and intensity', () => {
    expectNumbers(
      2,
      57,
      [
        1, 0, 0, 29, 9.002815, 23.0000002, 3.169925, 1, 0, 0, 5.0443941, 7.6510517, 5.0443941, 24.0000001,
        4.0874628, 18.0000055, 0.3219281, 1,
      ],
    );
    expectNumbers(
      2,
      75,
      [
        0, 0, 1, 29, 11.0007043, 23.0000002, 5.0443941, 1, 0, 0, 4.0874628, 7.0552824, 1.5849625, 28,
        10.0014082, 22.0000003, 4.0874628, 1,
      ],
    );
    expectNumbers(
      2,
      93,
      [
        1, 0, 0, 29, 12.0003522, 19.0000028, 9.002815, 1, 0, 0, 1, 3.7004397, 4.0874628, 25, 8.0056245,
        15.000044, 5.0443941, 0,
      ],
    );
    expectNumbers(2, 111, zeros(36));
    expectNumbers(
      2,
      147,
      [
        11.98533, 12.977811, 13.562714, 13.977722, 14.299632, 14.562654, 14.785038, 14.977677, 15.147597,
        15.299596,
      ],
    );
  });

  it('C: buffers, and no intensity without operations', () => {
    expectNumbers(
      3,
      57,
      [
        0, 1, 0, 20.0000014, 20.0000014, 14.0000881, 14.0000881, 0, 0, 1, 0, 0, 0, 21.0000007, 21.0000007,
        15.000044, 15.000044, 1,
      ],
    );
    expectNumbers(
      3,
      75,
      [
        1, 0, 0, 20.0000014, 11.0007043, 14.0000881, 5.0443941, 1, 0, 0, 9.002815, 12.0003522, 4.0874628,
        16.000022, 7.0112273, 10.0014082, 1.5849625, 1,
      ],
    );
    expectNumbers(3, 93, [...zeros(54), ...zeros(10)]);
  });
});
