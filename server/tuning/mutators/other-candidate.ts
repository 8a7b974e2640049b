/** @file The candidates of a categorical draw other than the one that was drawn. */
import { drawCategorical } from '../../../shared/schedule/primitives/sampling.js';
import { at } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';
import type { Alternatives, DecidedStepOf } from './decided-step.js';

type CategoricalStep = DecidedStepOf<'SampleCategorical'>;

/** The indices of the candidates that can be drawn at all, by ascending candidate. */
export function candidateAlternatives({ inst, decision }: CategoricalStep): Alternatives<number> {
  const { candidates, probs } = inst.args;
  const others = candidates
    .map((_, index) => index)
    .filter((index) => index !== decision && at(probs, index) > 0)
    .toSorted((a, b) => at(candidates, a) - at(candidates, b));
  return { current: decision, others };
}

/** The index of another candidate, by the instruction's probabilities; `null` when there is no other. */
export function drawOtherCandidate(step: CategoricalStep, rng: Rng): number | null {
  const { others } = candidateAlternatives(step);
  if (others.length === 0) return null;
  const probs = others.map((index) => at(step.inst.args.probs, index));
  return at(others, drawCategorical(probs, rng));
}
