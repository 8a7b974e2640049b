/**
 * @file The steps of tuning one task: the baseline, rounds of the search's candidates, the finalists against each other.
 * Every result is in the store before the next candidate is measured, so that a task can be taken up at any point.
 */
import type { TrialRecord } from '../../db/candidates.js';
import type { RoundRecord } from '../../db/rounds.js';
import {
  EMPTY_TRACE,
  MeasureOptionsSchema,
  type MeasureOutcome,
  type MeasureRequest,
  type RaceOutcome,
  type RaceRequest,
} from '../../shared/protocol/measure.js';
import type { ModelSnapshot } from '../../shared/protocol/model.js';
import type { TargetId } from '../../shared/protocol/target.js';
import type { TuneError } from '../../shared/protocol/tune.js';
import type { Finalist } from './finals.js';
import type { Turn } from './next-turn.js';
import type { Search, SearchedRound } from './search.js';
import type { Proposal } from './strategies/round.js';

/** Fastest candidates that are measured again, with the baseline, against each other. */
const FINALISTS = 4;
/** With fewer, a kernel that is no faster would too often seem 3 % faster (tests/server/tuning/aa.test.ts). */
const FINAL_ROUNDS = 21;

/**
 * For jobs that run the program without a schedule, which may be a hundred times slower than any candidate that counts,
 * and must not fail for that.
 */
const PATIENT = MeasureOptionsSchema.parse({ timeoutMs: 60_000 });

/** What a task needs of the measuring side; a `MeasureQueue` is one. */
export interface Measurer {
  readonly measure: (request: MeasureRequest, signal?: AbortSignal) => Promise<MeasureOutcome>;
  readonly race: (request: RaceRequest, signal?: AbortSignal) => Promise<RaceOutcome>;
}

/** Where a task's results are kept. Writing tells whether the tune is still open. */
export interface TaskStore {
  /** What became of the baseline; null before it was measured. */
  readonly baseline: () => MeasureOutcome | null;
  readonly rounds: () => readonly RoundRecord[];
  /** All trials but the baseline, in order. */
  readonly trials: () => readonly TrialRecord[];
  /** The model by which a round was judged, when it was proposed before. */
  readonly modelOf: (round: number) => ModelSnapshot | null;
  /** Time of the fastest candidate so far. */
  readonly bestNs: () => number | null;
  readonly isDone: () => boolean;
  readonly recordBaseline: (outcome: MeasureOutcome) => boolean;
  readonly recordRound: (turn: Turn, searched: SearchedRound) => void;
  readonly recordTrial: (
    place: { readonly trial: number; readonly round: number },
    proposal: Proposal,
    outcome: MeasureOutcome,
  ) => boolean;
  /** The fastest candidates, at most `count`, and the baseline last, as far as they were measured. */
  readonly finalists: (count: number) => readonly Finalist[];
  readonly recordFinals: (finalists: readonly Finalist[], outcome: RaceOutcome) => void;
  /** Why nothing came of the task, as things stand; null when something did, or when nothing was tried. */
  readonly error: () => TuneError | null;
  readonly recordDone: (error: TuneError | null) => boolean;
}

export interface Task {
  /** TVMScript with one function. */
  readonly script: string;
  readonly target: TargetId;
  readonly weight: number;
  readonly seed: number;
  /** Asked for after the baseline. */
  readonly search: () => Search;
  readonly measurer: Measurer;
  readonly store: TaskStore;
  readonly signal: AbortSignal;
}

/** A step is `interrupted` by the signal or because the tune was closed; results of what it interrupts are not kept. */
export type StepEnd = 'done' | 'interrupted';

/** Measures the program without a schedule, unless that was done before. */
export async function measureBaseline({ script, target, measurer, store, signal }: Task): Promise<StepEnd> {
  if (store.baseline() !== null) return 'done';
  const request = { script, target, trace: EMPTY_TRACE, options: PATIENT };
  const outcome = await measurer.measure(request, signal);
  return !signal.aborted && store.recordBaseline(outcome) ? 'done' : 'interrupted';
}

/**
 * Has a round proposed and measures what of it was not measured before.
 * @param isOver whether there is no time for a further candidate
 * @returns `over` when that was so before the round was complete
 */
export async function measureRound(task: Task, turn: Turn, isOver: () => boolean): Promise<StepEnd | 'over'> {
  const { script, target, measurer, store, signal } = task;
  const { round, firstTrial, size, spent } = turn;
  const history = store.trials().slice(0, firstTrial);
  const model = store.modelOf(round);
  const searched = await task.search().propose({ round, firstTrial, size, spent, history, model });
  if (signal.aborted) return 'interrupted';
  store.recordRound(turn, searched);
  const known = store.trials().length - firstTrial;
  for (const [i, proposal] of searched.plan.proposals.entries()) {
    if (i < known) continue;
    if (isOver()) return 'over';
    if (signal.aborted) return 'interrupted';
    const stopAboveNs = store.bestNs();
    const options = stopAboveNs === null ? {} : { stopAboveNs };
    const outcome = await measurer.measure({ script, target, trace: proposal.trace, options }, signal);
    if (signal.aborted || !store.recordTrial({ trial: firstTrial + i, round }, proposal, outcome))
      return 'interrupted';
  }
  return signal.aborted ? 'interrupted' : 'done';
}

/** Decides between the fastest candidates, and closes the task. */
export async function endTask({ script, target, seed, measurer, store, signal }: Task): Promise<StepEnd> {
  const finalists = store.finalists(FINALISTS);
  if (finalists.length > 1) {
    const traces = finalists.map(({ trace }) => trace);
    const request = { script, target, traces, rounds: FINAL_ROUNDS, seed, options: PATIENT };
    const outcome = await measurer.race(request, signal);
    if (signal.aborted) return 'interrupted';
    store.recordFinals(finalists, outcome);
  }
  return store.recordDone(store.error()) ? 'done' : 'interrupted';
}
