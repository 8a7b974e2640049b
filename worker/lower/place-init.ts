/**
 * @file Pass `place-init`: gives every reduction block's `init` a loop nest of its own, before the outermost loop that
 * drives a reduce iterator, so that the hot loop carries no test for the first iteration.
 *
 *   for i, k, j: with block(S i, S j, R k): init: C = 0; C += ..
 *   ->  for i: { for j: with block `_init`(S i, S j): C = 0;  for k, j: with block: C += .. }
 */
import { allOf, eq, TRUE, variable } from '../../shared/ir/build.js';
import { block, blockRealize, forLoop, ifStmt, seq } from '../../shared/ir/build-stmt.js';
import type { Expr, Var } from '../../shared/ir/expr.js';
import type { BlockRealize, For, Stmt } from '../../shared/ir/stmt.js';
import { mapBlockChildren, mapStmtChildren, substituteStmt, usesVar, varsOf } from '../../shared/ir/visit.js';
import { conjunctsOf } from './conditions.js';

/** An init nest on its way up to its place before the outermost reduce loop. */
interface PendingInit {
  readonly nest: Stmt;
  /** The reduce loops above that have not been passed yet. */
  readonly waitingFor: ReadonlySet<Var>;
  readonly spatialVars: ReadonlySet<Var>;
}

interface Placed {
  readonly stmt: Stmt;
  readonly pending: readonly PendingInit[];
}

const keepExpr = (e: Expr): Expr => e;

/** Separates all inits of a function's body. */
export function placeInit(body: Stmt): Stmt {
  return closeScope(body);
}

/** A block's body, or the function's: pending inits never cross it. */
function closeScope(body: Stmt): Stmt {
  const { stmt, pending } = visit(body, []);
  return seq([...pending.map((p) => p.nest), stmt]);
}

/** @param loops the loops around `s` in its block's scope, outermost first; `null` below an `if` or a `let`. */
function visit(s: Stmt, loops: readonly For[] | null): Placed {
  switch (s.kind) {
    case 'For':
      return visitFor(s, loops);
    case 'Seq': {
      const parts = s.stmts.map((child) => visit(child, loops));
      return { stmt: seq(parts.map((p) => p.stmt)), pending: parts.flatMap((p) => p.pending) };
    }
    case 'BlockRealize':
      return visitRealize(s, loops);
    default:
      return { stmt: mapStmtChildren(s, (child) => visit(child, null).stmt, keepExpr), pending: [] };
  }
}

function visitFor(loop: For, loops: readonly For[] | null): Placed {
  const inner = visit(loop.body, loops === null ? null : [...loops, loop]);
  const rebuilt: For = inner.stmt === loop.body ? loop : { ...loop, body: inner.stmt };
  const before: Stmt[] = [];
  const pending: PendingInit[] = [];
  for (const init of inner.pending) {
    if (init.waitingFor.has(loop.loopVar)) {
      const waitingFor = new Set([...init.waitingFor].filter((v) => v !== loop.loopVar));
      if (waitingFor.size === 0) before.push(init.nest);
      else pending.push({ ...init, waitingFor });
    } else {
      pending.push(init.spatialVars.has(loop.loopVar) ? { ...init, nest: copyLoop(loop, init.nest) } : init);
    }
  }
  return { stmt: seq([...before, rebuilt]), pending };
}

/** `loop` around another body, with a variable of its own. */
function copyLoop(loop: For, body: Stmt): For {
  const loopVar = variable(loop.loopVar.name, loop.loopVar.dtype);
  const { min, forKind, threadTag, annotations } = loop;
  const renamed = substituteStmt(body, new Map([[loop.loopVar, loopVar]]));
  return forLoop(loopVar, loop.extent, renamed, { min, forKind, threadTag, annotations });
}

function visitRealize(realize: BlockRealize, loops: readonly For[] | null): Placed {
  const scoped = mapBlockChildren(realize.block, closeScope, keepExpr);
  const { init } = scoped;
  if (init === null) return { stmt: { ...realize, block: scoped }, pending: [] };

  const update: BlockRealize = { ...realize, block: { ...scoped, init: null } };
  const separated = loops === null ? null : separateInit(realize, init, loops);
  if (separated === null) return { stmt: guardedInit(update, init), pending: [] };
  if (separated.waitingFor.size === 0) return { stmt: seq([separated.nest, update]), pending: [] };
  return { stmt: update, pending: [separated] };
}

/** The init as a block over the spatial iterators alone; `null` when spatial and reduce loops cannot be told apart. */
function separateInit(realize: BlockRealize, init: Stmt, loops: readonly For[]): PendingInit | null {
  const scopeVars = new Set(loops.map((loop) => loop.loopVar));
  const { iterVars } = realize.block;
  const spatialVars = new Set<Var>();
  const reduceVars = new Set<Var>();
  for (const [i, value] of realize.iterValues.entries()) {
    const vars = iterVars[i]?.iterType === 'spatial' ? spatialVars : reduceVars;
    for (const v of varsOf(value)) vars.add(v);
  }
  const isReduce = (v: Var): boolean => reduceVars.has(v);
  if ([...reduceVars].some((v) => !scopeVars.has(v) || spatialVars.has(v))) return null;
  const conjuncts = conjunctsOf(realize.predicate);
  const kept = conjuncts.filter((c) => !usesVar(c, isReduce));
  if (conjuncts.some((c) => usesVar(c, isReduce) && usesVar(c, (v) => spatialVars.has(v)))) return null;
  if (
    loops.some(
      (loop) => !isReduce(loop.loopVar) && (usesVar(loop.min, isReduce) || usesVar(loop.extent, isReduce)),
    )
  ) {
    return null;
  }

  const spatial = iterVars.flatMap((iter, i) => {
    const value = realize.iterValues[i];
    return iter.iterType === 'spatial' && value !== undefined ? [{ iter, value }] : [];
  });
  const initBlock = block(`${realize.block.name}_init`, {
    iterVars: spatial.map(({ iter }) => iter),
    writes: realize.block.writes,
    body: init,
  });
  const nest = blockRealize(
    spatial.map(({ value }) => value),
    initBlock,
    allOf(kept),
  );
  const keptVars = new Set(kept.flatMap((c) => [...varsOf(c)]));
  return { nest, waitingFor: reduceVars, spatialVars: new Set([...spatialVars, ...keptVars]) };
}

/** The general form: the init stays in the block, under a test that every reduce iterator is at its start. */
function guardedInit(update: BlockRealize, init: Stmt): BlockRealize {
  const { block: b } = update;
  const reduce = b.iterVars.filter((iter) => iter.iterType === 'reduce');
  const first = reduce.length === 0 ? TRUE : allOf(reduce.map((iter) => eq(iter.var, iter.dom.min)));
  return { ...update, block: { ...b, body: seq([ifStmt(first, init), b.body]) } };
}
