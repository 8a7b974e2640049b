/** @file The functions of TIR's namespace that make expressions, by name. */
import { allOf, and, call, FALSE, float, literal, not, or } from '../ir/build.js';
import { DTYPES, rangeOf, type DType } from '../ir/dtype.js';
import { INTRINSICS, type BinaryOp, type CompareOp, type Expr, type Intrinsic } from '../ir/expr.js';
import { InputError } from '../support/errors.js';
import { applyBinary, applyChoice, applyCompare, applyDivide, applyInvert, convert } from './operators.js';
import { NONE, toCondition, toDType, toExpr, toPair, type Value } from './value.js';

export interface ExprFunction {
  /** Parameter names; the call gives a value for each. `rest` stands for any number of values. */
  readonly params: readonly string[] | 'rest';
  readonly build: (args: readonly Value[]) => Expr;
}

function fn(params: readonly string[], build: (args: readonly [Value, Value, Value]) => Expr): ExprFunction {
  return { params, build: ([a = NONE, b = NONE, c = NONE]) => build([a, b, c]) };
}

function applyIntrinsic(op: Intrinsic, args: readonly Value[]): Expr {
  const [a, b] = args;
  if (a !== undefined && b !== undefined) return call(op, toPair(a, b));
  return call(op, args.map(toExpr));
}

/** `T.float32(x)`: a literal of that type, or a conversion to it. Strings name the values without a literal. */
function construct(dtype: DType, v: Value): Expr {
  if (v.tag === 'string' && (dtype === 'float32' || dtype === 'float64'))
    return float(namedFloat(v.value), dtype);
  return v.tag === 'number' && !v.isFloat ? literal(v.value, dtype) : convert(dtype, v);
}

const NAMED_FLOATS: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['nan', Number.NaN],
]);

export function namedFloat(name: string): number {
  const value = NAMED_FLOATS.get(name);
  if (value === undefined)
    throw new InputError('BAD_LITERAL', `${name} is not a float; expected inf, -inf or nan`);
  return value;
}

const LARGEST = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE } as const;

function limit(dtype: DType, side: 0 | 1): Expr {
  const range = rangeOf(dtype);
  if (range !== null) return literal(range[side], dtype);
  const largest = dtype === 'float32' ? LARGEST.float32 : LARGEST.float64;
  return literal(side === 0 ? -largest : largest, dtype);
}

function infinity(dtype: DType): Expr {
  if (dtype === 'float32' || dtype === 'float64') return float(Infinity, dtype);
  throw new InputError('BAD_DTYPE', `${dtype} has no infinity`);
}

function rows<K extends string>(
  names: Readonly<Record<string, K>>,
  row: (kind: K) => ExprFunction,
): [string, ExprFunction][] {
  return Object.entries(names).map(([name, kind]) => [name, row(kind)]);
}

const BINARY: Readonly<Record<string, BinaryOp>> = {
  floordiv: 'floordiv',
  floormod: 'floormod',
  truncdiv: 'truncdiv',
  truncmod: 'truncmod',
  indexdiv: 'floordiv',
  indexmod: 'floormod',
  min: 'min',
  max: 'max',
  bitwise_and: 'bitand',
  bitwise_or: 'bitor',
  bitwise_xor: 'bitxor',
  bitand: 'bitand',
  bitor: 'bitor',
  bitxor: 'bitxor',
  shift_left: 'shl',
  shift_right: 'shr',
  Add: 'add',
  Sub: 'sub',
  Mul: 'mul',
  Mod: 'truncmod',
  FloorDiv: 'floordiv',
  FloorMod: 'floormod',
  Min: 'min',
  Max: 'max',
};

const COMPARE: Readonly<Record<string, CompareOp>> = {
  EQ: 'eq',
  NE: 'ne',
  LT: 'lt',
  LE: 'le',
  GT: 'gt',
  GE: 'ge',
};

/** Names of intrinsics that differ from ours. */
const INTRINSIC_ALIASES: Readonly<Record<string, Intrinsic>> = {
  fabs: 'abs',
  power: 'pow',
  nearbyint: 'round',
};

function intrinsicRow(op: Intrinsic): ExprFunction {
  return { params: INTRINSICS[op] === 2 ? ['x', 'y'] : ['x'], build: (args) => applyIntrinsic(op, args) };
}

const intrinsicNames = Object.fromEntries(
  (Object.keys(INTRINSICS) as Intrinsic[]).map((name): [string, Intrinsic] => [name, name]),
);

export const EXPR_FUNCTIONS: ReadonlyMap<string, ExprFunction> = new Map<string, ExprFunction>([
  ...rows(BINARY, (op) => fn(['a', 'b'], ([a, b]) => applyBinary(op, a, b))),
  ...rows(COMPARE, (op) => fn(['a', 'b'], ([a, b]) => applyCompare(op, a, b))),
  ...rows(intrinsicNames, intrinsicRow),
  ...rows(INTRINSIC_ALIASES, intrinsicRow),
  ...DTYPES.map((dtype): [string, ExprFunction] => [dtype, fn(['expr'], ([v]) => construct(dtype, v))]),
  ['boolean', fn(['expr'], ([v]) => construct('bool', v))],
  ['div', fn(['a', 'b'], ([a, b]) => applyDivide(a, b))],
  ['Div', fn(['a', 'b'], ([a, b]) => applyDivide(a, b))],
  ['And', fn(['a', 'b'], ([a, b]) => and(toCondition(a), toCondition(b)))],
  ['Or', fn(['a', 'b'], ([a, b]) => or(toCondition(a), toCondition(b)))],
  ['Not', fn(['a'], ([a]) => not(toCondition(a)))],
  ['bitwise_not', fn(['x'], ([a]) => applyInvert(a))],
  ['all', { params: 'rest', build: (args) => allOf(args.map(toCondition)) }],
  ['any', { params: 'rest', build: (args) => args.map(toCondition).reduce(or, FALSE) }],
  ['Select', fn(['condition', 'true_value', 'false_value'], ([c, a, b]) => applyChoice(false, c, a, b))],
  ['if_then_else', fn(['cond', 't', 'f'], ([c, a, b]) => applyChoice(true, c, a, b))],
  ['Cast', fn(['dtype', 'value'], ([t, v]) => convert(toDType(t), v))],
  ['cast', fn(['value', 'dtype'], ([v, t]) => convert(toDType(t), v))],
  ['likely', fn(['cond'], ([a]) => toCondition(a))],
  ['min_value', fn(['dtype'], ([t]) => limit(toDType(t), 0))],
  ['max_value', fn(['dtype'], ([t]) => limit(toDType(t), 1))],
  ['infinity', fn(['dtype'], ([t]) => infinity(toDType(t)))],
]);
