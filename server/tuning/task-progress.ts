/**
 * @file How far a task is. Pure: it follows from the rounds and trials that are stored, so a tune that was interrupted
 * goes on as if it had not been.
 */
import type { TrialRecord } from '../../db/candidates.js';
import type { RoundRecord } from '../../db/rounds.js';

export interface TaskHistory {
  /** How often the program runs in what it is a part of. */
  readonly weight: number;
  /** Nanoseconds; null when the program itself cannot be measured. */
  readonly baselineNs: number | null;
  readonly rounds: readonly RoundRecord[];
  /** All trials that have ended, in order. */
  readonly trials: readonly TrialRecord[];
  /** Nothing more is measured for it. */
  readonly isDone: boolean;
}

export interface TaskProgress {
  readonly weight: number;
  readonly isDone: boolean;
  /** Trials of complete rounds. */
  readonly trials: number;
  /** What searching and measuring took so far. */
  readonly seconds: number;
  /** Latency of the program itself; nanoseconds. */
  readonly baselineNs: number;
  /** The best latency, of the baseline too, after each complete round; nanoseconds. */
  readonly bestAfterRounds: readonly number[];
  /** The number among the rounds of the tune of each complete round. */
  readonly turns: readonly number[];
  /** Complete rounds without a proposal, since the last that had one. */
  readonly emptyRounds: number;
  /** The search has nothing more to propose. */
  readonly isExhausted: boolean;
  /** The round that was begun and not finished; the next one to work on, if there is one. */
  readonly openRound: RoundRecord | null;
}

export function progressOf({ weight, baselineNs, rounds, trials, isDone }: TaskHistory): TaskProgress {
  const last = rounds.at(-1);
  const isOpen = last !== undefined && trials.length < last.firstTrial + last.proposed;
  const complete = isOpen ? rounds.slice(0, -1) : rounds;
  const bestAfterRounds: number[] = [];
  let best = baselineNs ?? Infinity;
  for (const { firstTrial, proposed } of complete) {
    for (const { latencyNs } of trials.slice(firstTrial, firstTrial + proposed)) {
      best = Math.min(best, latencyNs ?? Infinity);
    }
    bestAfterRounds.push(best);
  }
  return {
    weight,
    isDone,
    trials: isOpen ? last.firstTrial : trials.length,
    seconds: rounds.reduce((sum, round) => sum + secondsOf(round, trials), 0),
    baselineNs: baselineNs ?? Infinity,
    bestAfterRounds,
    turns: complete.map(({ turn }) => turn),
    emptyRounds: complete.length - 1 - complete.findLastIndex(({ proposed }) => proposed > 0),
    isExhausted: complete.at(-1)?.exhausted ?? false,
    openRound: isOpen ? last : null,
  };
}

/** From the beginning of the search to the end of the round's last trial; without the time that the service was down. */
function secondsOf(
  { firstTrial, proposed, createdAt, searchMs }: RoundRecord,
  trials: readonly TrialRecord[],
): number {
  const lastTrial = trials.slice(firstTrial, firstTrial + proposed).at(-1);
  const measuring = Math.max(0, (lastTrial?.createdAt ?? createdAt) - createdAt);
  return (searchMs + measuring) / 1000;
}
