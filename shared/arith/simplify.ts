/**
 * @file The simplifier of index arithmetic and conditions, under known ranges of variables.
 *
 * Integer sums are brought to linear form (linear.ts), so that equal affine expressions meet; divisions are in
 * division.ts; comparisons, minima, maxima and choices are decided by ranges where they can be. Arithmetic on floats and
 * narrow integers keeps its shape, only the indices inside it are simplified. Simplifying twice changes nothing more,
 * and what is simple already comes back as the same object.
 */
import { and, binary, bool, cast, compare, compareNumbers, constInt, not, or, sub } from '../ir/build.js';
import { isIndexType } from '../ir/dtype.js';
import type { Binary, Compare, CompareOp, Expr, IfThenElse, Logical, Not, Select } from '../ir/expr.js';
import { mapExprChildren } from '../ir/visit.js';
import { boundsOf, boundsOfLinear, NO_BOUNDS, type Bounds, type Interval } from './bounds.js';
import { divideFloor, joinQuotients, remainderFloor } from './division.js';
import { addScaled, fitsType, fromLinear, linearAtom, toLinear, type Linear } from './linear.js';
import { sameExpr } from './same-expr.js';

/** @returns `e` itself when there is nothing to simplify */
export function simplify(e: Expr, bounds: Bounds = NO_BOUNDS): Expr {
  const simplified = rewrite(e, bounds);
  return sameExpr(simplified, e) ? e : simplified;
}

/** Whether a condition holds for all values in range. */
export function provablyTrue(condition: Expr, bounds: Bounds = NO_BOUNDS): boolean {
  return constInt(simplify(condition, bounds)) === 1;
}

/** Whether two integer expressions are equal for all values in range. */
export function provablyEqual(a: Expr, b: Expr, bounds: Bounds = NO_BOUNDS): boolean {
  if (sameExpr(a, b)) return true;
  if (!isIndexType(a.dtype) || !isIndexType(b.dtype)) return false;
  const difference = boundsOfLinear(linearOf(sub(a, b), bounds), bounds);
  return difference.min === 0 && difference.max === 0;
}

/** The linear form of `e` with its atoms simplified. */
export function linearOf(e: Expr, bounds: Bounds): Linear {
  const linear = toLinear(e, (atom) => atomOf(atom, bounds));
  return linear.terms.length > 1 ? joinQuotients(linear, bounds) : linear;
}

function rewrite(e: Expr, bounds: Bounds): Expr {
  switch (e.kind) {
    case 'Binary':
      return isIndexType(e.dtype)
        ? rewriteIndex(e, bounds)
        : mapExprChildren(e, (child) => simplify(child, bounds));
    case 'Compare':
      return rewriteCompare(e, bounds);
    case 'Logical':
      return rewriteLogical(e, bounds);
    case 'Not':
      return rewriteNot(e, bounds);
    case 'Select':
    case 'IfThenElse':
      return rewriteChoice(e, bounds);
    case 'Cast':
      return cast(e.dtype, simplify(e.value, bounds));
    default:
      return mapExprChildren(e, (child) => simplify(child, bounds));
  }
}

function indexType(e: Expr): 'int32' | 'int64' {
  return e.dtype === 'int64' ? 'int64' : 'int32';
}

function rewriteIndex(e: Binary, bounds: Bounds): Expr {
  const linear = linearOf(e, bounds);
  return fitsType(linear, e.dtype)
    ? fromLinear(linear, indexType(e))
    : mapExprChildren(e, (child) => simplify(child, bounds));
}

/** What is not a sum or a multiple, as a linear form after simplification. */
function atomOf(e: Expr, bounds: Bounds): Linear {
  if (e.kind !== 'Binary' || !isIndexType(e.dtype)) {
    const simplified = simplify(e, bounds);
    return simplified === e ? linearAtom(e) : toLinear(simplified);
  }
  switch (e.op) {
    case 'floordiv':
    case 'floormod':
    case 'truncdiv':
    case 'truncmod':
      return divisionOf(e, bounds);
    case 'min':
    case 'max':
      return extremeOf(e, bounds);
    default:
      return linearAtom(mapExprChildren(e, (child) => simplify(child, bounds)));
  }
}

/** Truncated division is floor division where nothing is negative; only constant positive divisors are taken apart. */
function divisionOf(e: Binary, bounds: Bounds): Linear {
  const dividend = linearOf(e.a, bounds);
  const divisor = simplify(e.b, bounds);
  const by = constInt(divisor);
  const floors = e.op === 'floordiv' || e.op === 'floormod' || boundsOfLinear(dividend, bounds).min >= 0;
  if (by === null || by <= 0 || !floors || !fitsType(dividend, e.dtype)) {
    return linearAtom(binary(e.op, simplify(e.a, bounds), divisor));
  }
  const dtype = indexType(e);
  const isQuotient = e.op === 'floordiv' || e.op === 'truncdiv';
  return isQuotient
    ? divideFloor(dividend, by, { bounds, dtype })
    : remainderFloor(dividend, by, { bounds, dtype });
}

function extremeOf(e: Binary, bounds: Bounds): Linear {
  const a = linearOf(e.a, bounds);
  const b = linearOf(e.b, bounds);
  const difference = boundsOfLinear(addScaled(a, b, -1), bounds);
  if (difference.max <= 0) return e.op === 'min' ? a : b;
  if (difference.min >= 0) return e.op === 'min' ? b : a;
  return linearAtom(binary(e.op, simplify(e.a, bounds), simplify(e.b, bounds)));
}

/** What a comparison with zero gives for a whole interval, `null` when it differs inside. */
function decide(op: CompareOp, { min, max }: Interval): boolean | null {
  switch (op) {
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge': {
      const [atMin, atMax] = [compareNumbers(op, min, 0), compareNumbers(op, max, 0)];
      return atMin === atMax ? atMin : null;
    }
    case 'eq':
    case 'ne':
      if (min > 0 || max < 0) return op === 'ne';
      return min === 0 && max === 0 ? op === 'eq' : null;
  }
}

function rewriteCompare(e: Compare, bounds: Bounds): Expr {
  const a = simplify(e.a, bounds);
  const b = simplify(e.b, bounds);
  if (isIndexType(a.dtype) && isIndexType(b.dtype)) {
    const decided = decide(e.op, boundsOfLinear(linearOf(sub(a, b), bounds), bounds));
    if (decided !== null) return bool(decided);
  }
  return compare(e.op, a, b);
}

function rewriteLogical(e: Logical, bounds: Bounds): Expr {
  const a = simplify(e.a, bounds);
  const b = simplify(e.b, bounds);
  if (sameExpr(a, b)) return a;
  return e.op === 'and' ? and(a, b) : or(a, b);
}

const OPPOSITE: { readonly [O in CompareOp]: CompareOp } = {
  eq: 'ne',
  ne: 'eq',
  lt: 'ge',
  le: 'gt',
  gt: 'le',
  ge: 'lt',
};

/** Comparisons of integers are turned around; those of floats are not, because of NaN. */
function rewriteNot(e: Not, bounds: Bounds): Expr {
  const a = simplify(e.a, bounds);
  if (a.kind === 'Not') return a.a;
  if (a.kind === 'Compare' && isIndexType(a.a.dtype)) return compare(OPPOSITE[a.op], a.a, a.b);
  return not(a);
}

function rewriteChoice(e: Select | IfThenElse, bounds: Bounds): Expr {
  const mapped = mapExprChildren(e, (child) => simplify(child, bounds));
  const isChoice = mapped.kind === 'Select' || mapped.kind === 'IfThenElse';
  return isChoice && sameExpr(mapped.whenTrue, mapped.whenFalse) ? mapped.whenTrue : mapped;
}

/** The interval of `e` after simplification, which is often narrower. */
export function simplifiedBounds(e: Expr, bounds: Bounds): Interval {
  return isIndexType(e.dtype) ? boundsOfLinear(linearOf(e, bounds), bounds) : boundsOf(e, bounds);
}
