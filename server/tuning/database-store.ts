/** @file A task's results in the database. */
import { BASELINE_TRIAL, NO_ORIGIN } from '../../db/candidate-record.js';
import {
  endedTrials,
  failureReasons,
  fastestCandidates,
  findMeasured,
  listCandidates,
  type TrialRecord,
} from '../../db/candidates.js';
import type { Database } from '../../db/open.js';
import { recordFinals, recordTaskDone, recordTrial, type TrialResult } from '../../db/outcomes.js';
import { findModel, listRounds, recordRound, type RoundRecord } from '../../db/rounds.js';
import { taskOf, type TaskRecord } from '../../db/tune-record.js';
import { getTune } from '../../db/tunes.js';
import { EMPTY_TRACE, type Failed, type MeasureOutcome } from '../../shared/protocol/measure.js';
import type { TuneError } from '../../shared/protocol/tune.js';
import { jsonHash } from '../json-hash.js';
import { decideFinals, type Finalist } from './finals.js';
import type { TaskStore } from './tune-task.js';

/** Reasons that are named when a task comes to nothing. */
const REASONS = 3;

export interface DatabaseStoreOptions {
  readonly db: Database;
  readonly tuneId: string;
  /** Position of the task among those of the tune. */
  readonly task: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Called after every commit. */
  readonly changed: () => void;
}

/** @throws InputError `TUNE_NOT_FOUND`, `TASK_NOT_FOUND`. */
export function databaseStore({ db, tuneId, task, clock, changed }: DatabaseStoreOptions): TaskStore {
  const present = (): TaskRecord => taskOf(getTune(db, tuneId), task);
  const taskId = present().id;
  const trials: TrialRecord[] = endedTrials(db, taskId);
  const rounds: RoundRecord[] = listRounds(db, taskId);
  const baseline = (): MeasureOutcome | null => {
    const [first] = listCandidates(db, taskId, { limit: 1 });
    return first?.trial === BASELINE_TRIAL ? first.outcome : null;
  };
  const record = (result: Omit<TrialResult, 'taskId'>): boolean => {
    const stored = recordTrial(db, { ...result, taskId });
    changed();
    return stored !== 'closed';
  };
  return {
    baseline,
    rounds: () => rounds,
    trials: () => trials,
    modelOf: (round) => {
      const model = findModel(db, taskId);
      return model?.round === round ? model.snapshot : null;
    },
    bestNs: () => present().bestNs,
    isDone: () => present().done,
    recordBaseline: (outcome) =>
      record({
        trial: BASELINE_TRIAL,
        round: 0,
        trace: EMPTY_TRACE,
        traceHash: jsonHash(EMPTY_TRACE),
        programHash: null,
        origin: NO_ORIGIN,
        predicted: null,
        outcome,
        at: clock(),
      }),
    recordRound: ({ round, turn, firstTrial }, { plan, searchMs }) => {
      if (rounds.some((known) => known.round === round)) return; // was interrupted, and is the same again
      const { generated, rejected, proposals, exhausted } = plan;
      const counts = { proposed: proposals.length, generated, rejected };
      const added = { round, turn, firstTrial, ...counts, searchMs, exhausted, createdAt: clock() };
      recordRound(db, taskId, added, plan.model);
      rounds.push(added);
    },
    recordTrial: (place, proposal, outcome) => {
      const createdAt = clock();
      const isOpen = record({ ...place, ...proposal, outcome, at: createdAt });
      const { trace, traceHash, programHash } = proposal;
      const latencyNs = outcome.status === 'measured' ? outcome.medianNs : null;
      trials.push({ ...place, trace, traceHash, programHash, latencyNs, createdAt });
      return isOpen;
    },
    finalists: (count) => {
      const fastest = fastestCandidates(db, taskId, count + 1).filter(
        ({ trial }) => trial !== BASELINE_TRIAL,
      );
      const unscheduled = findMeasured(db, taskId, BASELINE_TRIAL);
      const finalists = fastest.slice(0, count).map(({ trial, trace }): Finalist => ({ trial, trace }));
      return unscheduled === undefined
        ? finalists
        : [...finalists, { trial: null, trace: unscheduled.trace }];
    },
    recordFinals: (finalists, outcome) => {
      const finals = decideFinals(finalists, outcome);
      if (finals === null) return;
      recordFinals(db, { ...finals, taskId, at: clock() });
      changed();
    },
    error: () => {
      const outcome = baseline();
      return outcome?.status === 'failed' ? baselineFailed(outcome) : noCandidate(db, present());
    },
    recordDone: (error) => {
      const stored = recordTaskDone(db, { taskId, error, at: clock() });
      changed();
      return stored !== 'closed';
    },
  };
}

function baselineFailed({ code, message }: Failed): TuneError {
  return {
    code: 'BASELINE_FAILED',
    message: 'the program itself could not be measured',
    reasons: [{ code, count: 1, message }],
  };
}

/** Null when a candidate was measured, and when none was tried. */
function noCandidate(db: Database, { id, measured, failed }: TaskRecord): TuneError | null {
  if (measured > 0 || failed === 0) return null;
  const reasons = failureReasons(db, id, REASONS);
  return { code: 'NO_CANDIDATE', message: `all ${failed} candidates failed`, reasons: [...reasons] };
}
