/** @file Interval analysis: the values an integer expression can take when its variables stay in their ranges. */
import { rangeOf, type DType } from '../ir/dtype.js';
import type { Binary, Expr, Var } from '../ir/expr.js';
import { addScaled, toLinear, type Linear } from './linear.js';

/** A closed interval; its ends may be infinite. */
export interface Interval {
  readonly min: number;
  readonly max: number;
}

/** Inclusive ranges of variables. A variable that is not listed can have any value. */
export type Bounds = ReadonlyMap<Var, Interval>;

export const NO_BOUNDS: Bounds = new Map();

export const EVERYTHING: Interval = { min: -Infinity, max: Infinity };

/** An interval that holds every value of `e`; not always the smallest one. */
export function boundsOf(e: Expr, bounds: Bounds = NO_BOUNDS): Interval {
  switch (e.kind) {
    case 'IntImm':
      return { min: e.value, max: e.value };
    case 'Var':
      return bounds.get(e) ?? rangeOfType(e.dtype);
    case 'Binary':
      return boundsOfBinary(e, bounds);
    case 'Select':
    case 'IfThenElse':
      return hull(boundsOf(e.whenTrue, bounds), boundsOf(e.whenFalse, bounds));
    case 'Cast':
      return boundsOfCast(e.dtype, e.value, bounds);
    case 'FloatImm':
      return EVERYTHING;
    case 'Compare':
    case 'Logical':
    case 'Not':
    case 'Call':
    case 'BufferLoad':
      return rangeOfType(e.dtype);
  }
}

/** The interval of a linear form. */
export function boundsOfLinear(l: Linear, bounds: Bounds): Interval {
  const apart = boundsByTerm(l, bounds);
  const expanded = expandQuotients(l);
  if (expanded === null) return apart;
  const together = boundsByTerm(expanded.linear, bounds);
  return {
    min: Math.max(apart.min, together.min + expanded.slack.min),
    max: Math.min(apart.max, together.max + expanded.slack.max),
  };
}

/** Each atom at its own worst. */
function boundsByTerm(l: Linear, bounds: Bounds): Interval {
  let min = l.constant;
  let max = l.constant;
  for (const [atom, coefficient] of l.terms) {
    const range = boundsOf(atom, bounds);
    min += coefficient > 0 ? coefficient * range.min : coefficient * range.max;
    max += coefficient > 0 ? coefficient * range.max : coefficient * range.min;
  }
  return { min, max };
}

/**
 * Writes `k*c*(x // c)` as `k*x - k*(x % c)`, whose second part is in a known range: together with other terms in x that
 * is often narrower. `null` when there is nothing of the kind.
 */
function expandQuotients(l: Linear): { linear: Linear; slack: Interval } | null {
  let slack: Interval = { min: 0, max: 0 };
  let linear: Linear = { terms: [], constant: l.constant };
  let expanded = false;
  for (const [atom, coefficient] of l.terms) {
    const divisor =
      atom.kind === 'Binary' && atom.op === 'floordiv' && atom.b.kind === 'IntImm' ? atom.b.value : 0;
    if (atom.kind !== 'Binary' || divisor <= 0 || coefficient % divisor !== 0 || l.terms.length < 2) {
      linear = addScaled(linear, { terms: [[atom, 1]], constant: 0 }, coefficient);
      continue;
    }
    const factor = coefficient / divisor;
    const largest = factor * (divisor - 1);
    linear = addScaled(linear, toLinear(atom.a), factor);
    slack = { min: slack.min - Math.max(largest, 0), max: slack.max - Math.min(largest, 0) };
    expanded = true;
  }
  return expanded ? { linear, slack } : null;
}

export function hull(a: Interval, b: Interval): Interval {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/** Narrow types bound their values; the wide ones are treated as unbounded integers. */
function rangeOfType(dtype: DType): Interval {
  const range = rangeOf(dtype);
  if (range === null || dtype === 'int32' || dtype === 'int64') return EVERYTHING;
  return { min: range[0], max: range[1] };
}

function boundsOfCast(dtype: DType, value: Expr, bounds: Bounds): Interval {
  const range = rangeOf(dtype);
  if (range === null || rangeOf(value.dtype) === null) return rangeOfType(dtype);
  const inner = boundsOf(value, bounds);
  const fits = dtype === 'int32' || dtype === 'int64' || (inner.min >= range[0] && inner.max <= range[1]);
  return fits ? inner : rangeOfType(dtype);
}

function boundsOfBinary(e: Binary, bounds: Bounds): Interval {
  if (e.dtype !== 'int32' && e.dtype !== 'int64') return rangeOfType(e.dtype);
  switch (e.op) {
    case 'add':
    case 'sub':
      return boundsOfLinear(toLinear(e), bounds);
    case 'mul':
      return boundsOfProduct(e, bounds);
    case 'min': {
      const [a, b] = [boundsOf(e.a, bounds), boundsOf(e.b, bounds)];
      return { min: Math.min(a.min, b.min), max: Math.min(a.max, b.max) };
    }
    case 'max': {
      const [a, b] = [boundsOf(e.a, bounds), boundsOf(e.b, bounds)];
      return { min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) };
    }
    case 'floordiv':
      return quotient(boundsOf(e.a, bounds), boundsOf(e.b, bounds), Math.floor);
    case 'truncdiv':
      return quotient(boundsOf(e.a, bounds), boundsOf(e.b, bounds), Math.trunc);
    case 'floormod':
      return floorRemainder(boundsOf(e.a, bounds), boundsOf(e.b, bounds));
    case 'truncmod':
      return truncRemainder(boundsOf(e.a, bounds), boundsOf(e.b, bounds));
    case 'bitand': {
      const [a, b] = [boundsOf(e.a, bounds), boundsOf(e.b, bounds)];
      return a.min >= 0 || b.min >= 0
        ? { min: 0, max: Math.min(a.min >= 0 ? a.max : Infinity, b.min >= 0 ? b.max : Infinity) }
        : EVERYTHING;
    }
    default:
      return EVERYTHING;
  }
}

/** 0 times anything is 0, also at the infinite end of an interval. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b;
}

function boundsOfProduct(e: Binary, bounds: Bounds): Interval {
  const [a, b] = [boundsOf(e.a, bounds), boundsOf(e.b, bounds)];
  const corners = [times(a.min, b.min), times(a.min, b.max), times(a.max, b.min), times(a.max, b.max)];
  return { min: Math.min(...corners), max: Math.max(...corners) };
}

/** Division by a finite range that leaves out zero is monotone in each operand, so the corners suffice. */
function quotient(a: Interval, b: Interval, round: (x: number) => number): Interval {
  if ((b.min <= 0 && b.max >= 0) || !Number.isFinite(b.min) || !Number.isFinite(b.max)) return EVERYTHING;
  const corners = [a.min / b.min, a.min / b.max, a.max / b.min, a.max / b.max].map(round);
  return { min: Math.min(...corners), max: Math.max(...corners) };
}

function floorRemainder(a: Interval, b: Interval): Interval {
  if (b.min <= 0) return b.max < 0 ? { min: b.min + 1, max: 0 } : EVERYTHING;
  if (b.min === b.max && Number.isFinite(a.min) && Math.floor(a.min / b.min) === Math.floor(a.max / b.min)) {
    const base = Math.floor(a.min / b.min) * b.min;
    return { min: a.min - base, max: a.max - base };
  }
  return { min: 0, max: a.min >= 0 ? Math.min(a.max, b.max - 1) : b.max - 1 };
}

function truncRemainder(a: Interval, b: Interval): Interval {
  if (b.min <= 0 && b.max >= 0) return EVERYTHING;
  const largest = Math.max(Math.abs(b.min), Math.abs(b.max)) - 1;
  return {
    min: a.min >= 0 ? 0 : Math.max(a.min, -largest),
    max: a.max <= 0 ? 0 : Math.min(a.max, largest),
  };
}
