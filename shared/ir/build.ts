/**
 * @file Smart constructors: the only way to make IR nodes. They check types, promote mixed index types and fold
 * integer constants and neutral elements. Floats are never folded: rounding and NaN are the program's business.
 */
import { InputError, InternalError } from '../support/errors.js';
import type { Buffer } from './buffer.js';
import { isFloat, isIndexType, isInt, rangeOf, type DType } from './dtype.js';
import {
  INTRINSICS,
  type Binary,
  type BinaryOp,
  type BufferLoad,
  type CompareOp,
  type Expr,
  type FloatImm,
  type IntImm,
  type Intrinsic,
  type Var,
} from './expr.js';

/** What operators accept: a plain number takes the type of the other operand. */
export type Operand = Expr | number;

export function variable(name: string, dtype: DType = 'int32'): Var {
  return { kind: 'Var', name, dtype };
}

/** @throws InputError `BAD_LITERAL` when `value` is not an integer of `dtype`. */
export function int(value: number, dtype: DType = 'int32'): IntImm {
  const range = rangeOf(dtype);
  if (range === null || !Number.isInteger(value) || value < range[0] || value > range[1]) {
    throw new InputError('BAD_LITERAL', `${value} is not a value of type ${dtype}`);
  }
  return { kind: 'IntImm', dtype, value: value === 0 ? 0 : value };
}

export function bool(value: boolean): IntImm {
  return { kind: 'IntImm', dtype: 'bool', value: value ? 1 : 0 };
}

export const TRUE: IntImm = bool(true);
export const FALSE: IntImm = bool(false);

export function float(value: number, dtype: 'float32' | 'float64' = 'float32'): FloatImm {
  return { kind: 'FloatImm', dtype, value: dtype === 'float32' ? Math.fround(value) : value };
}

/** A literal of any type. */
export function literal(value: number, dtype: DType): IntImm | FloatImm {
  return dtype === 'float32' || dtype === 'float64' ? float(value, dtype) : int(value, dtype);
}

export function isConst(e: Expr, value: number): boolean {
  return (e.kind === 'IntImm' || e.kind === 'FloatImm') && e.value === value;
}

/** The value of an integer literal, or `null`. */
export function constInt(e: Expr): number | null {
  return e.kind === 'IntImm' ? e.value : null;
}

/** Gives two operands one type: numbers take the other's, int32 next to int64 becomes int64, a literal adapts. */
function unify(what: string, a: Operand, b: Operand): [Expr, Expr] {
  if (typeof a === 'number') {
    if (typeof b === 'number') return [literalFor(a), literalFor(b)];
    return [literal(a, b.dtype), b];
  }
  if (typeof b === 'number') return [a, literal(b, a.dtype)];
  if (a.dtype === b.dtype) return [a, b];
  if (isIndexType(a.dtype) && isIndexType(b.dtype)) return [cast('int64', a), cast('int64', b)];
  if (a.kind === 'IntImm' && isInt(a.dtype)) return [literal(a.value, b.dtype), b];
  if (b.kind === 'IntImm' && isInt(b.dtype)) return [a, literal(b.value, a.dtype)];
  throw new InputError('DTYPE_MISMATCH', `${what} needs operands of one type, not ${a.dtype} and ${b.dtype}`);
}

function literalFor(value: number): Expr {
  return Number.isInteger(value) ? int(value) : float(value);
}

/** Result of an integer operator on constants, `null` where it has none (division by zero, overflow). */
export function foldInt(op: BinaryOp, a: number, b: number, dtype: DType): number | null {
  const result = intResult(op, a, b);
  const range = rangeOf(dtype);
  if (result === null || range === null || !Number.isSafeInteger(result)) return null;
  return result >= range[0] && result <= range[1] ? result : null;
}

function intResult(op: BinaryOp, a: number, b: number): number | null {
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'floordiv':
      return b === 0 ? null : Math.floor(a / b);
    case 'floormod':
      return b === 0 ? null : a - Math.floor(a / b) * b;
    case 'truncdiv':
      return b === 0 ? null : Math.trunc(a / b);
    case 'truncmod':
      return b === 0 ? null : a % b;
    case 'min':
      return Math.min(a, b);
    case 'max':
      return Math.max(a, b);
    case 'bitand':
    case 'bitor':
    case 'bitxor':
    case 'shl':
    case 'shr':
    case 'div':
      return null;
    default:
      throw new InternalError(`operator ${String(op satisfies never)}`);
  }
}

/** `a op 0`, `a op 1` and the like, for integers only: `null` where there is nothing to gain. */
function foldNeutral(op: BinaryOp, a: Expr, b: Expr): Expr | null {
  switch (op) {
    case 'add':
      return isConst(a, 0) ? b : isConst(b, 0) ? a : null;
    case 'sub':
      return isConst(b, 0) ? a : null;
    case 'mul':
      return isConst(a, 1) || isConst(b, 0) ? b : isConst(b, 1) || isConst(a, 0) ? a : null;
    case 'floordiv':
    case 'truncdiv':
      return isConst(b, 1) ? a : null;
    case 'floormod':
    case 'truncmod':
      return isConst(b, 1) ? int(0, a.dtype) : null;
    default:
      return null;
  }
}

/** @throws InputError `DTYPE_MISMATCH` when the operands' types differ or the operator does not take them. */
export function binary(op: BinaryOp, left: Operand, right: Operand): Expr {
  const [a, b] = unify(op, left, right);
  if (!acceptsType(op, a.dtype)) {
    throw new InputError('DTYPE_MISMATCH', `${op} does not take operands of type ${a.dtype}`);
  }
  if (isInt(a.dtype)) {
    if (a.kind === 'IntImm' && b.kind === 'IntImm') {
      const folded = foldInt(op, a.value, b.value, a.dtype);
      if (folded !== null) return int(folded, a.dtype);
    }
    const neutral = foldNeutral(op, a, b);
    if (neutral !== null) return neutral;
  }
  const node: Binary = { kind: 'Binary', op, dtype: a.dtype, a, b };
  return node;
}

function acceptsType(op: BinaryOp, dtype: DType): boolean {
  switch (op) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'min':
    case 'max':
      return dtype !== 'bool';
    case 'div':
      return isFloat(dtype);
    default:
      return isInt(dtype);
  }
}

export const add = (a: Operand, b: Operand): Expr => binary('add', a, b);
export const sub = (a: Operand, b: Operand): Expr => binary('sub', a, b);
export const mul = (a: Operand, b: Operand): Expr => binary('mul', a, b);
export const div = (a: Operand, b: Operand): Expr => binary('div', a, b);
export const floordiv = (a: Operand, b: Operand): Expr => binary('floordiv', a, b);
export const floormod = (a: Operand, b: Operand): Expr => binary('floormod', a, b);
export const truncdiv = (a: Operand, b: Operand): Expr => binary('truncdiv', a, b);
export const truncmod = (a: Operand, b: Operand): Expr => binary('truncmod', a, b);
export const min = (a: Operand, b: Operand): Expr => binary('min', a, b);
export const max = (a: Operand, b: Operand): Expr => binary('max', a, b);

const COMPARE: { readonly [O in CompareOp]: (a: number, b: number) => boolean } = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

/** Whether `a op b` holds for two numbers. */
export function compareNumbers(op: CompareOp, a: number, b: number): boolean {
  return COMPARE[op](a, b);
}

/** @throws InputError `DTYPE_MISMATCH`. */
export function compare(op: CompareOp, left: Operand, right: Operand): Expr {
  const [a, b] = unify(op, left, right);
  if (a.kind === 'IntImm' && b.kind === 'IntImm') return bool(compareNumbers(op, a.value, b.value));
  return { kind: 'Compare', op, dtype: 'bool', a, b };
}

export const eq = (a: Operand, b: Operand): Expr => compare('eq', a, b);
export const ne = (a: Operand, b: Operand): Expr => compare('ne', a, b);
export const lt = (a: Operand, b: Operand): Expr => compare('lt', a, b);
export const le = (a: Operand, b: Operand): Expr => compare('le', a, b);
export const gt = (a: Operand, b: Operand): Expr => compare('gt', a, b);
export const ge = (a: Operand, b: Operand): Expr => compare('ge', a, b);

function checkBool(what: string, e: Expr): void {
  if (e.dtype !== 'bool') throw new InputError('DTYPE_MISMATCH', `${what} needs a bool, not ${e.dtype}`);
}

export function and(a: Expr, b: Expr): Expr {
  checkBool('and', a);
  checkBool('and', b);
  if (isConst(a, 1) || isConst(b, 0)) return b;
  if (isConst(b, 1) || isConst(a, 0)) return a;
  return { kind: 'Logical', op: 'and', dtype: 'bool', a, b };
}

export function or(a: Expr, b: Expr): Expr {
  checkBool('or', a);
  checkBool('or', b);
  if (isConst(a, 0) || isConst(b, 1)) return b;
  if (isConst(b, 0) || isConst(a, 1)) return a;
  return { kind: 'Logical', op: 'or', dtype: 'bool', a, b };
}

/** Conjunction of any number of conditions. */
export function allOf(conditions: readonly Expr[]): Expr {
  return conditions.reduce(and, TRUE);
}

export function not(a: Expr): Expr {
  checkBool('not', a);
  if (a.kind === 'IntImm') return bool(a.value === 0);
  return { kind: 'Not', dtype: 'bool', a };
}

function choose(kind: 'Select' | 'IfThenElse', condition: Expr, t: Operand, f: Operand): Expr {
  checkBool(kind, condition);
  const [whenTrue, whenFalse] = unify(kind, t, f);
  if (condition.kind === 'IntImm') return condition.value === 0 ? whenFalse : whenTrue;
  return { kind, dtype: whenTrue.dtype, condition, whenTrue, whenFalse };
}

export function select(condition: Expr, whenTrue: Operand, whenFalse: Operand): Expr {
  return choose('Select', condition, whenTrue, whenFalse);
}

export function ifThenElse(condition: Expr, whenTrue: Operand, whenFalse: Operand): Expr {
  return choose('IfThenElse', condition, whenTrue, whenFalse);
}

/** Folds literals that the target type represents exactly; otherwise a `Cast` node. */
export function cast(dtype: DType, value: Expr): Expr {
  if (value.dtype === dtype) return value;
  if (value.kind === 'IntImm') {
    const range = rangeOf(dtype);
    if (range === null || (value.value >= range[0] && value.value <= range[1]))
      return literal(value.value, dtype);
  }
  if (value.kind === 'FloatImm' && isFloat(dtype)) return literal(value.value, dtype);
  return { kind: 'Cast', dtype, value };
}

/** @throws InputError `DTYPE_MISMATCH`, `BAD_ARITY`. */
export function call(op: Intrinsic, args: readonly Expr[]): Expr {
  const [first] = args;
  if (first === undefined || args.length !== INTRINSICS[op]) {
    throw new InputError('BAD_ARITY', `${op} takes ${INTRINSICS[op]} argument(s), not ${args.length}`);
  }
  const takesInt = op === 'abs' && isInt(first.dtype);
  if (args.some((a) => a.dtype !== first.dtype) || !(isFloat(first.dtype) || takesInt)) {
    throw new InputError('DTYPE_MISMATCH', `${op} does not take ${args.map((a) => a.dtype).join(', ')}`);
  }
  return { kind: 'Call', op, dtype: first.dtype, args };
}

export function checkIndices(b: Buffer, indices: readonly Expr[]): void {
  if (indices.length !== b.shape.length) {
    throw new InputError(
      'BAD_RANK',
      `${b.name} has ${b.shape.length} dimension(s), but is indexed by ${indices.length}`,
    );
  }
  for (const index of indices) {
    if (!isIndexType(index.dtype)) {
      throw new InputError(
        'DTYPE_MISMATCH',
        `${b.name} is indexed by a ${index.dtype}; indices are int32 or int64`,
      );
    }
  }
}

/** @throws InputError `BAD_RANK`, `DTYPE_MISMATCH`. */
export function load(b: Buffer, indices: readonly Operand[]): BufferLoad {
  const exprs = indices.map((i) => (typeof i === 'number' ? int(i) : i));
  checkIndices(b, exprs);
  return { kind: 'BufferLoad', dtype: b.dtype, buffer: b, indices: exprs };
}
