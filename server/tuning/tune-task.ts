/**
 * @file Tuning one task: the baseline, then the search's candidates round by round, then the finalists against each
 * other. Every result is in the store before the next candidate is measured, so that a task can be taken up at any point.
 */
import {
  EMPTY_TRACE,
  type MeasureOutcome,
  type MeasureRequest,
  type RaceOutcome,
  type RaceRequest,
} from '../../shared/protocol/measure.js';
import type { TargetId } from '../../shared/protocol/target.js';
import type { Finalist } from './finals.js';
import type { Search, SearchedRound } from './search.js';
import type { PastTrial, Proposal, RoundRequest } from './strategies/round.js';

/** Fastest candidates that are measured again, with the baseline, against each other. */
const FINALISTS = 4;
/** With fewer, a kernel that is no faster would too often seem 3 % faster (tests/server/tuning/aa.test.ts). */
const FINAL_ROUNDS = 21;

/** What a task needs of the measuring side; a `MeasureQueue` is one. */
export interface Measurer {
  readonly measure: (request: MeasureRequest, signal?: AbortSignal) => Promise<MeasureOutcome>;
  readonly race: (request: RaceRequest, signal?: AbortSignal) => Promise<RaceOutcome>;
}

/** A trial and the round that proposed it. */
export interface StoredTrial extends PastTrial {
  readonly round: number;
}

/** Where a task's results are kept. */
export interface TaskStore {
  readonly hasBaseline: () => boolean;
  /** All trials but the baseline, in order. */
  readonly trials: () => readonly StoredTrial[];
  /** Time of the fastest candidate so far. */
  readonly bestNs: () => number | null;
  /** @returns whether the task is still open */
  readonly recordBaseline: (outcome: MeasureOutcome) => boolean;
  readonly recordRound: (request: RoundRequest, searched: SearchedRound) => void;
  /** @returns whether the task is still open */
  readonly recordTrial: (
    place: { readonly trial: number; readonly round: number },
    proposal: Proposal,
    outcome: MeasureOutcome,
  ) => boolean;
  /** The fastest candidates, at most `count`, and the baseline last, as far as they were measured. */
  readonly finalists: (count: number) => readonly Finalist[];
  readonly recordFinals: (finalists: readonly Finalist[], outcome: RaceOutcome) => void;
}

export interface TaskOptions {
  /** TVMScript with one function. */
  readonly script: string;
  readonly target: TargetId;
  readonly trials: number;
  readonly trialsPerRound: number;
  /** Rounds in a row without a proposal before the space counts as exhausted. */
  readonly maxEmptyRounds: number;
  readonly seed: number;
  /** Whether the time that the task may take is over. */
  readonly isOver: () => boolean;
  readonly signal: AbortSignal;
}

interface TaskParts {
  readonly search: Search;
  readonly measurer: Measurer;
  readonly store: TaskStore;
}

/** `done`: the budget is spent or the space is exhausted. `no_baseline`: the program itself cannot be measured. */
export type TaskEnd = 'done' | 'no_baseline' | 'interrupted';

/** Runs a task to its end, or until the signal. Results of what the signal interrupts are not kept. */
export async function tuneTask(options: TaskOptions, parts: TaskParts): Promise<TaskEnd> {
  const { script, target, signal } = options;
  const { measurer, store } = parts;
  if (!store.hasBaseline()) {
    const outcome = await measurer.measure({ script, target, trace: EMPTY_TRACE }, signal);
    if (signal.aborted || !store.recordBaseline(outcome)) return 'interrupted';
    if (outcome.status === 'failed') return 'no_baseline';
  }
  if (!(await measureRounds(options, parts))) return 'interrupted';
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
async function measureRounds(options: TaskOptions, parts: TaskParts): Promise<boolean> {
  const { trials, trialsPerRound, maxEmptyRounds, signal, isOver } = options;
  const { search, store } = parts;
  let emptyRounds = 0;
  // The last round may have been interrupted: it is proposed again, and what it has measured is not measured again.
  for (let round = store.trials().at(-1)?.round ?? 0; ; round++) {
    const history = store.trials().filter((trial) => trial.round < round);
    const firstTrial = history.length;
    if (firstTrial >= trials || isOver()) return !signal.aborted;
    const request = { round, firstTrial, size: Math.min(trialsPerRound, trials - firstTrial), history };
    const searched = await search.propose(request);
    if (signal.aborted) return false;
    store.recordRound(request, searched);
    if (!(await measureProposals(options, parts, request, searched.plan.proposals))) return false;
    emptyRounds = searched.plan.proposals.length === 0 ? emptyRounds + 1 : 0;
    if (searched.plan.exhausted || emptyRounds >= maxEmptyRounds) return !signal.aborted;
  }
}

/** @returns whether the task is still open */
async function measureProposals(
  { script, target, signal, isOver }: TaskOptions,
  { measurer, store }: TaskParts,
  { round, firstTrial }: RoundRequest,
  proposals: readonly Proposal[],
): Promise<boolean> {
  const done = new Set(store.trials().map(({ trial }) => trial));
  for (const [i, proposal] of proposals.entries()) {
    const trial = firstTrial + i;
    if (isOver()) return true;
    if (signal.aborted) return false;
    if (done.has(trial)) continue;
    const stopAboveNs = store.bestNs();
    const options = stopAboveNs === null ? {} : { stopAboveNs };
    const outcome = await measurer.measure({ script, target, trace: proposal.trace, options }, signal);
    if (signal.aborted || !store.recordTrial({ trial, round }, proposal, outcome)) return false;
  }
  return !signal.aborted;
}
