/** @file TIR's meaning of Python's operators, on values that are still untyped or already typed. */
import {
  and,
  binary,
  bool,
  call,
  cast,
  compare,
  compareNumbers,
  ifThenElse,
  literal,
  not,
  or,
  select,
} from '../ir/build.js';
import { isFloat, type DType } from '../ir/dtype.js';
import type { BinaryOp, CompareOp, Expr } from '../ir/expr.js';
import { applyNumbers } from './number-arithmetic.js';
import { exprValue, toCondition, toExpr, toPair, type Value } from './value.js';

export function applyBinary(op: BinaryOp, a: Value, b: Value): Expr {
  const [x, y] = toPair(a, b);
  if (x.dtype === 'bool' && op === 'bitand') return and(x, y);
  if (x.dtype === 'bool' && op === 'bitor') return or(x, y);
  return binary(op, x, y);
}

/** `/`: a quotient of floats, or of integers rounded to zero, as in TIR. */
export function applyDivide(a: Value, b: Value): Expr {
  const [x, y] = toPair(a, b);
  return binary(isFloat(x.dtype) ? 'div' : 'truncdiv', x, y);
}

export function applyCompare(op: CompareOp, a: Value, b: Value): Expr {
  if (a.tag === 'number' && b.tag === 'number') return bool(compareNumbers(op, a.value, b.value));
  const [x, y] = toPair(a, b);
  return compare(op, x, y);
}

/** `~a`: of integers all bits, of conditions the negation. */
export function applyInvert(a: Value): Expr {
  const e = toExpr(a);
  if (e.dtype === 'bool') return not(e);
  return binary('bitxor', e, literal(e.dtype === 'uint8' ? 255 : -1, e.dtype));
}

export function applyChoice(isLazy: boolean, condition: Value, a: Value, b: Value): Expr {
  const test = toCondition(condition);
  const [x, y] = toPair(a, b);
  return isLazy ? ifThenElse(test, x, y) : select(test, x, y);
}

/** `T.Cast`: a value, of whatever type it has by itself, in another type. */
export function convert(dtype: DType, v: Value): Expr {
  return v.tag === 'number' && v.isFloat && isFloat(dtype) ? literal(v.value, dtype) : cast(dtype, toExpr(v));
}

const BINARY_SYMBOLS: ReadonlyMap<string, BinaryOp> = new Map([
  ['+', 'add'],
  ['-', 'sub'],
  ['*', 'mul'],
  ['//', 'floordiv'],
  ['%', 'floormod'],
  ['&', 'bitand'],
  ['|', 'bitor'],
  ['^', 'bitxor'],
  ['<<', 'shl'],
  ['>>', 'shr'],
]);

export const COMPARE_SYMBOLS: ReadonlyMap<string, CompareOp> = new Map([
  ['==', 'eq'],
  ['!=', 'ne'],
  ['<', 'lt'],
  ['<=', 'le'],
  ['>', 'gt'],
  ['>=', 'ge'],
]);

/** `a symbol b` for the arithmetic operators; also what `a symbol= b` stores. @throws InputError. */
export function applyOperator(symbol: string, a: Value, b: Value): Value | null {
  if (a.tag === 'number' && b.tag === 'number') return applyNumbers(symbol, a, b);
  if (symbol === '/') return exprValue(applyDivide(a, b));
  if (symbol === '**') return exprValue(call('pow', toPair(a, b)));
  const op = BINARY_SYMBOLS.get(symbol);
  return op === undefined ? null : exprValue(applyBinary(op, a, b));
}
