/**
 * @file Postproc verify-registers: refuses register tiles that the target's registers cannot hold. What does not fit is
 * spilled in every iteration of the reduction, which no tile is worth.
 */
import { constInt } from '../../../shared/ir/build.js';
import { bytesOf } from '../../../shared/ir/dtype.js';
import type { For, Stmt } from '../../../shared/ir/stmt.js';
import type { Target } from '../../../shared/protocol/target.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { mapStmtChildren, varsOf } from '../../../shared/ir/visit.js';

/** Whether the accumulators of every reduction block fit in the registers of `target`. */
export function verifyRegisters(schedule: Schedule, target: Target): boolean {
  return largestTile(schedule.func.root.body, [], target) <= target.vectorRegisters;
}

/** Registers of the largest tile: copies that unrolled and vectorized loops make of a reduction's output. */
function largestTile(s: Stmt, loops: readonly For[], target: Target): number {
  let largest = s.kind === 'BlockRealize' ? tileOf(s, loops, target) : 0;
  const inner = s.kind === 'For' ? [...loops, s] : s.kind === 'BlockRealize' ? [] : loops;
  mapStmtChildren(
    s,
    (child) => {
      largest = Math.max(largest, largestTile(child, inner, target));
      return child;
    },
    (e) => e,
  );
  return largest;
}

function tileOf(
  realize: Extract<Stmt, { kind: 'BlockRealize' }>,
  loops: readonly For[],
  target: Target,
): number {
  const { block, iterValues } = realize;
  const [write] = block.writes;
  if (write === undefined || !block.iterVars.some((iter) => iter.iterType === 'reduce')) return 0;
  const spatial = new Set(
    block.iterVars.flatMap((iter, i) => {
      const value = iterValues[i];
      return iter.iterType === 'spatial' && value !== undefined ? [...varsOf(value)] : [];
    }),
  );
  const lanes = Math.max(1, target.vectorBytes / bytesOf(write.buffer.dtype));
  return loops.reduce((registers, loop) => {
    const extent = constInt(loop.extent) ?? 1;
    if (!spatial.has(loop.loopVar)) return registers;
    if (loop.forKind === 'unrolled') return registers * extent;
    return loop.forKind === 'vectorized' ? registers * Math.ceil(extent / lanes) : registers;
  }, 1);
}
