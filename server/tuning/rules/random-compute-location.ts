/** @file Rule random-compute-location: lets a block be computed anywhere among the loops of those that use it. */
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { consumersOf } from '../../../shared/schedule/dependencies.js';
import { blocksUnder, isInner, loopsAbove, type BlockEntry } from '../../../shared/schedule/state.js';
import { at, invariant } from '../../../shared/support/errors.js';
import { blockEntryOf, isMultiLevelTiled } from './block-analysis.js';
import type { ScheduleRule } from './schedule-rule.js';

/** Annotation of a block whose producer is to be placed after it. */
export const RANDOM_COMPUTE_PRODUCER = 'meta_schedule.random_compute_producer';

/**
 * Draws the place of a block, if the block may have another:
 *
 * 1. It stands directly in the root block, under loops of its own.
 * 2. It is not tiled.
 * 3. It has consumers.
 */
export const randomComputeLocation: ScheduleRule = (sch, block) => {
  const entry = blockEntryOf(sch, block);
  if (!mayMove(entry)) return [sch];
  // Asked for first: if the block itself is inlined, its producers cannot be asked for any more.
  const producers = Object.hasOwn(entry.block.annotations, RANDOM_COMPUTE_PRODUCER)
    ? takeProducers(sch, block)
    : [];
  for (const moved of [block, ...producers]) {
    sch.computeAt(moved, sch.sampleComputeLocation(moved), { preserveUnitLoops: true });
  }
  return [sch];
};

function mayMove(entry: BlockEntry): boolean {
  if (!isInner(entry) || entry.scope.parent !== null || isMultiLevelTiled(entry.block)) return false;
  const [outermost] = loopsAbove(entry);
  return outermost !== undefined && blocksUnder(outermost).length === 1 && consumersOf(entry).length > 0;
}

function takeProducers(sch: Schedule, block: BlockRV): BlockRV[] {
  const producers = sch.getProducers(block);
  invariant(producers.length === 1, 'a block that gathers partial results reads nothing else');
  sch.unannotate(block, RANDOM_COMPUTE_PRODUCER);
  return [at(producers, 0)];
}
