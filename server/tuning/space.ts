/**
 * @file Spaces: what a tune searches. A space generator turns a program into designs: schedules whose sampling steps
 * have been drawn once. Every trace with the instructions of a design and other decisions belongs to the space.
 */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { Target } from '../../shared/protocol/target.js';
import { createSchedule, type Schedule } from '../../shared/schedule/schedule.js';
import type { Rng } from '../../shared/support/rng.js';
import type { WeightedMutators } from './mutators/mutator.js';

/** What may be known when a space is made. */
export interface SpaceContext {
  readonly target: Target;
  readonly rng: Rng;
}

/** Makes the designs of a program; none when it knows nothing to do with it. */
export type SpaceGenerator = (func: PrimFunc, context: SpaceContext) => readonly Schedule[];

/** The space of a user's own function, which transforms the one schedule it is given. */
export function spaceOf(transform: (sch: Schedule) => void): SpaceGenerator {
  return (func, { rng }) => {
    const schedule = createSchedule(func, { rng });
    transform(schedule);
    return [schedule];
  };
}

/** All designs of several generators. */
export function spaceUnion(...generators: readonly SpaceGenerator[]): SpaceGenerator {
  return (func, context) => generators.flatMap((generator) => generator(func, context));
}

/**
 * What is done to a schedule after sampling: it may transform it, and refuses those that are not worth building by
 * returning false or throwing a `ScheduleError`.
 */
export type Postproc = (schedule: Schedule, target: Target) => boolean;

/** A space with what belongs to it. */
export interface SearchSpace {
  readonly generate: SpaceGenerator;
  /** By name, in order. */
  readonly postprocs: Readonly<Record<string, Postproc>>;
  readonly mutators: WeightedMutators;
}
