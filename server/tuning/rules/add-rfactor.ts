/**
 * @file Rule add-rfactor: lets reductions whose results are few be computed in parts, which may run in parallel or as
 * vectors:
 *
 *   for i, k: B   ->   for i, k0, k1: B_rf (a result per k0, or per k1); for i, k0 (or k1): B
 */
import { loopIterType } from '../../../shared/schedule/loop-iter-type.js';
import type { BlockRV, LoopRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { loopEntry } from '../../../shared/schedule/state.js';
import { fork } from '../refusable-steps.js';
import { blockEntryOf, needsRfactor } from './block-analysis.js';
import { RANDOM_COMPUTE_PRODUCER } from './random-compute-location.js';
import type { ScheduleRule } from './schedule-rule.js';

export interface AddRfactorConfig {
  /** Cores of the target. */
  readonly cores: number;
  readonly maxJobsPerCore: number;
  /** Most iterations of the inner part of the reduction. */
  readonly maxInnermostFactor: number;
}

/** The designs: a part per iteration of the outer part of the reduction, of the inner part, and no parts at all. */
export function addRfactor({ cores, maxJobsPerCore, maxInnermostFactor }: AddRfactorConfig): ScheduleRule {
  return (sch, block) => {
    if (!needsRfactor(blockEntryOf(sch, block), cores * maxJobsPerCore)) return [sch];
    const unfactored = sch.copy();
    const { reduction, spatialLoops } = gatherReduction(sch, block);
    const parts = sch.split(reduction, sch.samplePerfectTile(reduction, { n: 2, maxInnermostFactor }));
    const factored = parts.flatMap((loop) =>
      fork(sch, (copy) => {
        copy.rfactor(loop, spatialLoops);
        copy.annotate(block, RANDOM_COMPUTE_PRODUCER, 1);
      }),
    );
    return [...factored, unfactored];
  };
}

/** Puts the reduce loops inside of the spatial ones and makes one loop of them. */
function gatherReduction(sch: Schedule, block: BlockRV): { reduction: LoopRV; spatialLoops: number } {
  const loops = sch.getLoops(block);
  const isSpatial = (loop: LoopRV): boolean =>
    loopIterType(loopEntry(sch.state, sch.get(loop).loopVar, 'add_rfactor')) === 'spatial';
  const spatial = loops.filter(isSpatial);
  const reduce = loops.filter((loop) => !spatial.includes(loop));
  const order = [...spatial, ...reduce];
  if (order.some((loop, i) => loop !== loops[i])) sch.reorder(...order);
  const [only, ...others] = reduce;
  const reduction = only !== undefined && others.length === 0 ? only : sch.fuse(...reduce);
  return { reduction, spatialLoops: spatial.length };
}
