/** @file The neighbours of a trace: what a search tries that goes downhill one small step at a time. */
import type { Decision } from '../../../shared/schedule/instruction.js';
import type { Trace } from '../../../shared/schedule/trace.js';
import { at } from '../../../shared/support/errors.js';
import {
  adjacent,
  decidedSteps,
  mutation,
  siteOf,
  type DecidedStep,
  type DecidedStepOf,
} from './decided-step.js';
import { locationAlternatives } from './mutate-compute-location.js';
import { innerFactor, tileAlternatives } from './mutate-imperfect-tile.js';
import { moveFactor, tileMoves } from './mutate-tile-size.js';
import type { Mutation, MutatorContext } from './mutator.js';
import { candidateAlternatives } from './other-candidate.js';

/** With fewer candidates than these, a categorical draw may be of a kind that has no order: all others are neighbours. */
const FEWEST_ORDERED_CANDIDATES = 5;

/**
 * All traces that differ in one decision by one small step, in the order of decisions, and from small to large for one
 * decision. A step is
 *
 * - one prime factor of a perfect tile moved to another level;
 * - the next smaller or larger candidate of an imperfect tile or a categorical draw;
 * - the next place further out or in for a block.
 *
 * @param trace one that replays on the context's program; decisions that it does not record stay so
 * @throws ScheduleError when the trace does not replay.
 */
export function neighbours(trace: Trace, context: MutatorContext): Mutation[] {
  return decidedSteps(trace).flatMap((step) =>
    smallSteps(trace, step, context).map((decision) => mutation(trace, step, decision)),
  );
}

function smallSteps(trace: Trace, step: DecidedStep, context: MutatorContext): readonly Decision[] {
  switch (step.kind) {
    case 'SamplePerfectTile':
      return primeMoves(siteOf(trace, step, context).step);
    case 'SampleImperfectTile':
      return adjacent(tileAlternatives(trace, step, context), innerFactor);
    case 'SampleCategorical':
      return nextCandidates(step);
    case 'SampleComputeLocation':
      return adjacent(locationAlternatives(trace, step, context), (index) => index);
  }
}

function primeMoves(step: DecidedStepOf<'SamplePerfectTile'>): (readonly number[])[] {
  return tileMoves(step).flatMap((move) =>
    primesAmong(move.factors).map((prime) => moveFactor(step.decision, move, prime)),
  );
}

/** @param divisors the smallest divisors of a number but 1, ascending */
function primesAmong(divisors: readonly number[]): number[] {
  return divisors.filter((d, i) => divisors.slice(0, i).every((smaller) => d % smaller !== 0));
}

function nextCandidates(step: DecidedStepOf<'SampleCategorical'>): readonly number[] {
  const { candidates } = step.inst.args;
  const alternatives = candidateAlternatives(step);
  if (candidates.length < FEWEST_ORDERED_CANDIDATES) return alternatives.others;
  return adjacent(alternatives, (index) => at(candidates, index));
}
