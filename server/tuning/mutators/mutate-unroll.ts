/** @file Mutator mutate-unroll: another number of steps to unroll, where it is drawn for the root block's annotation. */
import { isRV, type RV } from '../../../shared/schedule/random-variable.js';
import type { Trace } from '../../../shared/schedule/trace.js';
import { UNROLL_EXPLICIT, UNROLL_IMPLICIT } from '../rules/parallelize-vectorize-unroll.js';
import { decidedStepsOf, mutateOneOf, type DecidedStepOf } from './decided-step.js';
import type { Mutator } from './mutator.js';
import { drawOtherCandidate } from './other-candidate.js';

/** The probabilities are those of the instruction. */
export const mutateUnroll: Mutator = (trace, { rng }) =>
  mutateOneOf(trace, categoricalSteps(trace).unroll, rng, (step) => drawOtherCandidate(step, rng));

/** The categorical draws of a trace: those of steps to unroll, and all others. */
export function categoricalSteps(trace: Trace): {
  readonly unroll: readonly DecidedStepOf<'SampleCategorical'>[];
  readonly other: readonly DecidedStepOf<'SampleCategorical'>[];
} {
  const annotated = new Set<RV>();
  for (const { kind, args } of trace.insts) {
    if (kind !== 'Annotate' || !isRV(args.annVal)) continue;
    if (args.annKey === UNROLL_EXPLICIT || args.annKey === UNROLL_IMPLICIT) annotated.add(args.annVal);
  }
  const steps = decidedStepsOf(trace, 'SampleCategorical');
  const isUnroll = ({ inst }: DecidedStepOf<'SampleCategorical'>): boolean =>
    inst.outputs.some((rv) => annotated.has(rv));
  return { unroll: steps.filter(isUnroll), other: steps.filter((step) => !isUnroll(step)) };
}
