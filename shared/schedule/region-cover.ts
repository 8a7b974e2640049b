/**
 * @file Whether a scope is a stage pipeline: whether every block finds what it reads fully produced.
 *
 * The test compares boxes. Seen from the innermost loop around both, a producer writes and a consumer reads one
 * interval per dimension: a part that depends on the loops around both, and a range that the loops below add to it.
 */
import { boundsOf, type Bounds } from '../arith/bounds.js';
import { fromLinear, toLinear, type Linear } from '../arith/linear.js';
import { simplify } from '../arith/simplify.js';
import type { BufferRegion } from '../ir/region.js';
import { constInt, int, sub } from '../ir/build.js';
import type { Expr } from '../ir/expr.js';
import type { Block } from '../ir/stmt.js';
import { substitute, usesVar } from '../ir/visit.js';
import { at } from '../support/errors.js';
import { blockFacts } from './block-facts.js';
import { hasOnlyBlocks, intersects } from './dependencies.js';
import { isInner, loopBounds, lowestCommonAncestor, type BlockEntry, type InnerBlockEntry } from './state.js';

/** Scopes are immutable: each is examined once. */
const STAGE_PIPELINES = new WeakMap<Block, boolean>();

/**
 * Whether a scope is a stage pipeline:
 *
 * 1. Everything in it stands in blocks of its own.
 * 2. No block overwrites what another one before it reads.
 * 3. What a block reads is covered by what a block before it wrote, if any did.
 */
export function isStagePipeline(scope: BlockEntry): boolean {
  let holds = STAGE_PIPELINES.get(scope.block);
  if (holds === undefined) {
    const blocks = scope.children.filter(isInner);
    holds =
      hasOnlyBlocks(scope.block.body) &&
      blocks.every((later, i) => blocks.slice(0, i).every((earlier) => !overwrites(later, earlier))) &&
      blocks.every((consumer, i) => readsAreCovered(consumer, blocks.slice(0, i)));
    STAGE_PIPELINES.set(scope.block, holds);
  }
  return holds;
}

function overwrites(later: BlockEntry, earlier: BlockEntry): boolean {
  return intersects(blockFacts(later.block).writes, blockFacts(earlier.block).reads);
}

function readsAreCovered(consumer: InnerBlockEntry, before: readonly InnerBlockEntry[]): boolean {
  return consumer.block.reads.every((read) => {
    const writers = before.filter((entry) => blockFacts(entry.block).writes.has(read.buffer));
    return writers.length === 0 || writers.some((producer) => covers(producer, consumer, read));
  });
}

/** One dimension of a region, seen from a loop: `[outer + min, outer + max]`. */
export interface SeenInterval {
  readonly outer: Expr;
  readonly min: number;
  readonly max: number;
}

function covers(producer: InnerBlockEntry, consumer: InnerBlockEntry, read: BufferRegion): boolean {
  const around = loopBounds(lowestCommonAncestor(producer, consumer));
  const wanted = intervalsOf(consumer, read, around, 'max');
  return producer.block.writes.some((written) => {
    if (written.buffer !== read.buffer) return false;
    const given = intervalsOf(producer, written, around, 'min');
    return given.every((interval, d) => includes(interval, at(wanted, d), at(read.buffer.shape, d), around));
  });
}

/** Whether `given` includes what of `wanted` lies inside of the buffer, wherever the loops around both are. */
function includes(given: SeenInterval, wanted: SeenInterval, extent: number, around: Bounds): boolean {
  const start = boundsOf(given.outer, around);
  const coversStart = start.max + given.min <= 0;
  const coversEnd = start.min + given.max >= extent - 1;
  if (coversStart && coversEnd) return true;
  const shift = boundsOf(simplify(sub(given.outer, wanted.outer), around), around);
  return (
    (coversStart || shift.max + given.min <= wanted.min) && (coversEnd || shift.min + given.max >= wanted.max)
  );
}

/**
 * A region of a block, per dimension.
 *
 * @param around ranges of the loops that stay symbolic: their part is `outer`
 * @param extentBound which end of a range's extent to take when it is no constant
 */
export function intervalsOf(
  entry: InnerBlockEntry,
  { region }: BufferRegion,
  around: Bounds,
  extentBound: 'min' | 'max',
): SeenInterval[] {
  const { block, realize } = entry;
  const all = loopBounds(entry);
  const values = new Map(block.iterVars.map((iter, i) => [iter.var, at(realize.iterValues, i)]));
  return region.map((dim) => {
    const linear = linearSum(substitute(dim.min, values), all);
    const outer: (readonly [Expr, number])[] = [];
    let [min, max] = [linear.constant, linear.constant];
    for (const [atom, factor] of linear.terms) {
      const { min: low, max: high } = boundsOf(atom, all);
      if (low === high || usesVar(atom, (v) => !around.has(v))) {
        min += Math.min(low * factor, high * factor);
        max += Math.max(low * factor, high * factor);
      } else {
        outer.push([atom, factor]);
      }
    }
    const extent = constInt(dim.extent) ?? boundsOf(substitute(dim.extent, values), all)[extentBound];
    const dtype = dim.min.dtype === 'int64' ? 'int64' : 'int32';
    return { outer: fromLinear({ terms: outer, constant: 0 }, dtype), min, max: max + extent - 1 };
  });
}

/** A sum of terms each of which depends on as few loops as possible: quotients of sums are taken apart, too. */
function linearSum(e: Expr, bounds: Bounds): Linear {
  const linear = toLinear(e);
  if (linear.terms.every(([atom]) => atom.kind === 'Var')) return linear;
  const known = [...bounds].flatMap(([v, { min, max }]) =>
    min === max ? [[v, int(min, v.dtype)] as const] : [],
  );
  return toLinear(simplify(substitute(e, new Map(known)), bounds));
}

/**
 * Whether the intervals of `intervalsOf` are exact for what a block writes: below `around`, every dimension runs over
 * consecutive elements, by loops of its own.
 *
 * @param around ranges of the loops that stay symbolic
 */
export function hasDenseIntervals(entry: InnerBlockEntry, { region }: BufferRegion, around: Bounds): boolean {
  const { block, realize } = entry;
  const all = loopBounds(entry);
  const values = new Map(block.iterVars.map((iter, i) => [iter.var, at(realize.iterValues, i)]));
  const used = new Set<Expr>();
  return region.every((dim) => {
    const inner = toLinear(substitute(dim.min, values)).terms.filter(([atom]) =>
      usesVar(atom, (v) => !around.has(v)),
    );
    let reached = (constInt(dim.extent) ?? 0) - 1;
    for (const [atom, factor] of inner.toSorted(([, a], [, b]) => a - b)) {
      const range = atom.kind === 'Var' ? all.get(atom) : undefined;
      if (range === undefined || used.has(atom) || factor <= 0 || factor > reached + 1) return false;
      used.add(atom);
      reached += factor * (range.max - range.min);
    }
    return reached >= 0;
  });
}
