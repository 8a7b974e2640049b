/** @file Primitives that move a block under a loop of those it works with. */
import { boundsOf, type Bounds } from '../../arith/bounds.js';
import { provablyEqual } from '../../arith/simplify.js';
import type { BufferRegion } from '../../ir/region.js';
import type { Var } from '../../ir/expr.js';
import { usesVar } from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { blockNest, checkPredicateImplied } from '../block-nest.js';
import { consumersOf, producersOf } from '../dependencies.js';
import { check, type Site } from '../errors.js';
import type { InstructionTable, Location } from '../instruction.js';
import { insertAt, insertionPoint } from '../insertion.js';
import { iteratorRanges } from '../iterator-ranges.js';
import { removeBlock } from '../replace.js';
import { hasDenseIntervals } from '../region-cover.js';
import { boxOf, type BoxDim, type Toucher } from '../required-region.js';
import {
  checkCompleteBlock,
  checkCompleteOrReductionBlock,
  checkStagePipeline,
  isOutputBlock,
} from '../scope.js';
import {
  blocksUnder,
  innerBlockEntry,
  isUnder,
  loopBounds,
  loopEntry,
  loopsAbove,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';
import { computeInline, reverseComputeInline } from './compute-inline.js';

/** Where under the loop, and whether loops of one iteration are made. */
export interface MoveOptions {
  readonly preserveUnitLoops: boolean;
  /** -1: the last possible place; -2: the first; otherwise the position itself. */
  readonly index: number;
}

/**
 * Computes a producer where it is used, and only as much of it as is used there.
 *
 * rewrite: `for i: B; for i: for j: C(B)` with loop j → `for i: for j: {for ax0, …: B; C(B)}`.
 *
 * 1. Block and loop are in the same scope, and the loop is not around the block.
 * 2. The scope is a stage pipeline.
 * 3. The block is complete or a reduction block.
 * 4. It is not an output block of the scope.
 * 5. All its consumers are under the loop.
 * 6. Its predicate is implied by the domains of its iterators.
 * 7. It uses the loops that it leaves only through its iterators.
 *
 * @throws ScheduleError `NOT_IN_SAME_SCOPE`, `LOOP_IS_ANCESTOR`, `NOT_STAGE_PIPELINE`,
 *   `NOT_COMPLETE_OR_REDUCTION_BLOCK`, `OUTPUT_BLOCK`, `NOT_ALL_REQUIRED_BLOCKS_VISITED`, `PREDICATE_NOT_IMPLIED`,
 *   `BODY_ANALYSIS`, `NO_INSERTION_POINT`, `ONLY_LEAF_BLOCK`.
 */
export function computeAt(
  state: ScheduleState,
  blockName: string,
  loopVar: Var,
  options: MoveOptions,
): ScheduleState {
  const site: Site = { primitive: 'compute_at', locations: [blockName, loopVar.name] };
  const { entry, loop } = movable(state, blockName, loopVar, site);
  check(
    !isOutputBlock(entry),
    'OUTPUT_BLOCK',
    site,
    () => `block ${blockName} is an output block of its scope`,
  );
  const consumers = consumersOf(entry);
  checkUnder(loop, consumers, 'consumers', site);
  const touchers = consumers.flatMap((consumer) => touchersOf(consumer, consumer.block.reads));
  const { writes } = entry.block;
  const before = producersOf(entry).filter((producer) => isUnder(producer, loop));
  return move(state, entry, {
    loop,
    regions: writes,
    touchers,
    neighbours: { before, after: consumers },
    options,
    site,
  });
}

/**
 * Computes a consumer where its input is produced, and only for what is produced there.
 *
 * rewrite: `for i: for j: B; for i: C(B)` with loop i → `for i: {for j: B; for ax0, …: C(B)}`.
 *
 * 1. Block and loop are in the same scope, and the loop is not around the block.
 * 2. The scope is a stage pipeline.
 * 3. The block is complete: run again for the same place, it does no harm.
 * 4. All its producers are under the loop.
 * 5. Neither the loop nor one around it drives a reduce iterator of a producer: what is produced under it is finished.
 * 6. What one iteration of the loop produces is a box, but for the bounds of the producers' iterators.
 * 7. It reads that box element by element, at iterators of its own.
 * 8. Its predicate is implied by the domains of its iterators.
 * 9. It uses the loops that it leaves only through its iterators.
 * 10. If it is an output block, it runs already for all that it would run for under the loop.
 *
 * @throws ScheduleError as `computeAt`, except `OUTPUT_BLOCK`; `NOT_COMPLETE_BLOCK`, `NOT_COMPACT_DATA_FLOW`,
 *   `NOT_REGION_COVER`.
 */
export function reverseComputeAt(
  state: ScheduleState,
  blockName: string,
  loopVar: Var,
  options: MoveOptions,
): ScheduleState {
  const site: Site = { primitive: 'reverse_compute_at', locations: [blockName, loopVar.name] };
  const { entry, loop } = movable(state, blockName, loopVar, site);
  checkCompleteBlock(entry, site);
  const producers = producersOf(entry);
  checkUnder(loop, producers, 'producers', site);
  for (const producer of producers) {
    checkFinished(producer, loop, site);
    checkProducesBox(producer, loop, site);
  }
  const touchers = producers.flatMap((producer) => touchersOf(producer, producer.block.writes));
  const regions = entry.block.reads;
  checkReadsElements(regions, touchers, loop, site);
  const after = consumersOf(entry).filter((consumer) => isUnder(consumer, loop));
  return move(state, entry, {
    loop,
    regions,
    touchers,
    neighbours: { before: producers, after },
    options,
    site,
  });
}

function movable(
  state: ScheduleState,
  blockName: string,
  loopVar: Var,
  site: Site,
): { entry: InnerBlockEntry; loop: LoopEntry } {
  const entry = innerBlockEntry(state, blockName, site.primitive);
  const loop = loopEntry(state, loopVar, site.primitive);
  check(
    loop.scope === entry.scope,
    'NOT_IN_SAME_SCOPE',
    site,
    () => 'block and loop are not in the same block scope',
  );
  check(
    !isUnder(entry, loop),
    'LOOP_IS_ANCESTOR',
    site,
    () => `loop ${loopVar.name} is an ancestor of the block`,
  );
  checkStagePipeline(entry.scope, site);
  checkCompleteOrReductionBlock(entry, site);
  checkPredicateImplied(entry, site);
  checkClosed(entry, loop, site);
  return { entry, loop };
}

function checkClosed(entry: InnerBlockEntry, loop: LoopEntry, site: Site): void {
  const { freeVars } = blockFacts(entry.block);
  const left = loopsAbove(entry).filter((above) => !isUnder(loop, above));
  const used = left.find(({ node }) => freeVars.has(node.loopVar));
  check(used === undefined, 'BODY_ANALYSIS', site, () => {
    return `block ${entry.block.name} uses loop ${used?.node.loopVar.name ?? ''} not through its iterators`;
  });
}

function checkUnder(loop: LoopEntry, blocks: readonly InnerBlockEntry[], what: string, site: Site): void {
  const under = new Set(blocksUnder(loop));
  check(
    blocks.length > 0 && blocks.every((entry) => under.has(entry)),
    'NOT_ALL_REQUIRED_BLOCKS_VISITED',
    site,
    () => {
      return `requires all the ${what} of the block to be under loop ${loop.node.loopVar.name}`;
    },
  );
}

function checkFinished(producer: InnerBlockEntry, loop: LoopEntry, site: Site): void {
  const around = new Set([...loopsAbove(loop), loop].map((entry) => entry.node.loopVar));
  producer.block.iterVars.forEach((iter, i) => {
    const reduces =
      iter.iterType === 'reduce' && usesVar(at(producer.realize.iterValues, i), (v) => around.has(v));
    check(!reduces, 'NOT_COMPACT_DATA_FLOW', site, () => {
      return `block ${producer.block.name} is not finished under loop ${loop.node.loopVar.name}: a loop around drives a reduction of it`;
    });
  });
}

function checkProducesBox(producer: InnerBlockEntry, loop: LoopEntry, site: Site): void {
  checkPredicateImplied(producer, site);
  const around = loopBounds(loop);
  const isBox = producer.block.writes.every((region) => hasDenseIntervals(producer, region, around));
  check(isBox, 'NOT_REGION_COVER', site, () => {
    return `what block ${producer.block.name} writes under loop ${loop.node.loopVar.name} is not known to be a box`;
  });
}

/** Dimensions that are produced in whole may be read in any way. */
function checkReadsElements(
  regions: readonly BufferRegion[],
  touchers: readonly Toucher[],
  loop: LoopEntry,
  site: Site,
): void {
  for (const { buffer, region } of regions) {
    const relevant = touchers.filter((toucher) => toucher.region.buffer === buffer);
    if (relevant.length === 0) continue;
    const box = boxOf(buffer, relevant, loopBounds(loop));
    const matches = region.every(({ min }, d) => {
      const part = at(box, d);
      const isWhole = part.min.kind === 'IntImm' && part.extent >= at(buffer.shape, d);
      return isWhole || (min.kind === 'Var' && isPoint(region, d));
    });
    check(matches, 'NOT_REGION_COVER', site, () => `the part of ${buffer.name} that is needed is not known`);
  }
}

function touchersOf(entry: InnerBlockEntry, regions: readonly BufferRegion[]): Toucher[] {
  return regions.map((region) => ({ entry, region }));
}

interface Move {
  readonly loop: LoopEntry;
  /** What the moved block touches of the buffers that tie it to the loop. */
  readonly regions: readonly BufferRegion[];
  /** What the blocks under the loop touch. */
  readonly touchers: readonly Toucher[];
  readonly neighbours: {
    readonly before: readonly InnerBlockEntry[];
    readonly after: readonly InnerBlockEntry[];
  };
  readonly options: MoveOptions;
  readonly site: Site;
}

function move(state: ScheduleState, entry: InnerBlockEntry, request: Move): ScheduleState {
  const { loop, neighbours, options, site } = request;
  const around = loopBounds(loop);
  const { block } = entry;
  const domains = domainsOf(entry, request);
  if (isOutputBlock(entry)) checkRunsNoMore(entry, domains, around, site);
  const nest = blockNest(block, { domains, around, preserveUnitLoops: options.preserveUnitLoops });
  const { node } = loop;
  insertionPoint(loop, neighbours, options.index, site);
  const without = removeBlock(state, entry, site.primitive);
  // Entries belong to a state: those of the new one are found by what identifies them.
  const target = loopEntry(without, node.loopVar, site.primitive);
  const found = (list: readonly InnerBlockEntry[]): InnerBlockEntry[] =>
    list.map((other) => innerBlockEntry(without, other.block.name, site.primitive));
  const there = { before: found(neighbours.before), after: found(neighbours.after) };
  return insertAt(without, target, insertionPoint(target, there, options.index, site), nest);
}

/** For each iterator the part of its domain that one iteration of the loop needs; `null` where all of it may be. */
function domainsOf({ block }: InnerBlockEntry, { loop, regions, touchers }: Move): (BoxDim | null)[] {
  const around = loopBounds(loop);
  const parts = new Map<Var, BoxDim | null>();
  for (const { buffer, region } of regions) {
    const relevant = touchers.filter((toucher) => toucher.region.buffer === buffer);
    if (relevant.length === 0) continue;
    boxOf(buffer, relevant, around).forEach((dim, d) => {
      const index = at(region, d).min;
      if (index.kind !== 'Var' || !isPoint(region, d)) return;
      const known = parts.get(index);
      parts.set(index, known === undefined || isSamePart(known, dim) ? dim : null);
    });
  }
  return block.iterVars.map((iter) => parts.get(iter.var) ?? null);
}

/** What the loop's blocks touch may be more than the block uses; in a parameter, that would show. */
function checkRunsNoMore(
  entry: InnerBlockEntry,
  domains: readonly (BoxDim | null)[],
  around: Bounds,
  site: Site,
): void {
  const ranges = iteratorRanges(entry);
  const within = entry.block.iterVars.every(({ dom }, i) => {
    const range = ranges?.[i];
    if (range === undefined) return false;
    const first = boundsOf(dom.min).min;
    const last = first + boundsOf(dom.extent).max - 1;
    const part = domains[i] ?? { min: dom.min, extent: last - first + 1 };
    const offset = boundsOf(part.min, around);
    return (
      Math.max(first, offset.min) >= range.min && Math.min(last, offset.max + part.extent - 1) <= range.max
    );
  });
  check(within, 'NOT_REGION_COVER', site, () => {
    return `output block ${entry.block.name} might run for more than before`;
  });
}

function isSamePart(a: BoxDim | null, b: BoxDim): boolean {
  return a !== null && a.extent === b.extent && provablyEqual(a.min, b.min);
}

function isPoint(region: BufferRegion['region'], d: number): boolean {
  const { extent } = at(region, d);
  return extent.kind === 'IntImm' && extent.value === 1;
}

/** What a move to a sampled location does: to a loop, nothing, or inlining. */
function moveTo(
  location: Location,
  actions: {
    readonly toLoop: (loop: Var) => ScheduleState;
    readonly stay: ScheduleState;
    readonly inline: () => ScheduleState;
  },
): { state: ScheduleState } {
  if (location === 'root') return { state: actions.stay };
  return { state: location === 'inlined' ? actions.inline() : actions.toLoop(location) };
}

export const COMPUTE_AT_SPECS = {
  ComputeAt: {
    isPure: false,
    apply: ({ state }, { block, loop, ...options }) =>
      moveTo(loop, {
        toLoop: (v) => computeAt(state, block, v, options),
        stay: state,
        inline: () => computeInline(state, block),
      }),
  },
  ReverseComputeAt: {
    isPure: false,
    apply: ({ state }, { block, loop, ...options }) =>
      moveTo(loop, {
        toLoop: (v) => reverseComputeAt(state, block, v, options),
        stay: state,
        inline: () => reverseComputeInline(state, block),
      }),
  },
} satisfies Partial<InstructionTable>;
