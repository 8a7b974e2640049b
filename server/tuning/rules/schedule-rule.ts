/** @file Schedule rules: what a space knows to do with one block. */
import { ScheduleError } from '../../../shared/schedule/errors.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import type { SpaceContext } from '../space.js';

/** Annotation of a block that only the custom rule of that name may be applied to; `None`: no rule at all. */
export const SCHEDULE_RULE = 'schedule_rule';

/**
 * Applies itself to a block, by changing the schedule that it is given or copies of it.
 *
 * @returns the designs to go on with; the schedule as it was, if the rule has nothing to do
 */
export type ScheduleRule = ((sch: Schedule, block: BlockRV, context: SpaceContext) => readonly Schedule[]) & {
  /** Whether it is for the blocks that are annotated `schedule_rule`, too. */
  readonly forAnnotatedBlocks?: boolean;
};

/** Takes a step that may be illegal for the program. @returns what the step gives; `null` when it was refused */
export function attempt<T>(step: () => T): T | null {
  try {
    return step();
  } catch (error) {
    if (error instanceof ScheduleError) return null;
    throw error;
  }
}

/** Takes steps on the schedule itself until one is refused. @returns whether all were taken */
export function tryStep(steps: () => unknown): boolean {
  return attempt(() => [steps()]) !== null;
}

/** A copy of the design with steps taken on it; none when one of them is refused. */
export function fork(sch: Schedule, steps: (copy: Schedule) => void): Schedule[] {
  const copy = sch.copy();
  return tryStep(() => steps(copy)) ? [copy] : [];
}
