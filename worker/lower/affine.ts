/** @file Affine forms over locals and the lane number: what indices become when loops turn into locals and lanes. */
import { toLinear } from '../../shared/arith/linear.js';
import type { Expr, Var } from '../../shared/ir/expr.js';
import type { ConstValue, Local, LocalValue, Value, ValueType } from './loop-ir.js';

export const INT32: ValueType = { dtype: 'int32', lanes: 1 };
export const BOOL: ValueType = { dtype: 'bool', lanes: 1 };

/** `sum(coefficient * local) + lane * lane number + constant`. */
export interface Affine {
  readonly terms: ReadonlyMap<Local, number>;
  readonly lane: number;
  readonly constant: number;
}

export function affineConst(value: number): Affine {
  return { terms: new Map(), lane: 0, constant: value };
}

export function affineLocal(local: Local): Affine {
  return { terms: new Map([[local, 1]]), lane: 0, constant: 0 };
}

/** `a + factor * b`. */
export function addScaled(a: Affine, b: Affine, factor: number): Affine {
  if (b.terms.size === 0) {
    return { terms: a.terms, lane: a.lane + factor * b.lane, constant: a.constant + factor * b.constant };
  }
  const terms = new Map(a.terms);
  for (const [local, coefficient] of b.terms) {
    const sum = (terms.get(local) ?? 0) + factor * coefficient;
    if (sum === 0) terms.delete(local);
    else terms.set(local, sum);
  }
  return { terms, lane: a.lane + factor * b.lane, constant: a.constant + factor * b.constant };
}

/** Splits an index expression into what is affine in bound variables and the other atoms with their factors. */
export function splitAffine(
  e: Expr,
  affineOf: (v: Var) => Affine | null,
): { affine: Affine; rest: readonly (readonly [Expr, number])[] } {
  const linear = toLinear(e);
  let affine = affineConst(linear.constant);
  const rest: (readonly [Expr, number])[] = [];
  for (const [atom, factor] of linear.terms) {
    const known = atom.kind === 'Var' ? affineOf(atom) : null;
    if (known === null) rest.push([atom, factor]);
    else affine = addScaled(affine, known, factor);
  }
  return { affine, rest };
}

export function constant(value: number, type: ValueType = INT32): ConstValue {
  return { kind: 'Const', type, value };
}

export function localValue(local: Local): LocalValue {
  return { kind: 'LocalValue', type: local.type, local };
}

/** `a op b` on int32 scalars, folding neutral constants. */
function int32(op: 'add' | 'mul', a: Value, b: Value): Value {
  const neutral = op === 'add' ? 0 : 1;
  if (a.kind === 'Const' && a.value === neutral) return b;
  if (b.kind === 'Const' && b.value === neutral) return a;
  return { kind: 'Binary', op, type: INT32, a, b };
}

export function addInt32(a: Value, b: Value): Value {
  return int32('add', a, b);
}

export function scaleInt32(a: Value, factor: number): Value {
  return int32('mul', a, constant(factor));
}

/** The int32 scalar value of the part of an affine form that all lanes share. */
export function uniformValue(affine: Affine): Value {
  let sum: Value = constant(0);
  for (const [local, coefficient] of affine.terms) {
    sum = addInt32(sum, scaleInt32(localValue(local), coefficient));
  }
  return addInt32(sum, constant(affine.constant));
}
