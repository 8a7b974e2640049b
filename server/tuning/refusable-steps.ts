/** @file Steps that a program may refuse: programs differ more than whoever makes a space can know beforehand. */
import { attempt } from '../../shared/schedule/errors.js';
import type { Schedule } from '../../shared/schedule/schedule.js';

/** Takes steps on the schedule itself until one is refused. @returns whether all were taken */
export function tryStep(steps: () => unknown): boolean {
  return attempt(
    () => {
      steps();
      return true;
    },
    () => false,
  );
}

/** A copy of the design with steps taken on it; none when one of them is refused. */
export function fork(sch: Schedule, steps: (copy: Schedule) => void): Schedule[] {
  const copy = sch.copy();
  return tryStep(() => steps(copy)) ? [copy] : [];
}
