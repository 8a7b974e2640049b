/** @file Mutator mutate-imperfect-tile: another inner factor of a tile that need not divide the loop's extent. */
import { constInt } from '../../../shared/ir/build.js';
import {
  fittingFactors,
  sampleImperfectTile,
} from '../../../shared/schedule/primitives/sample-imperfect-tile.js';
import type { Trace } from '../../../shared/schedule/trace.js';
import { at } from '../../../shared/support/errors.js';
import {
  adjacent,
  decidedStepsOf,
  mutateOneOf,
  siteOf,
  type Alternatives,
  type DecidedStepOf,
} from './decided-step.js';
import type { Mutator, MutatorContext } from './mutator.js';

type ImperfectTileStep = DecidedStepOf<'SampleImperfectTile'>;

/** How often any other factor is drawn, rather than the next smaller or larger one. */
const LEAP_PROBABILITY = 1 / 4;

export const mutateImperfectTile: Mutator = (trace, context) => {
  const { rng } = context;
  return mutateOneOf(trace, decidedStepsOf(trace, 'SampleImperfectTile'), rng, (step) => {
    const alternatives = tileAlternatives(trace, step, context);
    if (alternatives.others.length === 0) return null;
    const tiles =
      rng.nextFloat() < LEAP_PROBABILITY ? alternatives.others : adjacent(alternatives, innerFactor);
    return at(tiles, rng.nextInt(tiles.length));
  });
};

export function innerFactor(tile: readonly number[]): number {
  return at(tile, 1);
}

/**
 * The tiles `[outer, inner]` that the step can draw, by inner factor.
 *
 * @throws ScheduleError when the trace does not replay.
 */
export function tileAlternatives(
  trace: Trace,
  original: ImperfectTileStep,
  context: MutatorContext,
): Alternatives<readonly number[]> {
  const { schedule, step } = siteOf(trace, original, context);
  const { loop, candidates, weights } = step.inst.args;
  const { loopVar, extent } = schedule.get(loop);
  const tileOf = (inner: number): readonly number[] =>
    // Decides for a tile of that inner factor, in order to know the outer one.
    sampleImperfectTile(
      schedule.state,
      loopVar,
      { candidates, weights },
      { decision: [1, inner], rng: context.rng },
    );
  const others = drawableFactors(constInt(extent) ?? Infinity, step.inst.args)
    .filter((inner) => inner !== innerFactor(step.decision))
    .toSorted((a, b) => a - b)
    .map(tileOf);
  return { current: step.decision, others };
}

/** Factors without weight are drawn only when all that fit have none. */
function drawableFactors(
  extent: number,
  { candidates, weights }: ImperfectTileStep['inst']['args'],
): readonly number[] {
  const fitting = fittingFactors(extent, candidates);
  const drawable = fitting.filter((factor) => weights[candidates.indexOf(factor)] !== 0);
  return drawable.length > 0 ? drawable : fitting;
}
