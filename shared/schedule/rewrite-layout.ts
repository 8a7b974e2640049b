/** @file Replacing a buffer by one of another layout wherever it is accessed. */
import type { Bounds, Interval } from '../arith/bounds.js';
import { mapIndices, type IndexMap } from '../arith/index-map.js';
import { fromLinear, toLinear, type LinearTerm } from '../arith/linear.js';
import { simplifiedBounds, simplify } from '../arith/simplify.js';
import type { Buffer } from '../ir/buffer.js';
import { add, constInt, load, variable } from '../ir/build.js';
import { pointRegion, range, store } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { BufferRegion, Range } from '../ir/region.js';
import type { Block, IterVar, Stmt } from '../ir/stmt.js';
import { mapBlockChildren, mapExpr, mapSame, mapStmtChildren, usesVar } from '../ir/visit.js';
import { at } from '../support/errors.js';
import { bindLoops } from './state.js';

export interface Relayout {
  readonly from: Buffer;
  readonly to: Buffer;
  /** From indices of `from` to indices of `to`. */
  readonly map: IndexMap;
}

/** A block with all accesses, regions and the allocation replaced. What does not touch the buffer stays the same object. */
export function relayoutBlock(block: Block, change: Relayout, bounds: Bounds = new Map()): Block {
  const { from, to } = change;
  const inside = withIters(bounds, block.iterVars);
  const onRegion = (r: BufferRegion): BufferRegion =>
    r.buffer === from ? relayoutRegion(r, change, inside) : r;
  const mapped = mapBlockChildren(
    block,
    (s) => relayoutStmt(s, change, inside),
    (e) => relayoutExpr(e, change, inside),
  );
  const reads = mapSame(mapped.reads, onRegion);
  const writes = mapSame(mapped.writes, onRegion);
  const allocBuffers = mapSame(mapped.allocBuffers, (b) => (b === from ? to : b));
  const same = reads === mapped.reads && writes === mapped.writes && allocBuffers === mapped.allocBuffers;
  return same ? mapped : { ...mapped, reads, writes, allocBuffers };
}

function withIters(bounds: Bounds, iterVars: readonly IterVar[]): Bounds {
  const inside = new Map(bounds);
  for (const { var: v, dom } of iterVars) {
    const [first, extent] = [simplifiedBounds(dom.min, bounds), simplifiedBounds(dom.extent, bounds)];
    inside.set(v, { min: first.min, max: first.max + extent.max - 1 });
  }
  return inside;
}

function relayoutStmt(s: Stmt, change: Relayout, bounds: Bounds): Stmt {
  const onExpr = (e: Expr): Expr => relayoutExpr(e, change, bounds);
  switch (s.kind) {
    case 'For': {
      const below = new Map<Var, Interval>(bounds);
      bindLoops([s], below);
      return mapStmtChildren(s, (child) => relayoutStmt(child, change, below), onExpr);
    }
    case 'BlockRealize': {
      const iterValues = mapSame(s.iterValues, onExpr);
      const predicate = onExpr(s.predicate);
      const block = relayoutBlock(s.block, change, bounds);
      const same = iterValues === s.iterValues && predicate === s.predicate && block === s.block;
      return same ? s : { ...s, iterValues, predicate, block };
    }
    default: {
      const mapped = mapStmtChildren(s, (child) => relayoutStmt(child, change, bounds), onExpr);
      if (mapped.kind !== 'BufferStore' || mapped.buffer !== change.from) return mapped;
      return store(change.to, mapped.value, mapIndices(change.map, mapped.indices, bounds));
    }
  }
}

function relayoutExpr(e: Expr, { from, to, map }: Relayout, bounds: Bounds): Expr {
  return mapExpr(e, (node) =>
    node.kind === 'BufferLoad' && node.buffer === from
      ? load(to, mapIndices(map, node.indices, bounds))
      : node,
  );
}

/** The box around the new places of a region's elements; a whole dimension where that is not known better. */
function relayoutRegion({ region }: BufferRegion, { to, map }: Relayout, bounds: Bounds): BufferRegion {
  const extents = region.map(({ extent }) => constInt(extent));
  const mins = region.map(({ min }) => min);
  if (extents.every((extent) => extent === 1)) return pointRegion(to, mapIndices(map, mins, bounds));
  const offsets = region.map(({ min }, d) => variable(`t${d}`, min.dtype));
  const inBox = new Map(bounds);
  offsets.forEach((t, d) => inBox.set(t, { min: 0, max: (extents[d] ?? Infinity) - 1 }));
  const places = mapIndices(
    map,
    mins.map((min, d) => add(min, at(offsets, d))),
    inBox,
  );
  const dims = places.map((place, d) => hullOf(place, new Set(offsets), inBox) ?? range(0, at(to.shape, d)));
  return { buffer: to, region: dims };
}

/** All values of an index as its offsets go through their ranges, if it is a sum of parts with and without offsets. */
function hullOf(place: Expr, offsets: ReadonlySet<Var>, bounds: Bounds): Range | null {
  const linear = toLinear(place);
  const outer: LinearTerm[] = [];
  let [low, high] = [0, 0];
  for (const [atom, factor] of linear.terms) {
    if (!usesVar(atom, (v) => offsets.has(v))) {
      outer.push([atom, factor]);
      continue;
    }
    const { min, max } = simplifiedBounds(atom, bounds);
    const isSeparate = !usesVar(atom, (v) => !offsets.has(v)) && Number.isFinite(min) && Number.isFinite(max);
    if (!isSeparate) return null;
    low += Math.min(factor * min, factor * max);
    high += Math.max(factor * min, factor * max);
  }
  const dtype = place.dtype === 'int64' ? 'int64' : 'int32';
  const first = fromLinear({ terms: outer, constant: linear.constant + low }, dtype);
  return range(simplify(first, bounds), high - low + 1);
}
