import { describe, expect, it } from 'vitest';
import { flopsOf } from '../../../shared/ir/flops.js';
import { program } from '../schedule/programs.js';

const A = 'A: T.Buffer((8,), "float32")';
const N = 'N: T.Buffer((8,), "int32")';
const B = 'B: T.Buffer((8,), "float32")';

/** The operations of one store in a loop of 8. */
function opsOf(value: string, params = [A, N, B].join(', ')): number {
  const func = program(params, `\n    for i in range(8):\n        B[i] = ${value}\n`);
  return flopsOf(func) / 8;
}

describe('operations of an expression', () => {
  it.each([
    ['A[i]', 0],
    ['A[i] + A[i]', 1],
    ['A[i] * A[i] + A[i]', 2],
    ['A[i] / T.float32(3)', 1],
    ['T.max(A[i], T.float32(0))', 1],
    ['T.min(A[i], T.max(A[i], T.float32(0)))', 2],
    ['T.exp(A[i])', 1],
    ['T.exp(A[i] - T.float32(1))', 2],
    ['T.pow(A[i], A[i] + A[i])', 2],
    ['T.Cast("float32", N[i] * N[i])', 1],
  ])('%s: %d', (value, count) => {
    expect(opsOf(value)).toBe(count);
  });

  it.each([
    ['A[(i * 3 + 1) % 8]'],
    ['T.Cast("float32", i * 3 + 1)'],
    ['T.Cast("float32", T.max(i, 3))'],
    ['T.Cast("float32", N[i])'],
  ])('%s: none, for indices, loads and casts are no work on data', (value) => {
    expect(opsOf(value)).toBe(0);
  });

  it('are those of the dearer side of a choice, and of its condition when that looks at data', () => {
    expect(opsOf('T.if_then_else(i < 3, A[i] + A[i], A[i] * A[i] * A[i])')).toBe(2);
    expect(opsOf('T.if_then_else(1 <= i and i < 3, A[i], T.float32(0))')).toBe(0);
    expect(opsOf('T.Select(A[i] < T.float32(3), A[i] + A[i], A[i])')).toBe(2);
    expect(opsOf('T.Select(A[i] < T.float32(3) and T.float32(0) < A[i], A[i], A[i])')).toBe(2);
  });
});

describe('operations of a program', () => {
  it('are those of the body, as often as its loops run', () => {
    const func = program(
      `${A}, ${B}`,
      `
    for i, j in T.grid(8, 5):
        B[i] = A[i] + A[i]
    for i in range(3):
        B[i] = A[i] * A[i] * A[i]
`,
    );
    expect(flopsOf(func)).toBe(8 * 5 + 3 * 2);
  });

  it('leave out the inits of reductions', () => {
    const func = program(
      'A: T.Buffer((8, 4), "float32"), B: T.Buffer((8,), "float32")',
      `
    for i, k in T.grid(8, 4):
        with T.block("B"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                B[vi] = T.float32(0)
            B[vi] = B[vi] + A[vi, vk]
`,
    );
    expect(flopsOf(func)).toBe(32);
  });

  it('take a statement that chooses like an expression that chooses', () => {
    const func = program(
      `${A}, ${B}`,
      `
    for i in range(8):
        if A[i] < T.float32(0):
            B[i] = A[i] + A[i]
        else:
            B[i] = A[i] * A[i] * A[i]
    for i in range(8):
        if i < 3:
            B[i] = A[i] + A[i]
`,
    );
    expect(flopsOf(func)).toBe(8 * (1 + 2) + 8);
  });

  it('go through variables: one bound to data is data, one bound to an index is not', () => {
    const func = program(
      `${A}, ${B}`,
      `
    for i in range(8):
        x: T.float32 = A[i] + A[i]
        n: T.int32 = i * 2 + 1
        B[i] = x * x + T.Cast("float32", n + n)
`,
    );
    expect(flopsOf(func)).toBe(8 * (1 + 2));
  });

  it('count one iteration of a loop whose extent is not known', () => {
    const func = program(
      `${A}, ${B}`,
      `
    for i in range(8):
        for j in range(i):
            B[i] = A[j] + A[i]
`,
    );
    expect(flopsOf(func)).toBe(8);
  });
});
