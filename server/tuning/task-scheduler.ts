/**
 * @file Which of a tune's tasks gets the next round. Pure: it sees how far the tasks are and picks one.
 *
 * `gradient` is Ansor's and TVM's: after one round each, the task whose weighted latency is expected to fall most. The
 * expectation mixes what the last rounds brought with what is left if the task went on as it has from the beginning:
 *
 *   weight * (alpha * (best[n-1-w] - best[n-1]) / w + (1 - alpha) * best[n-1] / n)
 *
 * with `best[i]` the task's best latency after round i, n its rounds and w the window.
 */
import { at, invariant } from '../../shared/support/errors.js';
import type { Rng } from '../../shared/support/rng.js';

/** What a scheduler looks at; a `TaskProgress` is one. */
export interface SchedulerTask {
  /** How often the program runs in what it is a part of. */
  readonly weight: number;
  /** The best latency, of the baseline too, after each round so far; nanoseconds. */
  readonly bestAfterRounds: readonly number[];
  /** No further round would bring anything. */
  readonly isDone: boolean;
}

export type Scheduler = (tasks: readonly SchedulerTask[], rng: Rng) => number | null;

export interface GradientOptions {
  /** Part of what the last rounds brought, in [0, 1]. TVM's default 0.2. */
  readonly alpha: number;
  /** Rounds that count as the last ones. TVM's default 3. */
  readonly window: number;
}

/** The tasks in turn. @returns an index, null when all are done. */
export const roundRobin: Scheduler = (tasks) => {
  let least: number | null = null;
  for (const [i, task] of tasks.entries()) {
    if (task.isDone) continue;
    if (least === null || task.bestAfterRounds.length < at(tasks, least).bestAfterRounds.length) least = i;
  }
  return least;
};

/** The task with the steepest expected gain; ties are broken at random. @returns an index, null when all are done. */
export function gradient(options: GradientOptions): Scheduler {
  return (tasks, rng) => {
    const open = tasks.flatMap((task, i) => (task.isDone ? [] : [i]));
    const untouched = open.find((i) => at(tasks, i).bestAfterRounds.length === 0);
    if (untouched !== undefined) return untouched;
    const gains = open.map((i) => expectedGain(at(tasks, i), options));
    const most = gains.reduce((a, b) => Math.max(a, b), -Infinity);
    const best = open.filter((_, k) => gains[k] === most);
    return best.length === 0 ? null : at(best, best.length === 1 ? 0 : rng.nextInt(best.length));
  };
}

/** Nanoseconds per round, weighted. */
function expectedGain(
  { weight, bestAfterRounds }: SchedulerTask,
  { alpha, window }: GradientOptions,
): number {
  const n = bestAfterRounds.length;
  invariant(n > 0, 'the gain of a task without a round is not known');
  const last = at(bestAfterRounds, n - 1);
  const recent = n > window ? (at(bestAfterRounds, n - 1 - window) - last) / window : 0;
  return weight * (alpha * recent + (1 - alpha) * (last / n));
}
