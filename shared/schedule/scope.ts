/**
 * @file What kind of block each block of a scope is, and whether the scope's data flow is orderly: the conditions that
 * most primitives rest on.
 */
import { isAffineBinding, isOneToOne } from '../arith/iter-map.js';
import { blockFacts } from './block-facts.js';
import { hasOnlyBlocks, isDominant } from './dependencies.js';
import { check, type ScheduleErrorCode, type Site } from './errors.js';
import { isStagePipeline } from './region-cover.js';
import { blocksUnder, loopsAbove, type BlockEntry, type InnerBlockEntry, type LoopEntry } from './state.js';

/** Whether the iterators are an independent quasi-affine map of the loops around the block. */
export function hasAffineBinding(entry: InnerBlockEntry): boolean {
  return isAffineBinding(
    entry.realize.iterValues,
    loopsAbove(entry).map((loop) => loop.node),
  );
}

/**
 * Whether `loop`, which is around the block, and the loops inside of it never run the same instance of the block twice.
 * A producer that was moved under a loop of its consumer is an example: it runs again in every iteration.
 */
export function runsOnceUnder(entry: InnerBlockEntry, loop: LoopEntry): boolean {
  const loops = loopsAbove(entry);
  return isOneToOne(
    entry.realize.iterValues,
    loops.map(({ node }) => node),
    loops.indexOf(loop),
  );
}

/** @throws ScheduleError `NOT_AFFINE_BINDING`. */
export function checkAffineBinding(entry: InnerBlockEntry, site: Site): void {
  check(hasAffineBinding(entry), 'NOT_AFFINE_BINDING', site, () => {
    return `the iterators of block ${entry.block.name} are no quasi-affine function of its loops`;
  });
}

/**
 * Why a block is not complete: the number of the first condition that does not hold, or 0 when it is complete.
 *
 * 1. Every iterator is spatial.
 * 2. It is dominant: among `peers`, the only writer of its outputs.
 * 3. It reads none of the buffers it writes.
 */
export function incompleteness(entry: BlockEntry, peers: readonly BlockEntry[]): 0 | 1 | 2 | 3 {
  const facts = blockFacts(entry.block);
  if (!facts.allSpatial) return 1;
  if (!isDominant(entry, peers)) return 2;
  return facts.readsOwnOutput ? 3 : 0;
}

/**
 * Why a block is not a reduction block: the number of the first condition that does not hold, or 0 when it is one.
 *
 * 1. It has an `init`.
 * 2. Its iterators are a quasi-affine function of its loops.
 * 3. Every iterator is spatial or reduce.
 * 4. It is dominant: among `peers`, the only writer of its outputs.
 * 5. No reduce iterator indexes what it writes.
 */
export function irreducibility(entry: InnerBlockEntry, peers: readonly BlockEntry[]): 0 | 1 | 2 | 3 | 4 | 5 {
  const facts = blockFacts(entry.block);
  if (entry.block.init === null) return 1;
  if (!hasAffineBinding(entry)) return 2;
  if (!facts.spatialOrReduce) return 3;
  if (!isDominant(entry, peers)) return 4;
  return facts.reduceIndexesOutput ? 5 : 0;
}

function condition(code: ScheduleErrorCode, what: string) {
  return (entry: InnerBlockEntry, failed: number, site: Site): void =>
    check(
      failed === 0,
      code,
      site,
      () => `block ${entry.block.name} is not ${what}: condition ${failed} fails`,
    );
}

const refuseIncomplete = condition('NOT_COMPLETE_BLOCK', 'a complete block');
const refuseIrreducible = condition('NOT_REDUCTION_BLOCK', 'a reduction block');

/** @throws ScheduleError `NOT_COMPLETE_BLOCK`. */
export function checkCompleteBlock(entry: InnerBlockEntry, site: Site): void {
  refuseIncomplete(entry, incompleteness(entry, entry.scope.children), site);
}

/** @throws ScheduleError `NOT_REDUCTION_BLOCK`. */
export function checkReductionBlock(entry: InnerBlockEntry, site: Site): void {
  refuseIrreducible(entry, irreducibility(entry, entry.scope.children), site);
}

/** @throws ScheduleError `NOT_COMPLETE_OR_REDUCTION_BLOCK`. */
export function checkCompleteOrReductionBlock(entry: InnerBlockEntry, site: Site): void {
  const peers = entry.scope.children;
  const holds = incompleteness(entry, peers) === 0 || irreducibility(entry, peers) === 0;
  check(holds, 'NOT_COMPLETE_OR_REDUCTION_BLOCK', site, () => {
    return `block ${entry.block.name} is neither a complete nor a reduction block`;
  });
}

/**
 * A scope is a stage pipeline when
 *
 * 1. what each of its blocks reads is covered by what was produced for it in the scope before, and
 * 2. no block overwrites what another one before it reads.
 *
 * @throws ScheduleError `NOT_STAGE_PIPELINE`.
 */
export function checkStagePipeline(scope: BlockEntry, site: Site): void {
  check(isStagePipeline(scope), 'NOT_STAGE_PIPELINE', site, () => {
    return `the scope of block ${scope.block.name} is not a stage pipeline: a block reads more than is produced for it, or overwrites what another reads`;
  });
}

/**
 * The data flow under a loop is compact when its scope is a stage pipeline and every block under it is, among the
 * blocks under it, complete or a reduction.
 *
 * @throws ScheduleError `NOT_STAGE_PIPELINE`, `NOT_COMPACT_DATA_FLOW`.
 */
export function checkCompactDataFlow(loop: LoopEntry | InnerBlockEntry, site: Site): void {
  checkStagePipeline(loop.scope, site);
  const peers = subtreeBlocks(loop);
  for (const entry of peers) {
    const holds = incompleteness(entry, peers) === 0 || irreducibility(entry, peers) === 0;
    check(holds, 'NOT_COMPACT_DATA_FLOW', site, () => {
      return `block ${entry.block.name} is neither complete nor a reduction within the loop`;
    });
  }
}

function subtreeBlocks(entry: LoopEntry | InnerBlockEntry): InnerBlockEntry[] {
  return entry.kind === 'loop' ? blocksUnder(entry) : [entry];
}

/** Whether a block writes a parameter of the function, or a buffer that an enclosing scope allocates. */
export function isOutputBlock(entry: InnerBlockEntry): boolean {
  const local = new Set(entry.scope.block.allocBuffers);
  for (const b of blockFacts(entry.block).writes) if (!local.has(b)) return true;
  return false;
}

/** @throws ScheduleError `OPAQUE_ACCESS` when something below the loop stands in no block of its own. */
export function checkOnlyBlocks(loop: LoopEntry, site: Site): void {
  check(hasOnlyBlocks(loop.node.body), 'OPAQUE_ACCESS', site, () => {
    return `a statement under loop ${loop.node.loopVar.name} stands in no block`;
  });
}
