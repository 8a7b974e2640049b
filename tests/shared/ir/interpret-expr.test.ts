/** @file What operators mean in each type, against integer arithmetic without limits. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import {
  add,
  and,
  binary,
  call,
  cast,
  compare,
  div,
  eq,
  float,
  ge,
  gt,
  ifThenElse,
  int,
  load,
  lt,
  max,
  min,
  mul,
  not,
  or,
  select,
  sub,
  truncdiv,
  variable,
} from '../../../shared/ir/build.js';
import { forLoop, primFunc, store } from '../../../shared/ir/build-stmt.js';
import type { DType } from '../../../shared/ir/dtype.js';
import type { BinaryOp, CompareOp, Expr } from '../../../shared/ir/expr.js';
import { interpret, typedArrayFor, type TypedArray } from '../../../shared/ir/interpret.js';

type Value = number | bigint;

function arrayOf(dtype: DType, values: readonly Value[]): TypedArray {
  const array = typedArrayFor(dtype, values.length);
  values.forEach((value, i) => {
    if (array instanceof BigInt64Array) array[i] = BigInt(value);
    else array[i] = Number(value);
  });
  return array;
}

/** `f` of the elements of the columns, row by row. */
function mapped(
  from: DType,
  to: DType,
  columns: readonly (readonly Value[])[],
  f: (...operands: Expr[]) => Expr,
): Value[] {
  const rows = columns[0]?.length ?? 0;
  const inputs = columns.map((_, n) => buffer(`A${n}`, [rows], from));
  const output = buffer('B', [rows], to);
  const i = variable('i');
  const value = f(...inputs.map((input) => load(input, [i])));
  const func = primFunc('mapped', {
    params: [...inputs, output],
    body: forLoop(i, rows, store(output, value, [i])),
  });
  const result = typedArrayFor(to, rows);
  interpret(func, [...columns.map((column) => arrayOf(from, column)), result]);
  return [...result];
}

/** The value of one expression of one element. */
const valueOf = (from: DType, to: DType, x: Value, f: (x: Expr) => Expr): Value | undefined =>
  mapped(from, to, [[x]], f)[0];

const floorDiv = (a: bigint, b: bigint): bigint => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);

/** Integer operators without limits; those of division are not asked for a divisor of 0. */
const EXACT = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  floordiv: floorDiv,
  floormod: (a, b) => a - floorDiv(a, b) * b,
  truncdiv: (a, b) => a / b,
  truncmod: (a, b) => a % b,
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
  bitand: (a, b) => a & b,
  bitor: (a, b) => a | b,
  bitxor: (a, b) => a ^ b,
} as const satisfies Partial<Record<BinaryOp, (a: bigint, b: bigint) => bigint>>;
type ExactOp = keyof typeof EXACT;
const OPS = Object.keys(EXACT) as ExactOp[];
const DIVISIONS: readonly ExactOp[] = ['floordiv', 'floormod', 'truncdiv', 'truncmod'];

const WRAP = {
  int8: (x: bigint) => BigInt.asIntN(8, x),
  uint8: (x: bigint) => BigInt.asUintN(8, x),
  int32: (x: bigint) => BigInt.asIntN(32, x),
  int64: (x: bigint) => BigInt.asIntN(64, x),
};

/** `op` of all pairs, by the interpreter and without limits. */
function expectExact(dtype: keyof typeof WRAP, op: ExactOp, pairs: readonly (readonly [bigint, bigint])[]) {
  const divisible = pairs.filter(([, b]) => b !== 0n || !DIVISIONS.includes(op));
  if (divisible.length === 0) return;
  const columns = [divisible.map(([a]) => a), divisible.map(([, b]) => b)];
  const actual = mapped(dtype, dtype, columns, (a, b) => binary(op, a, b)).map(BigInt);
  expect(actual).toEqual(divisible.map(([a, b]) => WRAP[dtype](EXACT[op](a, b))));
}

describe('integer arithmetic wraps', () => {
  const bytes = Array.from({ length: 256 }, (_, i) => BigInt(i));
  it.each(OPS)('%s of every pair of int8 and of uint8', (op) => {
    for (const dtype of ['int8', 'uint8'] as const) {
      const values = bytes.map(WRAP[dtype]);
      expectExact(
        dtype,
        op,
        values.flatMap((a) => values.map((b) => [a, b] as const)),
      );
    }
  });

  it.each([
    ['int32', 32],
    ['int64', 64],
  ] as const)('%s, for any values and those at the limits', (dtype, bits) => {
    const limit = 1n << BigInt(bits - 1);
    const value = fc.oneof(
      fc.bigInt({ min: -limit, max: limit - 1n }),
      fc.bigInt({ min: -9n, max: 9n }),
      fc.constantFrom(-limit, limit - 1n, -limit + 1n),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...OPS),
        fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 20 }),
        (op, pairs) => expectExact(dtype, op, pairs),
      ),
      { numRuns: 300 },
    );
  });

  it('shifts by the low bits of the distance; to the right it keeps the sign', () => {
    const shift = (dtype: DType, op: 'shl' | 'shr', a: Value, n: number): Value | undefined =>
      valueOf(dtype, dtype, a, (x) => binary(op, x, n));
    expect(shift('int32', 'shl', 3, 30)).toBe(-(2 ** 30));
    expect(shift('int32', 'shr', -5, 1)).toBe(-3);
    expect(shift('int32', 'shl', 3, 33)).toBe(6);
    expect(shift('int8', 'shl', 0x7f, 1)).toBe(-2);
    expect(shift('uint8', 'shr', 0x80, 7)).toBe(1);
    expect(shift('int64', 'shl', 1n, 63)).toBe(-(2n ** 63n));
    expect(shift('int64', 'shr', -5n, 1)).toBe(-3n);
    expect(shift('int64', 'shl', 3n, 65)).toBe(6n);
  });

  it('abs of the least integer is itself', () => {
    const abs = (dtype: DType, x: Value): Value | undefined =>
      valueOf(dtype, dtype, x, (e) => call('abs', [e]));
    expect(abs('int8', -128)).toBe(-128);
    expect(abs('int32', -(2 ** 31))).toBe(-(2 ** 31));
    expect(abs('int64', -(2n ** 63n))).toBe(-(2n ** 63n));
    expect([abs('int8', -5), abs('int32', -5), abs('int64', -5n)]).toEqual([5, 5, 5n]);
  });

  it.each(['int8', 'int32', 'int64'] as const)('%s refuses to divide by zero', (dtype) => {
    for (const op of DIVISIONS) {
      expect(() => valueOf(dtype, dtype, 0, (x) => binary(op, int(7, dtype), x))).toThrow(
        expect.objectContaining({ name: 'InputError', code: 'INTERPRET_DIVISION_BY_ZERO' }),
      );
    }
  });
});

describe('float32', () => {
  it('is rounded after every operation, not at the end', () => {
    const big = 2 ** 24;
    expect(valueOf('float32', 'float32', big, (x) => sub(add(x, 1), x))).toBe(0);
    expect(valueOf('float32', 'float32', big, (x) => div(mul(x, 1 + 2 ** -23), x))).toBe(1 + 2 ** -23);
    expect(valueOf('float64', 'float64', big, (x) => sub(add(x, 1), x))).toBe(1);
  });

  it('overflows to infinity and underflows to zero', () => {
    expect(valueOf('float32', 'float32', 3e38, (x) => sub(mul(x, 2), x))).toBe(Infinity);
    expect(valueOf('float32', 'float32', 1e-30, (x) => mul(mul(x, x), 1e30))).toBe(0);
    expect(valueOf('float64', 'float64', 3e38, (x) => sub(mul(x, 2), x))).toBe(3e38);
  });

  it('rounds the results of functions', () => {
    const functions = ['exp', 'sqrt', 'sin', 'rsqrt', 'tanh', 'log', 'sigmoid', 'erf'] as const;
    for (const op of functions) {
      const value = Number(valueOf('float32', 'float64', 1.1, (x) => cast('float64', call(op, [x]))));
      expect(value, op).toBe(Math.fround(value));
    }
    const third = valueOf('float32', 'float64', 3, (x) => cast('float64', div(float(1), x)));
    expect(third).toBe(Math.fround(1 / 3));
  });

  it('divides by zero, and NaN wins minima and maxima', () => {
    const pairs = mapped(
      'float32',
      'float32',
      [
        [1, -1, 0],
        [0, 0, 0],
      ],
      (a, b) => div(a, b),
    );
    expect(pairs).toEqual([Infinity, -Infinity, NaN]);
    for (const op of [min, max]) {
      expect(
        mapped(
          'float32',
          'float32',
          [
            [NaN, 1],
            [1, NaN],
          ],
          (a, b) => op(a, b),
        ),
      ).toEqual([NaN, NaN]);
    }
    expect(
      mapped(
        'float32',
        'float32',
        [
          [0, -0],
          [-0, 0],
        ],
        (a, b) => min(a, b),
      ),
    ).toEqual([-0, -0]);
  });
});

describe('comparisons', () => {
  const compared = (dtype: DType, a: Value, b: Value): (Value | undefined)[] =>
    (['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const satisfies readonly CompareOp[]).map(
      (op) => mapped(dtype, 'bool', [[a], [b]], (x, y) => compare(op, x, y))[0],
    );
  it.each<[DType, Value, Value, number[]]>([
    ['int32', -1, 1, [0, 1, 1, 1, 0, 0]],
    ['uint8', 255, 1, [0, 1, 0, 0, 1, 1]],
    ['float32', 2, 2, [1, 0, 0, 1, 0, 1]],
    ['float32', NaN, NaN, [0, 1, 0, 0, 0, 0]],
    ['float64', 0, -0, [1, 0, 0, 1, 0, 1]],
    // Two integers that are one and the same double.
    ['int64', 2n ** 53n, 2n ** 53n + 1n, [0, 1, 1, 1, 0, 0]],
    ['int64', -(2n ** 63n), 2n ** 63n - 1n, [0, 1, 1, 1, 0, 0]],
  ])('of %s %s and %s', (dtype, a, b, expected) => {
    expect(compared(dtype, a, b)).toEqual(expected);
  });

  it('are combined by and, or and not', () => {
    const values = [-1, 0, 1, 2];
    const f = (x: Expr): Expr => or(and(gt(x, 0), lt(x, 2)), not(ge(x, 0)));
    expect(mapped('int32', 'bool', [values], f)).toEqual([1, 0, 1, 0]);
  });
});

describe('casts', () => {
  const converted = (from: DType, to: DType, values: readonly Value[]): Value[] =>
    mapped(from, to, [values], (x) => cast(to, x));

  it('from floats cut off the fraction and stop at the limits', () => {
    const values = [-1.9, 1.9, 300.5, -300.5, Infinity, -Infinity, NaN];
    expect(converted('float32', 'int8', values)).toEqual([-1, 1, 127, -128, 127, -128, 0]);
    expect(converted('float32', 'uint8', values)).toEqual([0, 1, 255, 0, 255, 0, 0]);
    expect(converted('float64', 'int32', [...values, 3e9, -3e9]).slice(4)).toEqual([
      2 ** 31 - 1,
      -(2 ** 31),
      0,
      2 ** 31 - 1,
      -(2 ** 31),
    ]);
    expect(converted('float64', 'int64', [-1.9, 2 ** 63, -(2 ** 63), 1e300, NaN])).toEqual([
      -1n,
      2n ** 63n - 1n,
      -(2n ** 63n),
      2n ** 63n - 1n,
      0n,
    ]);
  });

  it('between integers keep the low bits', () => {
    expect(converted('int32', 'int8', [127, 128, -129, 256])).toEqual([127, -128, 127, 0]);
    expect(converted('int32', 'uint8', [-1, 256, 511])).toEqual([255, 0, 255]);
    expect(converted('uint8', 'int8', [255, 128])).toEqual([-1, -128]);
    expect(converted('int8', 'int64', [-128])).toEqual([-128n]);
    expect(converted('int64', 'int32', [2n ** 31n, -1n, 2n ** 40n + 5n])).toEqual([-(2 ** 31), -1, 5]);
    expect(converted('int64', 'uint8', [2n ** 40n + 511n])).toEqual([255]);
  });

  it('to bool ask whether a value is zero', () => {
    expect(converted('float32', 'bool', [0, -0, 0.25, NaN])).toEqual([0, 0, 1, 1]);
    expect(converted('int32', 'bool', [0, -7])).toEqual([0, 1]);
    expect(converted('int64', 'bool', [0n, 2n ** 32n])).toEqual([0, 1]);
  });

  it('to floats round to the nearest, once', () => {
    expect(converted('int32', 'float32', [2 ** 24 + 1, 2 ** 24 + 3, -(2 ** 24) - 1])).toEqual([
      2 ** 24,
      2 ** 24 + 4,
      -(2 ** 24),
    ]);
    expect(converted('float64', 'float32', [0.1])).toEqual([Math.fround(0.1)]);
    expect(converted('int64', 'float64', [2n ** 53n + 1n])).toEqual([2 ** 53]);
    // A double in between would land on the middle of two floats, and fall to the wrong side.
    const above = 2n ** 60n + 2n ** 36n;
    expect(converted('int64', 'float32', [above, above + 1n, -above, -above - 1n, 2n ** 63n - 1n])).toEqual([
      2 ** 60,
      2 ** 60 + 2 ** 37,
      -(2 ** 60),
      -(2 ** 60) - 2 ** 37,
      2 ** 63,
    ]);
  });
});

describe('choices', () => {
  const chosen = (dtype: DType, choose: typeof select, f: (x: Expr) => Expr): Value[] =>
    mapped(dtype, dtype, [[0, 2]], (x) => choose(eq(x, 0), 0, f(x)));

  it.each(['int8', 'int32', 'int64'] as const)(
    'of %s: if_then_else evaluates the chosen side, select both',
    (dtype) => {
      const quotient = (x: Expr): Expr => truncdiv(int(8, dtype), x);
      expect(chosen(dtype, ifThenElse, quotient).map(Number)).toEqual([0, 4]);
      expect(() => chosen(dtype, select, quotient)).toThrow(
        expect.objectContaining({ code: 'INTERPRET_DIVISION_BY_ZERO' }),
      );
      expect(chosen(dtype, select, (x) => mul(x, 3)).map(Number)).toEqual([0, 6]);
    },
  );
});
