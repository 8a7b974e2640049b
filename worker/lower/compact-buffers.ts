/**
 * @file Pass `compact-buffers`: shrinks each temporary to the box that is live at a time. After `compute_at` and
 * `cache_write` a temporary still has its full shape; what one iteration of the loops around all of its uses touches is
 * often a tile of a few elements, which then fits in registers.
 *
 * For every dimension: index = outer + inner, where `outer` depends only on loops around all uses. When all uses agree
 * on `outer`, the new index is `index - outer - lo` in an extent of `hi - lo + 1`, with [lo, hi] the range of `inner`.
 */
import { boundsOf, NO_BOUNDS, type Bounds } from '../../shared/arith/bounds.js';
import { addScaled, fromLinear, toLinear, type Linear } from '../../shared/arith/linear.js';
import { simplify } from '../../shared/arith/simplify.js';
import { buffer as makeBuffer, type Buffer } from '../../shared/ir/buffer.js';
import { int, load, sub } from '../../shared/ir/build.js';
import { store } from '../../shared/ir/build-stmt.js';
import type { Expr, Var } from '../../shared/ir/expr.js';
import type { Stmt } from '../../shared/ir/stmt.js';
import { mapStmt, mapStmtChildren, usesVar, walkExpr, walkStmt } from '../../shared/ir/visit.js';
import type { LoopProgram } from './loop-program.js';
import { withLoop } from './simplify-loops.js';

/** One use of a buffer, with the ranges of the loops between the buffer's scope and the use. */
interface Access {
  readonly indices: readonly Expr[];
  readonly inner: Bounds;
}

/** How one dimension shrinks: the new index is `index - shift`, below `extent`. */
interface NarrowDim {
  readonly shift: Expr;
  readonly extent: number;
}

export function compactBuffers(program: LoopProgram): LoopProgram {
  let { body } = program;
  const temporaries = program.temporaries.flatMap((b) => {
    if (!usesBuffer(body, b)) return [];
    const dims = narrowDims(b, body);
    if (dims.every((dim, d) => dim.extent === b.shape[d])) return [b];
    const compact = makeBuffer(
      b.name,
      dims.map((dim) => dim.extent),
      b.dtype,
      b.scope,
    );
    body = redirect(body, b, compact, dims);
    return [compact];
  });
  return { ...program, temporaries, body };
}

function usesBuffer(s: Stmt, b: Buffer): boolean {
  let found = false;
  walkStmt(s, {
    stmt: (node) => {
      if (node.kind === 'BufferStore' && node.buffer === b) found = true;
      return !found;
    },
    expr: (e) => {
      if (e.kind === 'BufferLoad' && e.buffer === b) found = true;
      return !found;
    },
  });
  return found;
}

function exprUses(e: Expr, b: Buffer): boolean {
  let found = false;
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad' && node.buffer === b) found = true;
    return !found;
  });
  return found;
}

/** The lowest statement that holds every use of `b`. */
function scopeOf(body: Stmt, b: Buffer): Stmt {
  let scope = body;
  for (;;) {
    const next = onlyUser(scope, b);
    if (next === null) return scope;
    scope = next;
  }
}

function onlyUser(s: Stmt, b: Buffer): Stmt | null {
  switch (s.kind) {
    case 'For':
      // The lanes of a vectorized loop run side by side: each needs elements of its own.
      return s.forKind === 'vectorized' ? null : s.body;
    case 'If':
      return exprUses(s.condition, b) || s.else !== null ? null : s.then;
    case 'Let':
      return exprUses(s.value, b) ? null : s.body;
    case 'Seq': {
      const users = s.stmts.filter((child) => usesBuffer(child, b));
      return users.length === 1 ? (users[0] ?? null) : null;
    }
    default:
      return null;
  }
}

function accessesOf(scope: Stmt, b: Buffer): Access[] {
  const accesses: Access[] = [];
  const visit = (s: Stmt, inner: Bounds): void => {
    if (s.kind === 'BufferStore' && s.buffer === b) accesses.push({ indices: s.indices, inner });
    const below = s.kind === 'For' ? withLoop(inner, s) : inner;
    mapStmtChildren(
      s,
      (child) => {
        visit(child, below);
        return child;
      },
      (e) => {
        walkExpr(e, (node) => {
          if (node.kind === 'BufferLoad' && node.buffer === b)
            accesses.push({ indices: node.indices, inner });
        });
        return e;
      },
    );
  };
  visit(scope, NO_BOUNDS);
  return accesses;
}

function narrowDims(b: Buffer, body: Stmt): NarrowDim[] {
  const accesses = accessesOf(scopeOf(body, b), b);
  return b.shape.map((extent, d) => {
    const full: NarrowDim = { shift: int(0), extent };
    const parts = accesses.map((access) => splitIndex(access.indices[d], access.inner));
    const [first] = parts;
    if (first === undefined || first === null) return full;
    let [lo, hi] = [Infinity, -Infinity];
    for (const part of parts) {
      if (part === null || !sameTerms(part.outer, first.outer)) return full;
      lo = Math.min(lo, part.lo);
      hi = Math.max(hi, part.hi);
    }
    const narrowed = hi - lo + 1;
    if (!Number.isFinite(narrowed) || narrowed >= extent) return full;
    return { shift: fromLinear({ terms: first.outer.terms, constant: lo }, first.dtype), extent: narrowed };
  });
}

interface SplitIndex {
  /** The part that depends on loops outside of the scope; its constant is zero. */
  readonly outer: Linear;
  readonly lo: number;
  readonly hi: number;
  readonly dtype: 'int32' | 'int64';
}

function splitIndex(index: Expr | undefined, inner: Bounds): SplitIndex | null {
  if (index === undefined) return null;
  const linear = toLinear(index);
  const outer: [Expr, number][] = [];
  let [lo, hi] = [linear.constant, linear.constant];
  for (const [atom, factor] of linear.terms) {
    const isInner = (v: Var): boolean => inner.has(v);
    if (!usesVar(atom, isInner)) {
      outer.push([atom, factor]);
      continue;
    }
    if (usesVar(atom, (v) => !isInner(v))) return null;
    const range = boundsOf(atom, inner);
    lo += Math.min(factor * range.min, factor * range.max);
    hi += Math.max(factor * range.min, factor * range.max);
  }
  return { outer: { terms: outer, constant: 0 }, lo, hi, dtype: index.dtype === 'int64' ? 'int64' : 'int32' };
}

function sameTerms(a: Linear, b: Linear): boolean {
  return addScaled(a, b, -1).terms.length === 0;
}

function redirect(body: Stmt, from: Buffer, to: Buffer, dims: readonly NarrowDim[]): Stmt {
  const shifted = (indices: readonly Expr[]): Expr[] =>
    indices.map((index, d) => {
      const dim = dims[d];
      return dim === undefined ? index : simplify(sub(index, dim.shift));
    });
  return mapStmt(body, {
    expr: (e) => (e.kind === 'BufferLoad' && e.buffer === from ? load(to, shifted(e.indices)) : e),
    stmt: (s) => (s.kind === 'BufferStore' && s.buffer === from ? store(to, s.value, shifted(s.indices)) : s),
  });
}
