/** @file Expressions as TVMScript text, with the fewest parentheses that keep the tree. */
import { add } from '../ir/build.js';
import type { BufferRegion, Range } from '../ir/region.js';
import type { DType } from '../ir/dtype.js';
import type { BinaryOp, CompareOp, Expr } from '../ir/expr.js';
import type { Attrs, AttrValue } from '../ir/stmt.js';
import type { Names } from './names.js';

/** Python's precedences, loosest first. */
const OR = 1;
const AND = 2;
const NOT = 3;
const COMPARE = 4;
const BITWISE = 5;
const SUM = 9;
const PRODUCT = 10;
const UNARY = 11;
const ATOM = 12;

/** Operators that have a Python symbol; the others print as calls. */
const INFIX: { readonly [O in BinaryOp]?: readonly [symbol: string, precedence: number] } = {
  bitor: ['|', BITWISE],
  bitxor: ['^', BITWISE + 1],
  bitand: ['&', BITWISE + 2],
  shl: ['<<', BITWISE + 3],
  shr: ['>>', BITWISE + 3],
  add: ['+', SUM],
  sub: ['-', SUM],
  mul: ['*', PRODUCT],
  div: ['/', PRODUCT],
  floordiv: ['//', PRODUCT],
  floormod: ['%', PRODUCT],
};

const COMPARE_SYMBOL: { readonly [O in CompareOp]: string } = {
  eq: '==',
  ne: '!=',
  lt: '<',
  le: '<=',
  gt: '>',
  ge: '>=',
};

/** A double in Python's syntax; the values without a literal are given as strings to the type's constructor. */
function numberText(value: number): string {
  if (Number.isNaN(value)) return '"nan"';
  if (!Number.isFinite(value)) return value > 0 ? '"inf"' : '"-inf"';
  if (Object.is(value, -0)) return '-0.0';
  // Integers beyond the exact ones are floats, and read as such only with a point.
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? String(value).replace(/^-?\d+$/, '$&.0')
    : String(value);
}

function literalText(value: number, dtype: DType): string {
  if (dtype === 'bool') return value === 0 ? 'T.bool(False)' : 'T.bool(True)';
  return dtype === 'int32' ? String(value) : `T.${dtype}(${numberText(value)})`;
}

/** `e` as text; parenthesised when it binds looser than `precedence`. */
export function exprText(e: Expr, names: Names, precedence = 0): string {
  const [text, own] = render(e, names);
  return own < precedence ? `(${text})` : text;
}

function render(e: Expr, names: Names): [text: string, precedence: number] {
  const list = (...parts: readonly Expr[]): string => parts.map((part) => exprText(part, names)).join(', ');
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm':
      return [literalText(e.value, e.dtype), e.dtype === 'int32' && e.value < 0 ? UNARY : ATOM];
    case 'Var':
      return [names.of(e), ATOM];
    case 'Binary': {
      const infix = INFIX[e.op];
      if (infix === undefined) return [`T.${e.op}(${list(e.a, e.b)})`, ATOM];
      const [symbol, precedence] = infix;
      return [
        `${leftText(e.a, e.b, names, precedence)} ${symbol} ${exprText(e.b, names, precedence + 1)}`,
        precedence,
      ];
    }
    case 'Compare': {
      const left = leftText(e.a, e.b, names, COMPARE + 1);
      return [`${left} ${COMPARE_SYMBOL[e.op]} ${exprText(e.b, names, COMPARE + 1)}`, COMPARE];
    }
    case 'Logical': {
      const precedence = e.op === 'and' ? AND : OR;
      return [
        `${exprText(e.a, names, precedence)} ${e.op} ${exprText(e.b, names, precedence + 1)}`,
        precedence,
      ];
    }
    case 'Not':
      return [`not ${exprText(e.a, names, NOT)}`, NOT];
    case 'Select':
      return [`T.Select(${list(e.condition, e.whenTrue, e.whenFalse)})`, ATOM];
    case 'IfThenElse':
      return [`T.if_then_else(${list(e.condition, e.whenTrue, e.whenFalse)})`, ATOM];
    case 'Cast':
      return [`T.Cast("${e.dtype}", ${list(e.value)})`, ATOM];
    case 'Call':
      return [`T.${e.op}(${list(...e.args)})`, ATOM];
    case 'BufferLoad':
      return [`${names.of(e.buffer)}[${e.indices.length === 0 ? '()' : list(...e.indices)}]`, ATOM];
  }
}

/** A left operand. Next to another bare literal it names its type, since Python would compute with the two numbers. */
function leftText(a: Expr, b: Expr, names: Names, precedence: number): string {
  const bare = a.kind === 'IntImm' && b.kind === 'IntImm' && a.dtype === 'int32';
  return bare ? `T.int32(${a.value})` : exprText(a, names, precedence);
}

/** The text of `min + extent` that reads back as exactly this `extent`. */
function stopText(r: Range, names: Names): string {
  const folded = add(r.min, r.extent);
  const isSum =
    folded.kind === 'Binary' && folded.op === 'add' && folded.a === r.min && folded.b === r.extent;
  if (isSum || folded.kind === 'IntImm' || (r.min.kind === 'IntImm' && r.min.value === 0))
    return exprText(folded, names);
  return `${leftText(r.min, r.extent, names, SUM)} + ${exprText(r.extent, names, SUM + 1)}`;
}

/** `start, stop`, or `stop` alone for a range that starts at 0. */
export function rangeText(r: Range, names: Names): string {
  const stop = stopText(r, names);
  return r.min.kind === 'IntImm' && r.min.value === 0 ? stop : `${exprText(r.min, names)}, ${stop}`;
}

function sliceText(r: Range, names: Names): string {
  const isPoint = r.extent.kind === 'IntImm' && r.extent.value === 1 && r.extent.dtype === r.min.dtype;
  return isPoint ? exprText(r.min, names) : `${exprText(r.min, names)}:${stopText(r, names)}`;
}

export function regionText(r: BufferRegion, names: Names): string {
  const slices = r.region.map((dim) => sliceText(dim, names)).join(', ');
  return `${names.of(r.buffer)}[${slices === '' ? '()' : slices}]`;
}

/** A string literal. JSON's escapes are a subset of Python's. */
export function stringText(value: string): string {
  return JSON.stringify(value);
}

export function attrsText(attrs: Attrs): string {
  const entries = Object.entries(attrs).map(([key, value]) => `${stringText(key)}: ${attrText(value)}`);
  return `{${entries.join(', ')}}`;
}

function attrText(value: AttrValue): string {
  if (value === null) return 'None';
  switch (typeof value) {
    case 'boolean':
      return value ? 'True' : 'False';
    case 'number':
      return Number.isFinite(value) ? numberText(value) : `T.float64(${numberText(value)})`;
    case 'string':
      return stringText(value);
    default:
      return isList(value) ? `[${value.map(attrText).join(', ')}]` : attrsText(value);
  }
}

function isList(value: readonly AttrValue[] | Attrs): value is readonly AttrValue[] {
  return Array.isArray(value);
}

/** A shape as a Python tuple. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 1 ? `(${shape.join('')},)` : `(${shape.join(', ')})`;
}
