/** @file Mutator mutate-compute-location: computes a block at another of the places where it may be computed. */
import { collectComputeLocations } from '../../../shared/schedule/primitives/compute-location.js';
import type { Trace } from '../../../shared/schedule/trace.js';
import { at } from '../../../shared/support/errors.js';
import {
  decidedStepsOf,
  mutateOneOf,
  siteOf,
  type Alternatives,
  type DecidedStepOf,
} from './decided-step.js';
import type { Mutator, MutatorContext } from './mutator.js';

/** All other places are equally likely. */
export const mutateComputeLocation: Mutator = (trace, context) =>
  mutateOneOf(trace, decidedStepsOf(trace, 'SampleComputeLocation'), context.rng, (step) => {
    const { others } = locationAlternatives(trace, step, context);
    return others.length === 0 ? null : at(others, context.rng.nextInt(others.length));
  });

/**
 * The places of the step's block, from inlined to the innermost loop.
 *
 * @throws ScheduleError when the trace does not replay.
 */
export function locationAlternatives(
  trace: Trace,
  original: DecidedStepOf<'SampleComputeLocation'>,
  context: MutatorContext,
): Alternatives<number> {
  const { schedule, step } = siteOf(trace, original, context);
  const block = schedule.get(step.inst.args.block).name;
  const others = collectComputeLocations(schedule.state, block)
    .map(({ index }) => index)
    .filter((index) => index !== step.decision);
  return { current: step.decision, others };
}
