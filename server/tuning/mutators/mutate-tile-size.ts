/** @file Mutator mutate-tile-size: moves a factor of a loop's tile from one level to another. */
import { at } from '../../../shared/support/errors.js';
import { decidedStepsOf, mutateOneOf, type DecidedStepOf } from './decided-step.js';
import type { Mutator } from './mutator.js';

/** Two levels of a tile, and the factors of the one that may be moved to the other. */
export interface TileMove {
  readonly from: number;
  readonly to: number;
  /** Ascending, each larger than 1; there is at least one. */
  readonly factors: readonly number[];
}

/** The product of a tile stays, and its innermost factor within the instruction's limit. */
export const mutateTileSize: Mutator = (trace, { rng }) =>
  mutateOneOf(trace, decidedStepsOf(trace, 'SamplePerfectTile'), rng, (step) => {
    const moves = tileMoves(step);
    if (moves.length === 0) return null;
    const move = at(moves, rng.nextInt(moves.length));
    return moveFactor(step.decision, move, at(move.factors, rng.nextInt(move.factors.length)));
  });

/** All moves that a tile allows. A loop of one iteration, or of unknown extent, allows none. */
export function tileMoves({ inst, decision }: DecidedStepOf<'SamplePerfectTile'>): TileMove[] {
  const { maxInnermostFactor } = inst.args;
  const limit = maxInnermostFactor === -1 ? Infinity : maxInnermostFactor;
  const innermost = decision.length - 1;
  return decision.flatMap((size, from) => {
    const divisors = divisorsAboveOne(size);
    return decision.flatMap((target, to) => {
      const factors = to === innermost ? divisors.filter((f) => f * target <= limit) : divisors;
      return to === from || factors.length === 0 ? [] : [{ from, to, factors }];
    });
  });
}

export function moveFactor(
  tile: readonly number[],
  { from, to }: TileMove,
  factor: number,
): readonly number[] {
  return tile.map((size, level) => {
    if (level === from) return size / factor;
    return level === to ? size * factor : size;
  });
}

/** Ascending; none for numbers below 2. */
function divisorsAboveOne(n: number): number[] {
  const [small, large]: [number[], number[]] = [[], []];
  for (let d = 1; d * d <= n; d++) {
    if (n % d !== 0) continue;
    if (d > 1) small.push(d);
    if (d * d !== n) large.push(n / d);
  }
  return [...small, ...large.toReversed()];
}
