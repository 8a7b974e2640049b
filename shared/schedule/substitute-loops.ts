/** @file Putting other expressions in the place of loop variables, when loops are split, fused or copied. */
import { simplify } from '../arith/simplify.js';
import { and, isConst } from '../ir/build.js';
import { ifStmt } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { Block, Stmt } from '../ir/stmt.js';
import {
  mapBlockChildren,
  mapStmtChildren,
  substitute,
  substituteStmt,
  type Substitution,
} from '../ir/visit.js';
import { blockFacts } from './block-facts.js';
import { bindLoops } from './state.js';

/**
 * Replaces loop variables below a loop and simplifies what changed. Blocks see loops through their iterator values
 * only, so that their definitions stay the same objects, except for those that use a loop variable directly.
 *
 * @param bounds ranges of the loops around `s`, among them those that the substituted expressions mention
 */
export function substituteLoopVars(
  s: Stmt,
  map: Substitution,
  bounds: ReadonlyMap<Var, { readonly min: number; readonly max: number }>,
): Stmt {
  const known = new Map(bounds);
  const onExpr = (e: Expr): Expr => {
    const next = substitute(e, map);
    return next === e ? e : simplify(next, known);
  };
  /** A condition that never holds stays written out: it shows why no iterator leaves its domain. */
  const onPredicate = (e: Expr): Expr => {
    const simplified = onExpr(e);
    return isConst(simplified, 0) ? substitute(e, map) : simplified;
  };
  const onStmt = (stmt: Stmt): Stmt => {
    if (stmt.kind === 'For') {
      const loop = { ...stmt, min: onExpr(stmt.min), extent: onExpr(stmt.extent) };
      bindLoops([loop], known);
      return { ...loop, body: onStmt(stmt.body) };
    }
    if (stmt.kind !== 'BlockRealize') return mapStmtChildren(stmt, onStmt, onExpr);
    const iterValues = stmt.iterValues.map(onExpr);
    const predicate = onPredicate(stmt.predicate);
    return { ...stmt, iterValues, predicate, block: substituteInBlock(stmt.block, map) };
  };
  return onStmt(s);
}

function substituteInBlock(block: Block, map: Substitution): Block {
  const { freeVars } = blockFacts(block);
  if (![...map.keys()].some((v) => freeVars.has(v))) return block;
  return mapBlockChildren(
    block,
    (s) => substituteStmt(s, map),
    (e) => substitute(e, map),
  );
}

/** Lets everything in `s` happen only where `condition` holds: blocks get it as a predicate, other stores an `if`. */
export function guard(s: Stmt, condition: Expr): Stmt {
  switch (s.kind) {
    case 'BlockRealize':
      return { ...s, predicate: and(s.predicate, condition) };
    case 'BufferStore':
    case 'Evaluate':
      return ifStmt(condition, s);
    default:
      return mapStmtChildren(
        s,
        (child) => guard(child, condition),
        (e) => e,
      );
  }
}
