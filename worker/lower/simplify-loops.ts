/**
 * @file Pass `simplify`: simplifies every index and condition under the ranges of the loops around it, puts the value
 * of loops that run once in place of their variable, and removes what can never run.
 */
import { boundsOf, type Bounds } from '../../shared/arith/bounds.js';
import { simplify } from '../../shared/arith/simplify.js';
import { constInt, not } from '../../shared/ir/build.js';
import { EMPTY, seq } from '../../shared/ir/build-stmt.js';
import type { Expr } from '../../shared/ir/expr.js';
import type { For, Stmt } from '../../shared/ir/stmt.js';
import { mapStmtChildren, substituteStmt } from '../../shared/ir/visit.js';

/** `bounds`, with what is known of a loop's variable inside the loop. */
export function withLoop(bounds: Bounds, loop: For): Bounds {
  const first = boundsOf(loop.min, bounds);
  const extent = boundsOf(loop.extent, bounds);
  return new Map([...bounds, [loop.loopVar, { min: first.min, max: first.max + extent.max - 1 }]]);
}

export function isEmpty(s: Stmt): boolean {
  return s.kind === 'Seq' && s.stmts.length === 0;
}

/** @returns the same object when nothing changed */
export function simplifyStmt(s: Stmt, bounds: Bounds): Stmt {
  const onExpr = (e: Expr): Expr => simplify(e, bounds);
  switch (s.kind) {
    case 'For':
      return simplifyFor(s, bounds);
    case 'If': {
      const condition = onExpr(s.condition);
      if (condition.kind === 'IntImm') {
        return condition.value === 1
          ? simplifyStmt(s.then, bounds)
          : s.else === null
            ? EMPTY
            : simplifyStmt(s.else, bounds);
      }
      const then = simplifyStmt(s.then, bounds);
      const otherwise = s.else === null ? null : simplifyStmt(s.else, bounds);
      if (isEmpty(then)) {
        return otherwise === null || isEmpty(otherwise)
          ? EMPTY
          : { kind: 'If', condition: not(condition), then: otherwise, else: null };
      }
      const same = condition === s.condition && then === s.then && otherwise === s.else;
      return same
        ? s
        : { kind: 'If', condition, then, else: otherwise !== null && isEmpty(otherwise) ? null : otherwise };
    }
    case 'Seq': {
      const mapped = mapStmtChildren(s, (child) => simplifyStmt(child, bounds), onExpr);
      return mapped === s ? s : seq([mapped]);
    }
    default:
      return mapStmtChildren(s, (child) => simplifyStmt(child, bounds), onExpr);
  }
}

function simplifyFor(loop: For, bounds: Bounds): Stmt {
  const min = simplify(loop.min, bounds);
  const extent = simplify(loop.extent, bounds);
  const trips = constInt(extent);
  if (trips !== null && trips <= 0) return EMPTY;
  if (trips === 1) return simplifyStmt(substituteStmt(loop.body, new Map([[loop.loopVar, min]])), bounds);
  const body = simplifyStmt(loop.body, withLoop(bounds, loop));
  if (isEmpty(body)) return EMPTY;
  return min === loop.min && extent === loop.extent && body === loop.body
    ? loop
    : { ...loop, min, extent, body };
}
