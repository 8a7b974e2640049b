/**
 * @file Indices in terms of loop variables: what block iterators, bound variables and loops of one iteration stand for is
 * put in, as linear forms, so that the program itself need not be rewritten.
 */
import type { Interval } from '../../../shared/arith/bounds.js';
import { fromLinear, linearAtom, toLinear, type Linear } from '../../../shared/arith/linear.js';
import { linearOf, simplify } from '../../../shared/arith/simplify.js';
import { isIndexType } from '../../../shared/ir/dtype.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import { mapExpr } from '../../../shared/ir/visit.js';

/** What is known of the variables of a function. Every variable is bound once, so nothing ever leaves it. */
export interface IndexScope {
  /** Linear forms over loop variables. */
  readonly values: Map<Var, Linear>;
  /** Ranges of the loop variables. */
  readonly bounds: Map<Var, Interval>;
  /** The place of each loop in its nest. */
  readonly depths: Map<Var, number>;
}

export function createIndexScope(): IndexScope {
  return { values: new Map(), bounds: new Map(), depths: new Map() };
}

/** An index expression as a simplified linear form over loop variables. */
export function resolveIndex(e: Expr, scope: IndexScope): Linear {
  if (e.kind === 'Var') return valueOf(e, scope);
  let affine = true;
  const linear = toLinear(e, (atom) => {
    if (atom.kind === 'Var') return valueOf(atom, scope);
    affine = false;
    return linearAtom(atom);
  });
  if (!affine) return linearOf(substituteValues(e, scope), scope.bounds);
  // Quotients and remainders that came in by the iterators may meet here.
  const mayJoin = linear.terms.length > 1 && linear.terms.some(([atom]) => atom.kind !== 'Var');
  return mayJoin
    ? linearOf(fromLinear(linear, e.dtype === 'int64' ? 'int64' : 'int32'), scope.bounds)
    : linear;
}

function valueOf(v: Var, { values }: IndexScope): Linear {
  return values.get(v) ?? linearAtom(v);
}

/** A condition over loop variables, simplified. */
export function resolveCondition(e: Expr, scope: IndexScope): Expr {
  return simplify(substituteValues(e, scope), scope.bounds);
}

function substituteValues(e: Expr, scope: IndexScope): Expr {
  return mapExpr(e, (node) => {
    if (node.kind !== 'Var' || !isIndexType(node.dtype)) return node;
    const value = scope.values.get(node);
    return value === undefined ? node : fromLinear(value, node.dtype === 'int64' ? 'int64' : 'int32');
  });
}

/** One index of an access, as the features look at it. */
export interface IndexForm {
  readonly linear: Linear;
  /**
   * For each loop of the nest, the factor of its variable, 0 where the index does not depend on it. Divisions are
   * transparent here, as in TVM: the factor is that of the outermost multiplication.
   */
  readonly strides: readonly number[];
  /** Whether the index is a sum of multiples of loop variables. */
  readonly affine: boolean;
}

/** @param depth number of loops in the nest */
export function indexForm(linear: Linear, depth: number, scope: IndexScope): IndexForm {
  const strides: number[] = [];
  for (let i = 0; i < depth; i++) strides.push(0);
  const affine = linear.terms.every(([atom]) => atom.kind === 'Var' && scope.depths.has(atom));
  addFactors(linear, 1, strides, scope);
  return { linear, strides, affine };
}

/** Notes the factor of each variable that has none yet; `outer` is that of the multiplication around all of `linear`. */
function addFactors(linear: Linear, outer: number, strides: number[], scope: IndexScope): void {
  for (const [atom, coefficient] of linear.terms) {
    const factor = Math.abs(outer) === 1 ? coefficient : outer;
    if (atom.kind === 'Var') {
      const place = scope.depths.get(atom);
      if (place !== undefined && strides[place] === 0) strides[place] = factor;
      continue;
    }
    for (const operand of operandsOf(atom)) addFactors(toLinear(operand), factor, strides, scope);
  }
}

/** The expressions directly below `e`. */
export function operandsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case 'Binary':
    case 'Compare':
    case 'Logical':
      return [e.a, e.b];
    case 'Not':
      return [e.a];
    case 'Select':
    case 'IfThenElse':
      return [e.condition, e.whenTrue, e.whenFalse];
    case 'Cast':
      return [e.value];
    case 'Call':
      return e.args;
    case 'BufferLoad':
      return e.indices;
    case 'IntImm':
    case 'FloatImm':
    case 'Var':
      return [];
  }
}
