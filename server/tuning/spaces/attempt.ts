/** @file Rules that a program may refuse: block structures differ more than a rule can know beforehand. */
import { ScheduleError } from '../../../shared/schedule/errors.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';

/** A copy of the design with a rule applied; null when one of the rule's steps is illegal for it. */
export function attempt(design: Schedule, rule: (copy: Schedule) => void): Schedule | null {
  const copy = design.copy();
  try {
    rule(copy);
    return copy;
  } catch (error) {
    if (error instanceof ScheduleError) return null;
    throw error;
  }
}
