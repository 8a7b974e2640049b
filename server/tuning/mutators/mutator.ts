/** @file Mutators: from a trace to another one that differs in one step, nearly always in its decision. */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { drawCategorical } from '../../../shared/schedule/primitives/sampling.js';
import type { Trace } from '../../../shared/schedule/trace.js';
import { at } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';
import type { Replayer } from '../strategies/replayer.js';
import { shuffled } from './shuffled.js';

/**
 * A trace that differs from its parent in one decision, or in the value of one annotation (mutate-parallel.ts). It has no postprocessing, even if the parent had.
 */
export interface Mutation {
  readonly trace: Trace;
  /** For people, e.g. `sample_perfect_tile l4: [8, 16] -> [16, 8]`; random variables as in the trace's text. */
  readonly text: string;
}

export interface MutatorContext {
  /** The program that the trace is for. */
  readonly func: PrimFunc;
  readonly rng: Rng;
  /** Saves work when traces of one program are looked at again and again. */
  readonly replay?: Replayer;
}

/**
 * Changes one decision that the trace records, or one annotation; `null`: there is nothing to change. Decisions that
 * are not recorded stay so.
 *
 * @param trace one that replays on the context's program
 * @throws ScheduleError when the mutator needs to replay the trace and it does not.
 */
export type Mutator = (trace: Trace, context: MutatorContext) => Mutation | null;

/** Weights are relative; one mutator is drawn per child. One of weight 0 is never used. */
export type WeightedMutators = readonly (readonly [mutator: Mutator, weight: number])[];

/**
 * Mutates a trace by a mutator that is drawn by weight. When it has nothing to change, the others are tried in random
 * order.
 *
 * @throws ScheduleError as mutators do.
 */
export function mutate(trace: Trace, mutators: WeightedMutators, context: MutatorContext): Mutation | null {
  const usable = mutators.filter(([, weight]) => weight > 0);
  if (usable.length === 0) return null;
  const weights = usable.map(([, weight]) => weight);
  const drawn = at(usable, drawCategorical(weights, context.rng));
  const others = usable.filter((other) => other !== drawn);
  for (const [mutator] of [drawn, ...shuffled(others, context.rng)]) {
    const mutation = mutator(trace, context);
    if (mutation !== null) return mutation;
  }
  return null;
}
