/** @file Tuning the tasks of a tune: their rounds take turns until the budget is spent. */
import type { Budget } from '../../shared/protocol/budget.js';
import type { SearchOptions } from '../../shared/protocol/search-options.js';
import { at } from '../../shared/support/errors.js';
import { isTaskOver, nextTurn, type TurnOptions } from './next-turn.js';
import { progressOf, type TaskProgress } from './task-progress.js';
import { endTask, measureBaseline, measureRound, type StepEnd, type Task } from './tune-task.js';

export interface TuneOptions {
  readonly budget: Budget;
  readonly search: SearchOptions;
  readonly seed: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly clock: () => number;
}

/** Goes on from what the stores hold, to the end of every task or until it is interrupted. */
export async function tuneTasks(tasks: readonly Task[], options: TuneOptions): Promise<StepEnd> {
  for (const task of tasks) {
    if ((await measureBaseline(task)) === 'interrupted') return 'interrupted';
  }
  for (;;) {
    const progress = tasks.map(progressOfTask);
    const turnOptions = { ...options, seconds: secondsSince(options) };
    if ((await endTasks(tasks, progress, turnOptions)) === 'interrupted') return 'interrupted';
    const turn = nextTurn(progress, turnOptions);
    if (turn === null) break;
    const isOver = deadlineOf(at(progress, turn.task), options);
    const task = at(tasks, turn.task);
    const end = await measureRound(task, turn, isOver);
    if (end === 'interrupted' || (end === 'over' && (await endTask(task)) === 'interrupted'))
      return 'interrupted';
  }
  for (const task of tasks) {
    if (!task.store.isDone() && (await endTask(task)) === 'interrupted') return 'interrupted';
  }
  return 'done';
}

function progressOfTask({ weight, store }: Task): TaskProgress {
  const baseline = store.baseline();
  return progressOf({
    weight,
    baselineNs: baseline?.status === 'measured' ? baseline.medianNs : null,
    rounds: store.rounds(),
    trials: store.trials(),
    // What cannot be measured as it is has nothing to be compared with.
    isDone: store.isDone() || baseline?.status === 'failed',
  });
}

/** Ends the tasks of which nothing more is to be searched; the others go on with the rest of the budget. */
async function endTasks(
  tasks: readonly Task[],
  progress: readonly TaskProgress[],
  options: TurnOptions,
): Promise<StepEnd> {
  for (const [i, task] of tasks.entries()) {
    if (task.store.isDone() || !isTaskOver(at(progress, i), options)) continue;
    if ((await endTask(task)) === 'interrupted') return 'interrupted';
  }
  return 'done';
}

function secondsSince({ clock, startedAt }: TuneOptions): number {
  return (clock() - startedAt) / 1000;
}

/** Whether the time is over, of the tune or of a task that goes on now. */
function deadlineOf({ seconds }: TaskProgress, options: TuneOptions): () => boolean {
  const { budget, clock } = options;
  const resumedAt = clock();
  return () =>
    secondsSince(options) >= (budget.seconds ?? Infinity) ||
    seconds + (clock() - resumedAt) / 1000 >= (budget.perTask.seconds ?? Infinity);
}
