/**
 * @file Traversals. Everything that walks the IR stands on these:
 *
 * - `mapExprChildren`/`mapStmtChildren`: one level; return the same object when nothing changed.
 * - `mapExpr`/`mapStmt`: whole tree, bottom-up, on the same terms.
 * - `walkExpr`/`walkStmt`: whole tree, top-down, for what only looks.
 */
import { and, binary, call, cast, compare, ifThenElse, load, not, or, select } from './build.js';
import { seq } from './build-stmt.js';
import type { Buffer } from './buffer.js';
import type { BufferRegion, Range } from './region.js';
import type { Expr, Var } from './expr.js';
import type { Block, IterVar, Stmt } from './stmt.js';

type OnExpr = (e: Expr) => Expr;
type OnStmt = (s: Stmt) => Stmt;

/** Maps an array, returning the same array when no element changed. */
export function mapSame<T>(items: readonly T[], f: (item: T) => T): readonly T[] {
  let changed = false;
  const mapped = items.map((item) => {
    const next = f(item);
    if (next !== item) changed = true;
    return next;
  });
  return changed ? mapped : items;
}

/** Applies `f` to the direct operands of `e`. */
export function mapExprChildren(e: Expr, f: OnExpr): Expr {
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm':
    case 'Var':
      return e;
    case 'Binary': {
      const [a, b] = [f(e.a), f(e.b)];
      return a === e.a && b === e.b ? e : binary(e.op, a, b);
    }
    case 'Compare': {
      const [a, b] = [f(e.a), f(e.b)];
      return a === e.a && b === e.b ? e : compare(e.op, a, b);
    }
    case 'Logical': {
      const [a, b] = [f(e.a), f(e.b)];
      return a === e.a && b === e.b ? e : e.op === 'and' ? and(a, b) : or(a, b);
    }
    case 'Not': {
      const a = f(e.a);
      return a === e.a ? e : not(a);
    }
    case 'Select':
    case 'IfThenElse': {
      const [c, t, o] = [f(e.condition), f(e.whenTrue), f(e.whenFalse)];
      if (c === e.condition && t === e.whenTrue && o === e.whenFalse) return e;
      return e.kind === 'Select' ? select(c, t, o) : ifThenElse(c, t, o);
    }
    case 'Cast': {
      const value = f(e.value);
      return value === e.value ? e : cast(e.dtype, value);
    }
    case 'Call': {
      const args = mapSame(e.args, f);
      return args === e.args ? e : call(e.op, args);
    }
    case 'BufferLoad': {
      const indices = mapSame(e.indices, f);
      return indices === e.indices ? e : load(e.buffer, indices);
    }
  }
}

/** Rewrites `e` bottom-up. */
export function mapExpr(e: Expr, f: OnExpr): Expr {
  return f(mapExprChildren(e, (child) => mapExpr(child, f)));
}

function mapRange(r: Range, f: OnExpr): Range {
  const [min, extent] = [f(r.min), f(r.extent)];
  return min === r.min && extent === r.extent ? r : { min, extent };
}

function mapRegion(r: BufferRegion, f: OnExpr): BufferRegion {
  const region = mapSame(r.region, (dim) => mapRange(dim, f));
  return region === r.region ? r : { buffer: r.buffer, region };
}

function mapIterVar(iter: IterVar, f: OnExpr): IterVar {
  const dom = mapRange(iter.dom, f);
  return dom === iter.dom ? iter : { ...iter, dom };
}

/** Applies `onExpr` to the expressions and `onStmt` to the statements that stand directly in a block. */
export function mapBlockChildren(b: Block, onStmt: OnStmt, onExpr: OnExpr): Block {
  const iterVars = mapSame(b.iterVars, (iter) => mapIterVar(iter, onExpr));
  const reads = mapSame(b.reads, (r) => mapRegion(r, onExpr));
  const writes = mapSame(b.writes, (r) => mapRegion(r, onExpr));
  const init = b.init === null ? null : onStmt(b.init);
  const body = onStmt(b.body);
  const same =
    iterVars === b.iterVars && reads === b.reads && writes === b.writes && init === b.init && body === b.body;
  return same ? b : { ...b, iterVars, reads, writes, init, body };
}

/** Applies `onStmt` to the direct sub-statements of `s` and `onExpr` to the expressions that stand directly in it. */
export function mapStmtChildren(s: Stmt, onStmt: OnStmt, onExpr: OnExpr): Stmt {
  switch (s.kind) {
    case 'For': {
      const [min, extent, body] = [onExpr(s.min), onExpr(s.extent), onStmt(s.body)];
      return min === s.min && extent === s.extent && body === s.body ? s : { ...s, min, extent, body };
    }
    case 'BlockRealize': {
      const iterValues = mapSame(s.iterValues, onExpr);
      const predicate = onExpr(s.predicate);
      const block = mapBlockChildren(s.block, onStmt, onExpr);
      const same = iterValues === s.iterValues && predicate === s.predicate && block === s.block;
      return same ? s : { ...s, iterValues, predicate, block };
    }
    case 'BufferStore': {
      const value = onExpr(s.value);
      const indices = mapSame(s.indices, onExpr);
      return value === s.value && indices === s.indices ? s : { ...s, value, indices };
    }
    case 'Seq': {
      const stmts = mapSame(s.stmts, onStmt);
      return stmts === s.stmts ? s : seq(stmts);
    }
    case 'If': {
      const condition = onExpr(s.condition);
      const then = onStmt(s.then);
      const otherwise = s.else === null ? null : onStmt(s.else);
      const same = condition === s.condition && then === s.then && otherwise === s.else;
      return same ? s : { ...s, condition, then, else: otherwise };
    }
    case 'Let': {
      const [value, body] = [onExpr(s.value), onStmt(s.body)];
      return value === s.value && body === s.body ? s : { ...s, value, body };
    }
    case 'Evaluate': {
      const value = onExpr(s.value);
      return value === s.value ? s : { ...s, value };
    }
  }
}

/** Whole-tree rewrites: each function sees a node after its children were rewritten. */
export interface Rewriter {
  readonly expr?: OnExpr;
  readonly stmt?: OnStmt;
}

/** Rewrites `s` bottom-up. */
export function mapStmt(s: Stmt, rewriter: Rewriter): Stmt {
  const { expr, stmt } = rewriter;
  const onExpr: OnExpr = expr === undefined ? (e) => e : (e) => mapExpr(e, expr);
  const onStmt: OnStmt = (child) => {
    const mapped = mapStmtChildren(child, onStmt, onExpr);
    return stmt === undefined ? mapped : stmt(mapped);
  };
  return onStmt(s);
}

/** Calls `visit` for `e` and everything below it, top-down. Returning `false` skips what is below. */
export function walkExpr(e: Expr, visit: (e: Expr) => boolean | void): void {
  if (visit(e) === false) return;
  mapExprChildren(e, (child) => {
    walkExpr(child, visit);
    return child;
  });
}

export interface Walker {
  /** Called top-down; returning `false` skips what is below. */
  readonly stmt?: (s: Stmt) => boolean | void;
  /** Called top-down on every expression, including those in iterator domains and block regions. */
  readonly expr?: (e: Expr) => boolean | void;
}

/** Visits `s` and everything below it, top-down. */
export function walkStmt(s: Stmt, walker: Walker): void {
  if (walker.stmt?.(s) === false) return;
  mapStmtChildren(
    s,
    (child) => {
      walkStmt(child, walker);
      return child;
    },
    (e) => {
      if (walker.expr !== undefined) walkExpr(e, walker.expr);
      return e;
    },
  );
}

/** Whether `e` mentions a variable that `test` accepts. */
export function usesVar(e: Expr, test: (v: Var) => boolean): boolean {
  let found = false;
  walkExpr(e, (node) => {
    if (node.kind === 'Var' && test(node)) found = true;
    return !found;
  });
  return found;
}

/** The variables of `e`, in order of first occurrence. */
export function varsOf(e: Expr): Set<Var> {
  const vars = new Set<Var>();
  walkExpr(e, (node) => {
    if (node.kind === 'Var') vars.add(node);
  });
  return vars;
}

export type Substitution = ReadonlyMap<Var, Expr>;

function substituteIn(map: Substitution): OnExpr {
  return (e) => (e.kind === 'Var' ? (map.get(e) ?? e) : e);
}

export function substitute(e: Expr, map: Substitution): Expr {
  return map.size === 0 ? e : mapExpr(e, substituteIn(map));
}

/** Replaces uses of variables; binders (loops, iterators, lets) are left alone. */
export function substituteStmt(s: Stmt, map: Substitution): Stmt {
  return map.size === 0 ? s : mapStmt(s, { expr: substituteIn(map) });
}

export function substituteRegion(r: BufferRegion, map: Substitution): BufferRegion {
  return map.size === 0 ? r : mapRegion(r, (e) => substitute(e, map));
}

/** Replaces buffers in loads, stores, declared regions and allocations. */
export function replaceBuffers(s: Stmt, map: ReadonlyMap<Buffer, Buffer>): Stmt {
  const swap = (b: Buffer): Buffer => map.get(b) ?? b;
  const swapRegion = (r: BufferRegion): BufferRegion => {
    const to = swap(r.buffer);
    return to === r.buffer ? r : { buffer: to, region: r.region };
  };
  return mapStmt(s, {
    expr: (e) => (e.kind === 'BufferLoad' && map.has(e.buffer) ? load(swap(e.buffer), e.indices) : e),
    stmt: (node) => {
      if (node.kind === 'BufferStore')
        return map.has(node.buffer) ? { ...node, buffer: swap(node.buffer) } : node;
      if (node.kind !== 'BlockRealize') return node;
      const { block } = node;
      const reads = mapSame(block.reads, swapRegion);
      const writes = mapSame(block.writes, swapRegion);
      const allocBuffers = mapSame(block.allocBuffers, swap);
      const same = reads === block.reads && writes === block.writes && allocBuffers === block.allocBuffers;
      return same ? node : { ...node, block: { ...block, reads, writes, allocBuffers } };
    },
  });
}
