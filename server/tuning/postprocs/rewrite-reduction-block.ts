/**
 * @file Postproc rewrite-reduction-block: initialises every reduction before the outermost loop that reduces, so that
 * nothing is asked in its loops about where they are.
 *
 *   for i: for k: for j: B {init, update}   ->   for i: {for j: B_init; for k: for j: B_update}
 */
import type { Var } from '../../../shared/ir/expr.js';
import { loopIterType } from '../../../shared/schedule/loop-iter-type.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { innerBlocks, loopsAbove, type InnerBlockEntry } from '../../../shared/schedule/state.js';
import { usesVar } from '../../../shared/ir/visit.js';
import { at } from '../../../shared/support/errors.js';
import type { Postproc } from '../space.js';

/** @throws ScheduleError when some init cannot be moved out of its reduction. */
export const rewriteReductionBlock: Postproc = (schedule) => {
  for (;;) {
    const found = reductionsOf(schedule);
    if (found.length === 0) return true;
    for (const { name, position } of found) {
      const block = schedule.getBlock(name);
      const loop = at(schedule.getLoops(block), position);
      schedule.decomposeReduction(block, loop);
    }
  }
};

/** A block with an init, and the index of the outermost loop around it that is not spatial. */
interface Reduction {
  readonly name: string;
  readonly position: number;
}

function reductionsOf({ state }: Schedule): Reduction[] {
  return innerBlocks(state).flatMap((entry) => {
    if (entry.block.init === null || reducesOverThreads(entry)) return [];
    const position = loopsAbove(entry).findIndex((loop) => loopIterType(loop) !== 'spatial');
    return position < 0 ? [] : [{ name: entry.block.name, position }];
  });
}

/** Reductions over the threads of a block are initialised by the code that combines what the threads have. */
function reducesOverThreads(entry: InnerBlockEntry): boolean {
  const threads = new Set<Var>(
    loopsAbove(entry).flatMap(({ node }) => (node.forKind === 'threadBinding' ? [node.loopVar] : [])),
  );
  return entry.block.iterVars.some(
    ({ iterType }, i) =>
      iterType === 'reduce' && usesVar(at(entry.realize.iterValues, i), (v) => threads.has(v)),
  );
}
