/** @file Small tools on boolean expressions. */
import type { Expr } from '../../shared/ir/expr.js';
import { isConst } from '../../shared/ir/build.js';

/** The terms of a conjunction, left to right; none for `true`. */
export function conjunctsOf(condition: Expr): Expr[] {
  if (isConst(condition, 1)) return [];
  if (condition.kind === 'Logical' && condition.op === 'and') {
    return [...conjunctsOf(condition.a), ...conjunctsOf(condition.b)];
  }
  return [condition];
}
