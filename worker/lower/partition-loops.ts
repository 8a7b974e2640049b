/**
 * @file Pass `partition-loops`: cuts a loop where a condition inside it changes from always true to sometimes or never
 * true, so that the main part carries no test (tails of tiles that do not divide, borders of padding).
 *
 *   for i in 13: for j in 8: if i*8 + j < 100: S
 *   ->  for i in 12: for j in 8: S;  for j in 4: S'
 */
import { boundsOf, NO_BOUNDS, type Bounds } from '../../shared/arith/bounds.js';
import { toLinear } from '../../shared/arith/linear.js';
import { constInt, int, sub } from '../../shared/ir/build.js';
import { seq } from '../../shared/ir/build-stmt.js';
import type { Compare, Expr, Var } from '../../shared/ir/expr.js';
import type { For, Stmt } from '../../shared/ir/stmt.js';
import { mapStmtChildren, usesVar, walkExpr, walkStmt } from '../../shared/ir/visit.js';
import { isEmpty, simplifyStmt, withLoop } from './simplify-loops.js';

/** A loop is cut into at most this many parts. */
const MAX_PARTS = 4;
/** Partitioning stops when the whole program has grown to this many leaf statements. */
const MAX_LEAVES = 2000;

interface Budget {
  leaves: number;
}

/** Cuts loops outermost first; expects simplified input and leaves simplified output. */
export function partitionLoops(body: Stmt): Stmt {
  return partition(body, NO_BOUNDS, { leaves: countLeaves(body) });
}

function countLeaves(s: Stmt): number {
  let leaves = 0;
  walkStmt(s, {
    stmt: (node) => {
      if (node.kind === 'BufferStore') leaves++;
    },
  });
  return leaves;
}

function partition(s: Stmt, bounds: Bounds, budget: Budget): Stmt {
  if (s.kind !== 'For') {
    const mapped = mapStmtChildren(
      s,
      (child) => partition(child, bounds, budget),
      (e) => e,
    );
    return mapped.kind === 'Seq' ? seq([mapped]) : mapped;
  }
  const parts = cut(s, bounds, budget);
  if (parts !== null) return seq(parts.map((part) => partition(part, bounds, budget)));
  const body = partition(s.body, withLoop(bounds, s), budget);
  return body === s.body ? s : { ...s, body };
}

/** The loop in parts, each simplified in its own range; `null` when there is nothing to cut. */
function cut(loop: For, bounds: Bounds, budget: Budget): Stmt[] | null {
  const begin = constInt(loop.min);
  const extent = constInt(loop.extent);
  if (begin === null || extent === null) return null;
  const points = [...cutPoints(loop, begin, begin + extent)].toSorted((a, b) => a - b);
  const leaves = countLeaves(loop.body);
  if (
    points.length === 0 ||
    points.length >= MAX_PARTS ||
    budget.leaves + leaves * points.length > MAX_LEAVES
  )
    return null;
  budget.leaves += leaves * points.length;
  const edges = [begin, ...points, begin + extent];
  return points.concat(begin + extent).flatMap((end, i) => {
    const from = edges[i] ?? begin;
    const part: For = {
      ...loop,
      min: int(from, loop.loopVar.dtype),
      extent: int(end - from, loop.loopVar.dtype),
    };
    const simplified = simplifyStmt(part, bounds);
    return isEmpty(simplified) ? [] : [simplified];
  });
}

/** Values of the loop variable, strictly inside its range, where some condition in the body may change. */
function cutPoints(loop: For, begin: number, end: number): Set<number> {
  const points = new Set<number>();
  const consider = (condition: Expr, inner: Bounds): void => {
    for (const point of changesOf(condition, loop.loopVar, inner)) {
      if (point > begin && point < end) points.add(point);
    }
  };
  visitConditions(loop.body, NO_BOUNDS, consider);
  return points;
}

type OnCondition = (condition: Expr, inner: Bounds) => void;

/** Calls `visit` with every condition of a body and the ranges of the loops between the body and it. */
function visitConditions(s: Stmt, inner: Bounds, visit: OnCondition): void {
  const onExpr = (e: Expr): Expr => {
    walkExpr(e, (node) => {
      if (node.kind === 'IfThenElse' || node.kind === 'Select') visit(node.condition, inner);
    });
    return e;
  };
  if (s.kind === 'If') visit(s.condition, inner);
  const below = s.kind === 'For' ? withLoop(inner, s) : inner;
  mapStmtChildren(
    s,
    (child) => {
      visitConditions(child, below, visit);
      return child;
    },
    onExpr,
  );
}

function changesOf(condition: Expr, v: Var, inner: Bounds): number[] {
  switch (condition.kind) {
    case 'Logical':
      return [...changesOf(condition.a, v, inner), ...changesOf(condition.b, v, inner)];
    case 'Not':
      return changesOf(condition.a, v, inner);
    case 'Compare':
      return changesOfCompare(condition, v, inner);
    default:
      return [];
  }
}

/**
 * For `c*v + rest < 0` with `rest` in [lo, hi] over the inner loops: true for every inner value on one side of
 * `-hi/c`, false on the other side of `-lo/c`. Other comparisons are brought to that form.
 */
function changesOfCompare(condition: Compare, v: Var, inner: Bounds): number[] {
  if (condition.a.dtype !== 'int32' && condition.a.dtype !== 'int64') return [];
  const linear = toLinear(sub(condition.a, condition.b));
  let coefficient = 0;
  let lo = linear.constant;
  let hi = linear.constant;
  for (const [atom, factor] of linear.terms) {
    if (atom === v) {
      coefficient = factor;
      continue;
    }
    if (usesVar(atom, (u) => u === v || !inner.has(u))) return [];
    const range = boundsOf(atom, inner);
    lo += Math.min(factor * range.min, factor * range.max);
    hi += Math.max(factor * range.min, factor * range.max);
  }
  if (coefficient === 0 || !Number.isFinite(lo) || !Number.isFinite(hi)) return [];
  return thresholds(condition.op).flatMap((shift) => {
    if (coefficient > 0)
      return [Math.ceil((-hi - shift) / coefficient), Math.ceil((-lo - shift) / coefficient)];
    return [Math.floor((lo + shift) / -coefficient) + 1, Math.floor((hi + shift) / -coefficient) + 1];
  });
}

/** The shifts for which `x op 0` changes where `x + shift < 0` does, for integers. */
function thresholds(op: Compare['op']): number[] {
  switch (op) {
    case 'lt':
    case 'ge':
      return [0]; // x < 0 and its negation
    case 'le':
    case 'gt':
      return [-1]; // x - 1 < 0 and its negation
    case 'eq':
    case 'ne':
      return [0, -1];
  }
}
