/**
 * @file Postproc verify-registers: refuses register tiles that the target's registers cannot hold. What does not fit is
 * spilled in every iteration of the reduction, which no tile is worth.
 */
import { bytesOf } from '../../../shared/ir/dtype.js';
import type { Target } from '../../../shared/protocol/target.js';
import { collectReductions, registerTile, type Reduction } from '../../../shared/schedule/register-tile.js';
import type { Postproc } from '../space.js';

/** Whether the accumulators of every reduction block fit in the registers of the target. */
export const verifyRegisters: Postproc = (schedule, target) =>
  collectReductions(schedule.func).every(
    (reduction) => accumulatorsOf(reduction, target) <= target.vectorRegisters,
  );

/** Registers that hold results: one for each vector, or each element where there are no vectors. */
function accumulatorsOf({ realize, loops }: Reduction, target: Target): number {
  const [write] = realize.block.writes;
  if (write === undefined) return 0;
  const lanes = Math.max(1, target.vectorBytes / bytesOf(write.buffer.dtype));
  // Iterations of other loops share their results, even those of a vector.
  const { rows, vectors } = registerTile(
    loops.filter(({ isSpatial }) => isSpatial),
    lanes,
  );
  return rows * vectors;
}
