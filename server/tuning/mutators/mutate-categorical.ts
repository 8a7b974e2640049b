/** @file Mutator mutate-categorical: another candidate of a categorical draw, but for those that mutate-unroll is for. */
import { mutateOneOf } from './decided-step.js';
import { categoricalSteps } from './mutate-unroll.js';
import type { Mutator } from './mutator.js';
import { drawOtherCandidate } from './other-candidate.js';

/** The probabilities are those of the instruction. */
export const mutateCategorical: Mutator = (trace, { rng }) =>
  mutateOneOf(trace, categoricalSteps(trace).other, rng, (step) => drawOtherCandidate(step, rng));
