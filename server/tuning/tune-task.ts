/**
 * @file Tuning one task: the baseline, then the search's candidates one by one, then the finalists against each other.
 * Every result is in the store before the next candidate is asked for, so that a task can be taken up at any point.
 */
import {
  EMPTY_TRACE,
  type MeasureOutcome,
  type MeasureRequest,
  type RaceOutcome,
  type RaceRequest,
  type TraceJson,
} from '../../shared/protocol/measure.js';
import type { TargetId } from '../../shared/protocol/target.js';
import type { Search } from './search.js';
import type { Proposal } from './strategies/strategy.js';

/** Candidates that are asked of the search at a time. */
const BATCH = 16;
/** Fastest candidates that are measured again, with the baseline, against each other. */
const FINALISTS = 4;
const FINAL_ROUNDS = 11;

/** What a task needs of the measuring side; a `MeasureQueue` is one. */
export interface Measurer {
  readonly measure: (request: MeasureRequest, signal?: AbortSignal) => Promise<MeasureOutcome>;
  readonly race: (request: RaceRequest, signal?: AbortSignal) => Promise<RaceOutcome>;
}

export interface Finalist {
  /** `null` is the baseline. */
  readonly trial: number | null;
  readonly trace: TraceJson;
}

/** Where a task's results are kept. */
export interface TaskStore {
  readonly hasBaseline: () => boolean;
  readonly hasTrial: (trial: number) => boolean;
  /** Time of the fastest candidate so far. */
  readonly bestNs: () => number | null;
  /** @returns whether the task is still open */
  readonly recordBaseline: (outcome: MeasureOutcome) => boolean;
  /** @returns whether the task is still open */
  readonly recordTrial: (trial: number, proposal: Proposal, outcome: MeasureOutcome) => boolean;
  /** The fastest candidates, at most `count`, and the baseline last, as far as they were measured. */
  readonly finalists: (count: number) => readonly Finalist[];
  readonly recordFinals: (finalists: readonly Finalist[], outcome: RaceOutcome) => void;
}

export interface TaskOptions {
  /** TVMScript with one function. */
  readonly script: string;
  readonly target: TargetId;
  readonly trials: number;
  readonly seed: number;
  /** Whether the time that the task may take is over. */
  readonly isOver: () => boolean;
  readonly signal: AbortSignal;
}

/** `done`: the budget is spent or the space is exhausted. `no_baseline`: the program itself cannot be measured. */
export type TaskEnd = 'done' | 'no_baseline' | 'interrupted';

/** Runs a task to its end, or until the signal. Results of what the signal interrupts are not kept. */
export async function tuneTask(
  options: TaskOptions,
  parts: { readonly search: Search; readonly measurer: Measurer; readonly store: TaskStore },
): Promise<TaskEnd> {
  const { script, target, signal } = options;
  const { measurer, store } = parts;
  if (!store.hasBaseline()) {
    const outcome = await measurer.measure({ script, target, trace: EMPTY_TRACE }, signal);
    if (signal.aborted || !store.recordBaseline(outcome)) return 'interrupted';
    if (outcome.status === 'failed') return 'no_baseline';
  }
  if (!(await measureProposals(options, parts))) return 'interrupted';
  const finalists = store.finalists(FINALISTS);
  if (finalists.length > 1) {
    const traces = finalists.map((finalist) => finalist.trace);
    const outcome = await measurer.race(
      { script, target, traces, rounds: FINAL_ROUNDS, seed: options.seed },
      signal,
    );
    if (signal.aborted) return 'interrupted';
    store.recordFinals(finalists, outcome);
  }
  return 'done';
}

/** @returns whether the task ran to its end */
async function measureProposals(
  options: TaskOptions,
  {
    search,
    measurer,
    store,
  }: { readonly search: Search; readonly measurer: Measurer; readonly store: TaskStore },
): Promise<boolean> {
  const { script, target, trials, signal } = options;
  for (let from = 0; from < trials; from += BATCH) {
    const count = Math.min(BATCH, trials - from);
    const proposals = await search.propose(from, count);
    if (signal.aborted) return false;
    for (const [i, proposal] of proposals.entries()) {
      if (options.isOver()) return true;
      if (signal.aborted) return false;
      if (store.hasTrial(from + i)) continue;
      const stopAboveNs = store.bestNs();
      const request = {
        script,
        target,
        trace: proposal.trace,
        options: stopAboveNs === null ? {} : { stopAboveNs },
      };
      const outcome = await measurer.measure(request, signal);
      if (signal.aborted || !store.recordTrial(from + i, proposal, outcome)) return false;
    }
    if (proposals.length < count) return true;
  }
  return !signal.aborted;
}
