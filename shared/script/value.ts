/**
 * @file What a piece of script stands for while it is read, and how that becomes an expression, a shape, an attribute.
 *
 * Python's own numbers stay untyped until they meet something typed: `A[i] * 2` is a product of float32 when A is.
 * Conversions between types that TVM makes silently, and that lose nothing but float precision, are made here too.
 */
import type { Buffer } from '../ir/buffer.js';
import { cast, float, int, literal } from '../ir/build.js';
import { DTYPES, isDType, isFloat, rangeOf, type DType } from '../ir/dtype.js';
import type { Expr } from '../ir/expr.js';
import type { Attrs, AttrValue } from '../ir/stmt.js';
import { InputError } from '../support/errors.js';

export type Value =
  | NumberValue
  | { readonly tag: 'expr'; readonly expr: Expr }
  | { readonly tag: 'string'; readonly value: string }
  | { readonly tag: 'none' }
  | { readonly tag: 'tuple'; readonly items: readonly Value[] }
  | { readonly tag: 'dict'; readonly entries: readonly (readonly [string, Value])[] }
  | { readonly tag: 'buffer'; readonly buffer: Buffer }
  /** A `T.handle` parameter, until `T.match_buffer` says what it points to. */
  | { readonly tag: 'handle'; readonly param: number }
  /** Something outside of the functions that only Python could compute. */
  | { readonly tag: 'opaque' };

/** A Python number. */
export interface NumberValue {
  readonly tag: 'number';
  readonly value: number;
  readonly isFloat: boolean;
}

export function numberValue(value: number, isFloatValue: boolean): NumberValue {
  return { tag: 'number', value, isFloat: isFloatValue };
}

export const NONE: Value = { tag: 'none' };

export function exprValue(expr: Expr): Value {
  return { tag: 'expr', expr };
}

const NOUNS: { readonly [T in Value['tag']]: string } = {
  number: 'a number',
  expr: 'an expression',
  string: 'a string',
  none: 'None',
  tuple: 'a tuple',
  dict: 'a dictionary',
  buffer: 'a buffer',
  handle: 'a handle',
  opaque: 'a value that only Python could compute',
};

function expected(what: string, v: Value): InputError {
  return new InputError('BAD_ARGUMENT', `expected ${what}, not ${NOUNS[v.tag]}`);
}

function literalOf(n: NumberValue, dtype: DType): Expr {
  if (n.isFloat && !isFloat(dtype))
    throw new InputError('BAD_LITERAL', `${n.value} is not a value of type ${dtype}`);
  return literal(n.value, dtype);
}

/** The type a Python number has on its own: int32, int64 when it must, float32. */
function ownLiteral(n: NumberValue): Expr {
  if (n.isFloat) return float(n.value);
  const [low, high] = rangeOf('int32') ?? [0, 0];
  return int(n.value, n.value >= low && n.value <= high ? 'int32' : 'int64');
}

export function toExpr(v: Value): Expr {
  if (v.tag === 'number') return ownLiteral(v);
  if (v.tag === 'expr') return v.expr;
  throw expected('an expression', v);
}

/** The type in which two types compute together, `null` when there is none. */
function commonType(a: DType, b: DType): DType | null {
  if (a === b) return a;
  if (a === 'bool' || b === 'bool') return null;
  if (isFloat(a) || isFloat(b)) return isFloat(a) && isFloat(b) ? 'float64' : isFloat(a) ? a : b;
  const widths: readonly DType[] = ['int32', 'int64'];
  return widths[Math.max(widths.indexOf(a), widths.indexOf(b))] ?? null;
}

/** A Python number next to an operand of type `dtype`; a fraction stays a float whatever that type. */
function adapt(n: NumberValue, dtype: DType): Expr {
  return n.isFloat && !isFloat(dtype) ? float(n.value) : literal(n.value, dtype);
}

function meet(a: Value, b: Value): [Expr, Expr] {
  if (a.tag === 'number' && b.tag === 'number') {
    const isFloatPair = a.isFloat || b.isFloat;
    return isFloatPair ? [float(a.value), float(b.value)] : [ownLiteral(a), ownLiteral(b)];
  }
  if (a.tag === 'number') {
    const y = toExpr(b);
    return [adapt(a, y.dtype), y];
  }
  const x = toExpr(a);
  return [x, b.tag === 'number' ? adapt(b, x.dtype) : toExpr(b)];
}

/** Two operands in one type. @throws InputError `DTYPE_MISMATCH` when they have none in common. */
export function toPair(a: Value, b: Value): [Expr, Expr] {
  const [x, y] = meet(a, b);
  const type = commonType(x.dtype, y.dtype);
  if (type === null) {
    throw new InputError(
      'DTYPE_MISMATCH',
      `a ${x.dtype} and a ${y.dtype} do not combine; convert one of them`,
    );
  }
  return [cast(type, x), cast(type, y)];
}

/** `v` in type `dtype`, where that loses no range. @throws InputError `DTYPE_MISMATCH`, `BAD_LITERAL`. */
export function toTyped(v: Value, dtype: DType): Expr {
  if (v.tag === 'number') return literalOf(v, dtype);
  const e = toExpr(v);
  if (e.kind === 'IntImm' && e.dtype !== 'bool' && dtype !== 'bool') return literal(e.value, dtype);
  if (commonType(e.dtype, dtype) === dtype) return cast(dtype, e);
  throw new InputError(
    'DTYPE_MISMATCH',
    `a ${e.dtype} is not a ${dtype}; convert it with T.Cast("${dtype}", …)`,
  );
}

/** A condition. @throws InputError `DTYPE_MISMATCH`. */
export function toCondition(v: Value): Expr {
  const e = toExpr(v);
  if (e.dtype !== 'bool') throw new InputError('DTYPE_MISMATCH', `a condition is a bool, not a ${e.dtype}`);
  return e;
}

export function toText(v: Value): string {
  if (v.tag === 'string') return v.value;
  throw expected('a string', v);
}

export function toDType(v: Value): DType {
  const name = toText(v);
  if (isDType(name)) return name;
  throw new InputError('BAD_DTYPE', `there is no type ${name} here; the types are ${DTYPES.join(', ')}`);
}

function toExtent(v: Value): number {
  if (v.tag === 'number' && !v.isFloat) return v.value;
  if (v.tag === 'expr' && v.expr.kind === 'IntImm') return v.expr.value;
  if (v.tag === 'expr')
    throw new InputError('SYMBOLIC_SHAPE', 'shapes must be numbers: a kernel is specialised to its shape');
  throw expected('the numbers of a shape', v);
}

/** A tuple or list of integers, or one integer for a single dimension. */
export function toShape(v: Value): number[] {
  return v.tag === 'tuple' ? v.items.map(toExtent) : [toExtent(v)];
}

export function toAttr(v: Value): AttrValue {
  switch (v.tag) {
    case 'none':
      return null;
    case 'number':
    case 'string':
      return v.value;
    case 'tuple':
      return v.items.map(toAttr);
    case 'dict':
      return toAttrs(v);
    case 'expr':
      if (v.expr.kind === 'IntImm') return v.expr.dtype === 'bool' ? v.expr.value !== 0 : v.expr.value;
      if (v.expr.kind === 'FloatImm') return v.expr.value;
      throw expected('a constant', v);
    default:
      throw expected('a constant', v);
  }
}

/** A dictionary of attributes. Keys such as `__proto__` are plain keys. */
export function toAttrs(v: Value): Attrs {
  if (v.tag !== 'dict') throw expected('a dictionary', v);
  return Object.fromEntries(v.entries.map(([key, value]) => [key, toAttr(value)]));
}

export function toItems(v: Value): readonly Value[] {
  if (v.tag === 'tuple') return v.items;
  throw expected('a list', v);
}
