/**
 * @file Linear forms: an integer expression as `sum(coefficient * atom) + constant`, where atoms are what is not linear
 * (variables, divisions, loads, ...). Atoms are distinct and stand in order of first occurrence, with non-zero coefficients.
 *
 * Arithmetic is that of the integers: index expressions do not overflow.
 */
import { add, cast, literal, mul, sub } from '../ir/build.js';
import { isIndexType, rangeOf } from '../ir/dtype.js';
import type { Expr } from '../ir/expr.js';
import { sameExpr } from './same-expr.js';

export type LinearTerm = readonly [atom: Expr, coefficient: number];

export interface Linear {
  readonly terms: readonly LinearTerm[];
  readonly constant: number;
}

export const ZERO: Linear = { terms: [], constant: 0 };

export function linearConst(constant: number): Linear {
  return { terms: [], constant };
}

export function linearAtom(atom: Expr): Linear {
  return { terms: [[atom, 1]], constant: 0 };
}

/** `a + factor * b`. */
export function addScaled(a: Linear, b: Linear, factor: number): Linear {
  if (factor === 0) return a;
  const constant = a.constant + factor * b.constant;
  if (b.terms.length === 0) return { terms: a.terms, constant };
  const terms: [Expr, number][] = a.terms.map(([atom, coefficient]) => [atom, coefficient]);
  for (const [atom, coefficient] of b.terms) {
    const known = terms.find(([other]) => sameExpr(other, atom));
    if (known === undefined) terms.push([atom, factor * coefficient]);
    else known[1] += factor * coefficient;
  }
  return { terms: terms.filter(([, coefficient]) => coefficient !== 0), constant };
}

export function scale(a: Linear, factor: number): Linear {
  return addScaled(ZERO, a, factor);
}

/**
 * @param atomOf what an atom becomes; by default it stays as it is. The simplifier passes itself here.
 */
export function toLinear(e: Expr, atomOf: (atom: Expr) => Linear = linearAtom): Linear {
  switch (e.kind) {
    case 'IntImm':
      return linearConst(e.value);
    case 'Cast':
      // Widening an index keeps its value.
      return e.dtype === 'int64' && e.value.dtype === 'int32' ? toLinear(e.value, atomOf) : atomOf(e);
    case 'Binary': {
      if (!isIndexType(e.dtype)) return atomOf(e);
      if (e.op === 'add') return addScaled(toLinear(e.a, atomOf), toLinear(e.b, atomOf), 1);
      if (e.op === 'sub') return addScaled(toLinear(e.a, atomOf), toLinear(e.b, atomOf), -1);
      if (e.op === 'mul') return product(e, toLinear(e.a, atomOf), toLinear(e.b, atomOf), atomOf);
      return atomOf(e);
    }
    default:
      return atomOf(e);
  }
}

function product(e: Expr, a: Linear, b: Linear, atomOf: (atom: Expr) => Linear): Linear {
  if (b.terms.length === 0) return scale(a, b.constant);
  if (a.terms.length === 0) return scale(b, a.constant);
  return atomOf(e);
}

/** Whether every number of a linear form is a literal of `dtype`. */
export function fitsType(l: Linear, dtype: Expr['dtype']): boolean {
  const range = rangeOf(dtype);
  if (range === null) return false;
  const fits = (value: number): boolean => Number.isSafeInteger(value) && Math.abs(value) <= range[1];
  return fits(l.constant) && l.terms.every(([, coefficient]) => fits(coefficient));
}

/** The expression of a linear form, of type `dtype`: positive terms first, `- c` rather than `+ -c`. */
export function fromLinear(l: Linear, dtype: 'int32' | 'int64' = 'int32'): Expr {
  const positive = l.terms.filter(([, coefficient]) => coefficient > 0);
  const negative = l.terms.filter(([, coefficient]) => coefficient < 0);
  const typed = (atom: Expr): Expr => cast(dtype, atom);
  let sum: Expr | null = null;
  for (const [atom, coefficient] of positive) {
    const term = mul(typed(atom), coefficient);
    sum = sum === null ? term : add(sum, term);
  }
  let { constant } = l;
  if (sum === null && negative.length > 0 && constant !== 0) {
    sum = literal(constant, dtype);
    constant = 0;
  }
  for (const [atom, coefficient] of negative) {
    sum = sum === null ? mul(typed(atom), coefficient) : sub(sum, mul(typed(atom), -coefficient));
  }
  if (sum === null) return literal(constant, dtype);
  return constant < 0 ? sub(sum, -constant) : add(sum, constant);
}
