/**
 * @file Expressions of the reference interpreter: each is compiled once to a closure, then called for every iteration.
 *
 * int64 is computed in BigInt, everything else in numbers: float32 is rounded and integers wrap after every operation.
 * Indices are numbers whatever their type.
 */
import { erf, roundHalfEven, sigmoid } from '../support/special-functions.js';
import { at, InputError, InternalError } from '../support/errors.js';
import { compareNumbers } from './build.js';
import { stridesOf, type Buffer } from './buffer.js';
import { isFloat, type DType } from './dtype.js';
import type { Binary, Cast, CompareOp, Expr, Intrinsic, Var } from './expr.js';
import type { TypedArray } from './typed-array.js';

export type NumberCode = () => number;
export type BigCode = () => bigint;

/** Where a running program keeps its variables and buffers. */
export interface Frame {
  /** Values of variables. */
  readonly slots: (number | bigint)[];
  readonly slotOf: (v: Var) => number;
  readonly arrayOf: (b: Buffer) => TypedArray;
}

/** What an operation's result becomes in its type. */
function wrap(dtype: DType): (x: number) => number {
  switch (dtype) {
    case 'float32':
      return Math.fround;
    case 'float64':
      return (x) => x;
    case 'int32':
      return (x) => x | 0;
    case 'int8':
      return (x) => (x << 24) >> 24;
    case 'uint8':
      return (x) => x & 255;
    case 'bool':
      return (x) => (x === 0 ? 0 : 1);
    case 'int64':
      throw new InternalError('int64 values are not numbers');
  }
}

/** The value of an expression of any type but int64. */
export function compileNumber(e: Expr, frame: Frame): NumberCode {
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm': {
      const { value } = e;
      return () => value;
    }
    case 'Var': {
      const slot = frame.slotOf(e);
      return () => Number(frame.slots[slot]);
    }
    case 'Binary':
      return compileBinary(e, frame);
    case 'Compare':
      return compileCompare(e.op, e.a, e.b, frame);
    case 'Logical': {
      const [a, b] = [compileNumber(e.a, frame), compileNumber(e.b, frame)];
      return e.op === 'and' ? () => a() && b() : () => a() || b();
    }
    case 'Not': {
      const a = compileNumber(e.a, frame);
      return () => (a() === 0 ? 1 : 0);
    }
    case 'Select': {
      const condition = compileNumber(e.condition, frame);
      const [t, f] = [compileNumber(e.whenTrue, frame), compileNumber(e.whenFalse, frame)];
      return () => {
        const [a, b] = [t(), f()];
        return condition() === 0 ? b : a;
      };
    }
    case 'IfThenElse': {
      const condition = compileNumber(e.condition, frame);
      const [t, f] = [compileNumber(e.whenTrue, frame), compileNumber(e.whenFalse, frame)];
      return () => (condition() === 0 ? f() : t());
    }
    case 'Cast':
      return compileCast(e, frame);
    case 'Call': {
      const f = INTRINSIC_CODE[e.op];
      const round = wrap(e.dtype);
      const args = e.args.map((arg) => compileNumber(arg, frame));
      return () => round(f(...args.map((arg) => arg())));
    }
    case 'BufferLoad': {
      const { array, offset } = compileAccess(e.buffer, e.indices, frame);
      const numbers = array;
      return () => Number(numbers[offset()]);
    }
  }
}

const INTRINSIC_CODE: { readonly [I in Intrinsic]: (...args: number[]) => number } = {
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  erf,
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  floor: Math.floor,
  log: Math.log,
  log2: Math.log2,
  pow: Math.pow,
  round: roundHalfEven,
  rsqrt: (x) => 1 / Math.sqrt(x),
  sigmoid,
  sin: Math.sin,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  trunc: Math.trunc,
};

function compileBinary(e: Binary, frame: Frame): NumberCode {
  const [a, b] = [compileNumber(e.a, frame), compileNumber(e.b, frame)];
  const round = wrap(e.dtype);
  switch (e.op) {
    case 'add':
      return () => round(a() + b());
    case 'sub':
      return () => round(a() - b());
    case 'mul':
      return e.dtype === 'int32' ? () => Math.imul(a(), b()) : () => round(a() * b());
    case 'div':
      return () => round(a() / b());
    case 'floordiv':
      return () => round(Math.floor(a() / nonZero(b())));
    case 'floormod':
      return () => {
        const [x, y] = [a(), nonZero(b())];
        return round(x - Math.floor(x / y) * y);
      };
    case 'truncdiv':
      return () => round(Math.trunc(a() / nonZero(b())));
    case 'truncmod':
      return () => round(a() % nonZero(b()));
    case 'min':
      return () => Math.min(a(), b());
    case 'max':
      return () => Math.max(a(), b());
    case 'bitand':
      return () => round(a() & b());
    case 'bitor':
      return () => round(a() | b());
    case 'bitxor':
      return () => round(a() ^ b());
    case 'shl':
      return () => round(a() << b());
    case 'shr':
      return () => round(a() >> b());
  }
}

function nonZero(divisor: number): number {
  if (divisor === 0) throw new InputError('INTERPRET_DIVISION_BY_ZERO', 'division by zero');
  return divisor;
}

function compileCompare(op: CompareOp, left: Expr, right: Expr, frame: Frame): NumberCode {
  if (left.dtype === 'int64') {
    const [a, b] = [compileBig(left, frame), compileBig(right, frame)];
    return () => {
      const [x, y] = [a(), b()];
      return compareNumbers(op, x < y ? -1 : x > y ? 1 : 0, 0) ? 1 : 0;
    };
  }
  const [a, b] = [compileNumber(left, frame), compileNumber(right, frame)];
  return () => (compareNumbers(op, a(), b()) ? 1 : 0);
}

const INT_RANGE = { int8: [-128, 127], uint8: [0, 255], int32: [-(2 ** 31), 2 ** 31 - 1] } as const;

function compileCast({ dtype, value }: Cast, frame: Frame): NumberCode {
  if (value.dtype === 'int64') {
    const big = compileBig(value, frame);
    if (dtype === 'float32') return () => toFloat32(big());
    const round = wrap(dtype);
    return isFloat(dtype) || dtype === 'bool'
      ? () => round(Number(big()))
      : () => round(Number(BigInt.asIntN(32, big())));
  }
  const number = compileNumber(value, frame);
  if (!isFloat(value.dtype) || (dtype !== 'int8' && dtype !== 'uint8' && dtype !== 'int32')) {
    const round = wrap(dtype);
    return () => round(number());
  }
  const [min, max] = INT_RANGE[dtype];
  return () => {
    const x = number();
    return Number.isNaN(x) ? 0 : Math.min(max, Math.max(min, Math.trunc(x)));
  };
}

/** The value of an int64 expression. */
export function compileBig(e: Expr, frame: Frame): BigCode {
  switch (e.kind) {
    case 'IntImm': {
      const value = BigInt(e.value);
      return () => value;
    }
    case 'Var': {
      const slot = frame.slotOf(e);
      return () => BigInt(frame.slots[slot] ?? 0);
    }
    case 'Binary':
      return compileBigBinary(e, frame);
    case 'Select': {
      const condition = compileNumber(e.condition, frame);
      const [t, f] = [compileBig(e.whenTrue, frame), compileBig(e.whenFalse, frame)];
      return () => {
        const [a, b] = [t(), f()];
        return condition() === 0 ? b : a;
      };
    }
    case 'IfThenElse': {
      const condition = compileNumber(e.condition, frame);
      const [t, f] = [compileBig(e.whenTrue, frame), compileBig(e.whenFalse, frame)];
      return () => (condition() === 0 ? f() : t());
    }
    case 'Cast': {
      const number = compileNumber(e.value, frame);
      return () => toInt64(number());
    }
    case 'Call': {
      const [first] = e.args;
      if (e.op !== 'abs' || first === undefined) throw new InternalError(`${e.op} of int64`);
      const a = compileBig(first, frame);
      return () => {
        const x = a();
        return BigInt.asIntN(64, x < 0n ? -x : x);
      };
    }
    case 'BufferLoad': {
      const { array, offset } = compileAccess(e.buffer, e.indices, frame);
      const values = array;
      return () => BigInt(values[offset()] ?? 0);
    }
    default:
      throw new InternalError(`${e.kind} of int64`);
  }
}

/** Rounds once: what a double cannot hold is kept as an odd last bit, so that the second rounding knows of it. */
function toFloat32(x: bigint): number {
  if (BigInt.asIntN(53, x) === x) return Math.fround(Number(x));
  const high = (x >> 11n) | (x % 2048n === 0n ? 0n : 1n);
  return Math.fround(Number(high)) * 2048;
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

function toInt64(x: number): bigint {
  if (Number.isNaN(x)) return 0n;
  if (x >= 2 ** 63) return INT64_MAX;
  return x <= -(2 ** 63) ? INT64_MIN : BigInt(Math.trunc(x));
}

function compileBigBinary(e: Binary, frame: Frame): BigCode {
  const [a, b] = [compileBig(e.a, frame), compileBig(e.b, frame)];
  const f = BIG_CODE[e.op];
  if (f === undefined) throw new InternalError(`${e.op} of int64`);
  return () => BigInt.asIntN(64, f(a(), b()));
}

const BIG_CODE: Readonly<Partial<Record<Binary['op'], (a: bigint, b: bigint) => bigint>>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  truncdiv: (a, b) => a / nonZeroBig(b),
  truncmod: (a, b) => a % nonZeroBig(b),
  floordiv: (a, b) => (a - floorRemainder(a, nonZeroBig(b))) / b,
  floormod: (a, b) => floorRemainder(a, nonZeroBig(b)),
  min: (a, b) => (a < b ? a : b),
  max: (a, b) => (a > b ? a : b),
  bitand: (a, b) => a & b,
  bitor: (a, b) => a | b,
  bitxor: (a, b) => a ^ b,
  shl: (a, b) => a << (b & 63n),
  shr: (a, b) => a >> (b & 63n),
};

function nonZeroBig(divisor: bigint): bigint {
  if (divisor === 0n) throw new InputError('INTERPRET_DIVISION_BY_ZERO', 'division by zero');
  return divisor;
}

function floorRemainder(a: bigint, b: bigint): bigint {
  const r = a % b;
  return r !== 0n && r < 0n !== b < 0n ? r + b : r;
}

/** An index as a number, whatever its type. */
export function compileIndex(e: Expr, frame: Frame): NumberCode {
  if (e.dtype !== 'int64') return compileNumber(e, frame);
  const big = compileBig(e, frame);
  return () => Number(big());
}

/** The element of a buffer that indices name, checked in every dimension. */
export function compileAccess(
  buffer: Buffer,
  indices: readonly Expr[],
  frame: Frame,
): { readonly array: TypedArray; readonly offset: NumberCode } {
  const strides = stridesOf(buffer);
  const codes = indices.map((index) => compileIndex(index, frame));
  const { shape } = buffer;
  const offset = (): number => {
    let flat = 0;
    for (let d = 0; d < codes.length; d++) {
      const index = at(codes, d)();
      if (!(index >= 0 && index < at(shape, d))) throw outOfBounds(buffer, d, index);
      flat += index * at(strides, d);
    }
    return flat;
  };
  return { array: frame.arrayOf(buffer), offset };
}

function outOfBounds(buffer: Buffer, dimension: number, index: number): InputError {
  return new InputError(
    'INTERPRET_OUT_OF_BOUNDS',
    `${buffer.name}[${buffer.shape.join(', ')}]: index ${index} in dimension ${dimension} is out of bounds`,
  );
}
