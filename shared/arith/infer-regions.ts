/**
 * @file The regions that a block touches, for scripts that leave out `T.reads` or `T.writes`.
 *
 * Every access is widened over the variables that are bound inside the block, which leaves bounds in terms of the
 * block's own iterators; the accesses of one buffer are then joined into one box. A bound that cannot be found makes
 * its dimension the whole extent, so the result always covers what is touched.
 */
import { simplify } from './simplify.js';
import type { Buffer } from '../ir/buffer.js';
import type { BufferRegion, Range } from '../ir/region.js';
import { add, constInt, floordiv, int, max, min, mul, sub } from '../ir/build.js';
import { range } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { Block, Stmt } from '../ir/stmt.js';
import { walkExpr } from '../ir/visit.js';
import { at } from '../support/errors.js';

/** Inclusive bounds of a value in terms of what is bound outside of the block. */
interface Interval {
  readonly low: Expr;
  readonly high: Expr;
}

/** `null` stands for bounds that are not known. */
type Box = readonly (Interval | null)[];
type Inner = ReadonlyMap<Var, Interval | null>;

interface Accesses {
  readonly reads: Map<Buffer, Box>;
  readonly writes: Map<Buffer, Box>;
}

export interface BlockRegions {
  readonly reads: readonly BufferRegion[];
  readonly writes: readonly BufferRegion[];
}

/**
 * The regions read and written by a block's `init` and `body`, in order of first access. A reduction's own output is
 * not among its reads, as in TVM.
 */
export function inferRegions(parts: { readonly init: Stmt | null; readonly body: Stmt }): BlockRegions {
  const accesses: Accesses = { reads: new Map(), writes: new Map() };
  const initialised: Accesses = { reads: accesses.reads, writes: new Map() };
  if (parts.init !== null) collectStmt(initialised, parts.init, new Map());
  for (const [b, box] of initialised.writes) join(accesses.writes, b, box);
  collectStmt(accesses, parts.body, new Map());
  for (const b of initialised.writes.keys()) accesses.reads.delete(b);
  return { reads: toRegions(accesses.reads), writes: toRegions(accesses.writes) };
}

function toRegions(boxes: ReadonlyMap<Buffer, Box>): BufferRegion[] {
  return [...boxes].map(([b, box]) => ({
    buffer: b,
    region: box.map((dim, d) => toRange(dim, at(b.shape, d))),
  }));
}

function toRange(dim: Interval | null, extent: number): Range {
  if (dim === null) return range(0, extent);
  const length = distance(dim.high, dim.low);
  return length === null ? range(0, extent) : { min: dim.low, extent: int(length + 1, dim.low.dtype) };
}

/** `a - b` where it is a constant. */
function distance(a: Expr, b: Expr): number | null {
  return a === b ? 0 : a.dtype === b.dtype ? constInt(simplify(sub(a, b))) : null;
}

function join(boxes: Map<Buffer, Box>, b: Buffer, box: Box): void {
  const known = boxes.get(b);
  boxes.set(b, known === undefined ? box : known.map((dim, d) => hull(dim, box[d] ?? null)));
}

function hull(a: Interval | null, b: Interval | null): Interval | null {
  if (a === null || b === null) return null;
  const [low, high] = [distance(a.low, b.low), distance(a.high, b.high)];
  if (low === null || high === null) return null;
  return { low: low <= 0 ? a.low : b.low, high: high >= 0 ? a.high : b.high };
}

function touch(boxes: Map<Buffer, Box>, b: Buffer, indices: readonly Expr[], inner: Inner): void {
  join(
    boxes,
    b,
    indices.map((index) => boundsOf(index, inner)),
  );
}

function collectExpr(out: Accesses, e: Expr, inner: Inner): void {
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad') touch(out.reads, node.buffer, node.indices, inner);
  });
}

function collectStmt(out: Accesses, s: Stmt, inner: Inner): void {
  switch (s.kind) {
    case 'For': {
      collectExpr(out, s.min, inner);
      collectExpr(out, s.extent, inner);
      collectStmt(out, s.body, new Map([...inner, [s.loopVar, rangeBounds(s, inner)]]));
      return;
    }
    case 'BlockRealize':
      for (const value of s.iterValues) collectExpr(out, value, inner);
      collectExpr(out, s.predicate, inner);
      collectBlock(out, s.block, s.iterValues, inner);
      return;
    case 'BufferStore':
      touch(out.writes, s.buffer, s.indices, inner);
      collectExpr(out, s.value, inner);
      for (const index of s.indices) collectExpr(out, index, inner);
      return;
    case 'Seq':
      for (const child of s.stmts) collectStmt(out, child, inner);
      return;
    case 'If':
      collectExpr(out, s.condition, inner);
      collectStmt(out, s.then, inner);
      if (s.else !== null) collectStmt(out, s.else, inner);
      return;
    case 'Let':
      collectExpr(out, s.value, inner);
      collectStmt(out, s.body, new Map([...inner, [s.var, boundsOf(s.value, inner)]]));
      return;
    case 'Evaluate':
      collectExpr(out, s.value, inner);
  }
}

/** A nested block touches what it says it touches, except for its own temporaries. */
function collectBlock(out: Accesses, b: Block, values: readonly Expr[], inner: Inner): void {
  const bound = new Map(inner);
  for (const [i, iter] of b.iterVars.entries()) bound.set(iter.var, boundsOf(at(values, i), inner));
  const visit = (boxes: Map<Buffer, Box>, regions: readonly BufferRegion[]): void => {
    for (const r of regions) {
      if (b.allocBuffers.includes(r.buffer)) continue;
      join(
        boxes,
        r.buffer,
        r.region.map((dim) => rangeBounds(dim, bound)),
      );
    }
  };
  visit(out.reads, b.reads);
  visit(out.writes, b.writes);
}

function rangeBounds(r: Range, inner: Inner): Interval | null {
  const [first, extent] = [boundsOf(r.min, inner), boundsOf(r.extent, inner)];
  if (first === null || extent === null) return null;
  return interval(first.low, sub(add(first.high, extent.high), int(1, r.min.dtype)));
}

function interval(low: Expr, high: Expr): Interval {
  return { low: simplify(low), high: simplify(high) };
}

/** Whether `e` has one value for an instance of the block: it reads no memory and no variable bound inside. */
function isFixed(e: Expr, inner: Inner): boolean {
  let fixed = true;
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad' || (node.kind === 'Var' && inner.has(node))) fixed = false;
    return fixed;
  });
  return fixed;
}

/** Bounds of `e` over all values of the variables in `inner`, `null` where no rule applies. */
function boundsOf(e: Expr, inner: Inner): Interval | null {
  if (e.kind === 'Var') {
    const known = inner.get(e);
    return known === undefined ? { low: e, high: e } : known;
  }
  if (isFixed(e, inner)) return { low: e, high: e };
  if (e.kind !== 'Binary') return null;
  const [a, b] = [boundsOf(e.a, inner), boundsOf(e.b, inner)];
  if (a === null || b === null) return null;
  switch (e.op) {
    case 'add':
      return interval(add(a.low, b.low), add(a.high, b.high));
    case 'sub':
      return interval(sub(a.low, b.high), sub(a.high, b.low));
    case 'min':
      return interval(min(a.low, b.low), min(a.high, b.high));
    case 'max':
      return interval(max(a.low, b.low), max(a.high, b.high));
    case 'mul':
      return constInt(e.b) === null ? scaled(b, constInt(e.a)) : scaled(a, constInt(e.b));
    case 'floordiv':
      return divided(a, constInt(e.b));
    case 'floormod':
      return remainder(constInt(e.b), e);
    default:
      return null;
  }
}

function scaled(a: Interval, factor: number | null): Interval | null {
  if (factor === null) return null;
  const [low, high] = [mul(a.low, factor), mul(a.high, factor)];
  return factor < 0 ? interval(high, low) : interval(low, high);
}

function divided(a: Interval, divisor: number | null): Interval | null {
  if (divisor === null || divisor <= 0) return null;
  return interval(floordiv(a.low, divisor), floordiv(a.high, divisor));
}

function remainder(divisor: number | null, e: Expr): Interval | null {
  if (divisor === null || divisor <= 0) return null;
  return { low: int(0, e.dtype), high: int(divisor - 1, e.dtype) };
}
