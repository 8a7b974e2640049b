/** @file Group 1: which operations count as what, on stores of one value in ten iterations. */
import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { at } from '../../../../shared/support/errors.js';
import { FEATURE_NAMES } from '../../../../server/cost-model/features/names.js';
import { namedRowsOf, program, slog } from './rows.js';

const COUNTS = FEATURE_NAMES.slice(0, 16);

/** The operations of one execution that are not zero. */
function countsOf(func: PrimFunc, runs = 10): Record<string, number> {
  const row = at(namedRowsOf(func), 0);
  const counts = COUNTS.map((name): [string, number] => [name, (2 ** at([row[name] ?? 0], 0) - 1) / runs]);
  return Object.fromEntries(
    counts
      .map(([name, count]): [string, number] => [name, Math.round(count)])
      .filter(([, count]) => count !== 0),
  );
}

const storing = (value: string, dtype = 'float32'): PrimFunc =>
  program({ A: '40', B: '40', C: '40' }, `for i in range(10):\n    C[i] = ${value}`, dtype);

describe('operations of floats', () => {
  it.each([
    ['A[i]', {}],
    ['A[i] + B[i]', { float_addsub: 1 }],
    ['A[i] - B[i] + A[i]', { float_addsub: 2 }],
    ['A[i] * B[i] + A[i]', { float_addsub: 1, float_mul: 1 }],
    ['A[i] / B[i]', { float_divmod: 1 }],
    ['T.max(A[i], T.float32(0))', { float_cmp: 1 }],
    ['T.min(A[i], B[i]) * T.float32(2)', { float_cmp: 1, float_mul: 1 }],
    ['T.exp(A[i]) + T.sqrt(B[i])', { float_addsub: 1, float_mathfunc: 2 }],
    ['T.pow(A[i], B[i])', { float_mathfunc: 1 }],
  ])('%s', (value, expected) => expect(countsOf(storing(value))).toEqual(expected));

  it('are counted once per execution', () => {
    const [row] = namedRowsOf(storing('A[i] + B[i]'));
    expect(row?.['float_addsub']).toBeCloseTo(slog(10), 5);
  });
});

describe('operations of integers', () => {
  it.each([
    ['A[i] + B[i]', { int_addsub: 1 }],
    ['A[i] * B[i] - A[i]', { int_addsub: 1, int_mul: 1 }],
    ['A[i] // B[i] + A[i] % B[i]', { int_addsub: 1, int_divmod: 2 }],
    ['T.max(A[i], B[i])', { int_cmp: 1 }],
    ['T.abs(A[i])', { int_mathfunc: 1 }],
    ['A[i] & B[i]', { int_mathfunc: 1 }],
  ])('%s', (value, expected) => expect(countsOf(storing(value, 'int32'))).toEqual(expected));
});

describe('choices and conditions', () => {
  it.each([
    ['T.Select(T.float32(0) < A[i], A[i], B[i])', { int_cmp: 1, select_op: 1 }],
    ['T.Select(A[i] < B[i] and T.float32(0) < A[i], A[i], B[i])', { int_cmp: 2, bool_op: 1, select_op: 1 }],
    ['T.Select(not (A[i] < B[i]), A[i], B[i])', { int_cmp: 1, bool_op: 1, select_op: 1 }],
    ['T.if_then_else(i < 5, A[i], T.float32(0))', { int_cmp: 1, float_mathfunc: 1 }],
    ['A[i] + T.Select(i < 5, T.float32(1), T.float32(2))', { float_addsub: 1 }],
  ])('%s', (value, expected) => expect(countsOf(storing(value))).toEqual(expected));

  it('a condition that the loops decide is none', () => {
    expect(countsOf(storing('T.if_then_else(i < 10, A[i] * A[i], B[i] + B[i])'))).toEqual({ float_mul: 1 });
    expect(countsOf(storing('T.if_then_else(10 <= i, A[i] * A[i], B[i] + B[i])'))).toEqual({
      float_addsub: 1,
    });
  });

  it('a choice between constants is a constant: no row', () => {
    expect(namedRowsOf(storing('T.Select(i < 5, T.float32(1), T.float32(2))'))).toEqual([]);
  });
});

describe('index arithmetic', () => {
  it.each([
    ['A[i + 1]', { int_addsub: 1 }],
    ['A[i * 4]', { int_mul: 1 }],
    ['A[i * 3 + 2]', { int_addsub: 1, int_mul: 1 }],
    ['A[i // 3]', { int_divmod: 1 }],
    ['A[i // 3 + i % 3 * 2]', { int_addsub: 1, int_mul: 1, int_divmod: 2 }],
    ['A[i + i + 1 - 1]', { int_mul: 1 }],
    ['A[i // 3 * 3 + i % 3]', {}],
    ['A[i % 10]', {}],
    ['T.Cast("float32", i * 2 + 1)', { int_addsub: 1, int_mul: 1 }],
  ])('%s counts in its simplest form', (value, expected) => {
    expect(countsOf(storing(value))).toEqual(expected);
  });

  it('of the store itself does not count', () => {
    const func = program({ A: '40', C: '40' }, 'for i in range(10):\n    C[i * 3 + 2] = A[i]');
    expect(countsOf(func)).toEqual({});
  });

  it('is that of the loops, not of the iterators of blocks', () => {
    const func = program(
      { A: '40', C: '40' },
      `
for i0, i1 in T.grid(5, 8):
    with T.block("C"):
        vi = T.axis.spatial(40, i0 * 8 + i1)
        C[vi] = A[vi]
`,
    );
    expect(countsOf(func, 40)).toEqual({ int_addsub: 1, int_mul: 1 });
  });

  it('of a quotient and a remainder that meet again in an index is none', () => {
    const func = program(
      { A: '40', C: '40' },
      `
for f in range(40):
    with T.block("C"):
        vi = T.axis.spatial(5, f // 8)
        vj = T.axis.spatial(8, f % 8)
        C[vi * 8 + vj] = A[vi * 8 + vj]
`,
    );
    expect(countsOf(func, 40)).toEqual({});
  });

  it('of loads in indices counts with that of the outer load', () => {
    const func = program(
      { A: '40', B: '40', C: '40' },
      'for i in range(10):\n    C[i] = A[T.min(T.max(B[i * 2], 0), 39) + 1 - 1]',
      'int32',
    );
    expect(countsOf(func)).toEqual({ int_cmp: 2, int_mul: 1 });
  });
});
