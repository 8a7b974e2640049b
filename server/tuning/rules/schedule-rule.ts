/** @file Schedule rules: what a space knows to do with one block. */
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
