/**
 * @file Rule partial-vectors: reductions along consecutive elements, as the sum of a row. Every lane of some vectors keeps
 * a result of its own; the few of them are combined at the end of the row:
 *
 *   for i, k: C   ->   for i: (for k0: for k1 (vectorized): C_rf[i, k1]); for k1 (unrolled): C[i]
 */
import type { Target } from '../../../shared/protocol/target.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { fork } from '../refusable-steps.js';
import { splitBy } from './inner-tile.js';
import { isContiguousReduction, lanesOf, type LoopRoles } from './loop-roles.js';

const VECTORS = [1, 2, 4];

/** The design, on a copy of the schedule, if the block is such a reduction. */
export function partialVectors(sch: Schedule, rv: BlockRV, roles: LoopRoles, target: Target): Schedule[] {
  const { block, spatial, reduce } = roles;
  const last = reduce.at(-1);
  const lanes = lanesOf(block, target);
  if (last === undefined || lanes < 2 || !isContiguousReduction(block, last.iter.var)) return [];
  const sizes = VECTORS.map((n) => n * lanes).filter((size) => last.extent % size === 0);
  if (sizes.length === 0) return [];
  return fork(sch, (copy) => {
    const [, parts] = splitBy(copy, last, sizes);
    const partial = copy.rfactor(parts, block.writes[0]?.region.length ?? 0);
    const loops = copy.getLoops(rv);
    const [row, combined] = loops.slice(-2);
    let lane = copy.getLoops(partial).at(-1);
    if (row !== undefined && spatial.length > 0) {
      // Loops of one iteration stay: how many loops there are must not depend on a decision.
      copy.computeAt(partial, row, { preserveUnitLoops: true });
      const [first, ...others] = copy.getLoops(partial).slice(loops.length - 1);
      lane = first; // the factored loop's iterator is the first of the block
      if (first !== undefined) copy.reorder(...others, first);
    }
    if (lane !== undefined) copy.vectorize(lane);
    if (combined !== undefined) copy.unroll(combined);
  });
}
