/**
 * @file Which task of a tune gets the next round, how large it is, and when budgets are spent. Pure: a function of the
 * progress of the tasks, the budget and the time.
 */
import type { Budget } from '../../shared/protocol/budget.js';
import type { SearchOptions } from '../../shared/protocol/search-options.js';
import { at } from '../../shared/support/errors.js';
import { createRng } from '../../shared/support/rng.js';
import { sum } from '../../shared/support/statistics.js';
import type { TaskProgress } from './task-progress.js';
import { gradient, roundRobin, type Scheduler } from './task-scheduler.js';

/** A round that brings less is none that improved anything: noise alone brings some. */
const MIN_IMPROVEMENT = 0.01;

export interface TurnOptions {
  readonly budget: Budget;
  readonly search: SearchOptions;
  readonly seed: number;
  /** Since the tune began. */
  readonly seconds: number;
}

export interface Turn {
  /** Index of the task. */
  readonly task: number;
  /** Number of this round among the rounds of the tune, from 0. */
  readonly turn: number;
  /** Number of the round among those of its task. */
  readonly round: number;
  readonly firstTrial: number;
  /** Proposals at most. */
  readonly size: number;
  /** The part of the trials that is spent, of the tune's or of the task's, whichever is more; in [0, 1). */
  readonly spent: number;
}

/** Whether nothing more is to be searched for a task, whatever the tune's budget. */
export function isTaskOver(task: TaskProgress, { budget: { perTask }, search }: TurnOptions): boolean {
  return (
    task.isDone ||
    task.isExhausted ||
    task.emptyRounds >= search.maxEmptyRounds ||
    task.trials >= (perTask.trials ?? Infinity) ||
    task.seconds >= (perTask.seconds ?? Infinity) ||
    isStalled([task.baselineNs, ...task.bestAfterRounds], perTask.patience)
  );
}

/** @returns null when the tune's budget is spent or no task is left to be searched */
export function nextTurn(tasks: readonly TaskProgress[], options: TurnOptions): Turn | null {
  const { budget, search, seed, seconds } = options;
  const spentTrials = sum(tasks.map(({ trials }) => trials));
  if (
    spentTrials >= budget.trials ||
    seconds >= (budget.seconds ?? Infinity) ||
    isStalled(latencyAfterTurns(tasks), budget.patience)
  )
    return null;
  const over = tasks.map((task) => isTaskOver(task, options));
  const begun = tasks.findIndex(({ openRound }, i) => openRound !== null && over[i] === false);
  const turn = sum(tasks.map(({ turns }) => turns.length));
  const rng = createRng(seed).fork(`turn ${turn}`);
  const states = tasks.map((task, i) => ({ ...task, isDone: at(over, i) }));
  const chosen = begun >= 0 ? begun : schedulerOf(search)(states, rng);
  if (chosen === null) return null;
  const task = at(tasks, chosen);
  const taskTrials = budget.perTask.trials ?? Infinity;
  return {
    task: chosen,
    turn,
    round: task.turns.length,
    firstTrial: task.trials,
    size: Math.min(search.trialsPerRound, budget.trials - spentTrials, taskTrials - task.trials),
    spent: Math.max(spentTrials / budget.trials, task.trials / taskTrials),
  };
}

function schedulerOf({ scheduler }: SearchOptions): Scheduler {
  return scheduler.kind === 'gradient' ? gradient(scheduler) : roundRobin;
}

/** The weighted sum of the best latencies, of tasks that have one, at the beginning and after each round of the tune. */
function latencyAfterTurns(tasks: readonly TaskProgress[]): number[] {
  const known = tasks.filter(({ baselineNs }) => Number.isFinite(baselineNs));
  const best = known.map(({ weight, baselineNs }) => weight * baselineNs);
  const ends = known.flatMap(({ turns }, task) => turns.map((turn, round) => ({ turn, task, round })));
  const sums = [sum(best)];
  for (const { task, round } of ends.toSorted((a, b) => a.turn - b.turn)) {
    const { weight, bestAfterRounds } = at(known, task);
    best[task] = weight * at(bestAfterRounds, round);
    sums.push(sum(best));
  }
  return sums;
}

/** Whether the last `patience` entries have brought no improvement. */
function isStalled(latencies: readonly number[], patience: number | null): boolean {
  if (patience === null || latencies.length <= patience) return false;
  const before = at(latencies, latencies.length - 1 - patience);
  return at(latencies, latencies.length - 1) > (1 - MIN_IMPROVEMENT) * before;
}
