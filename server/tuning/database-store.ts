/** @file A task's results in the database. */
import { createHash } from 'node:crypto';
import { BASELINE_TRIAL, NO_ORIGIN } from '../../db/candidate-record.js';
import {
  endedTrials,
  fastestCandidates,
  findMeasured,
  listCandidates,
  type TrialRecord,
} from '../../db/candidates.js';
import type { Database } from '../../db/open.js';
import { recordFinals, recordTrial, type TrialResult } from '../../db/outcomes.js';
import { recordRound } from '../../db/rounds.js';
import { getTune } from '../../db/tunes.js';
import { EMPTY_TRACE, type MeasureOutcome } from '../../shared/protocol/measure.js';
import { decideFinals, type Finalist } from './finals.js';
import type { TaskStore } from './tune-task.js';

export interface DatabaseStoreOptions {
  readonly db: Database;
  readonly tuneId: string;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Called after every commit. */
  readonly changed: () => void;
}

/** @throws InputError `TUNE_NOT_FOUND`. */
export function databaseStore({ db, tuneId, clock, changed }: DatabaseStoreOptions): TaskStore {
  const taskId = getTune(db, tuneId).task.id;
  const trials: TrialRecord[] = endedTrials(db, taskId);
  const record = (result: Omit<TrialResult, 'taskId' | 'at'>): boolean => {
    const stored = recordTrial(db, { ...result, taskId, at: clock() });
    changed();
    return stored !== 'closed';
  };
  return {
    hasBaseline: () => listCandidates(db, taskId, { limit: 1 })[0]?.trial === BASELINE_TRIAL,
    trials: () => trials,
    bestNs: () => getTune(db, tuneId).task.bestNs,
    recordBaseline: (outcome: MeasureOutcome) =>
      record({
        trial: BASELINE_TRIAL,
        round: 0,
        trace: EMPTY_TRACE,
        traceHash: createHash('sha256').update(JSON.stringify(EMPTY_TRACE)).digest('hex'),
        programHash: null,
        origin: NO_ORIGIN,
        predicted: null,
        outcome,
      }),
    recordRound: ({ round, firstTrial }, { plan, searchMs }) => {
      const { generated, rejected, proposals } = plan;
      const proposed = proposals.length;
      const createdAt = clock();
      recordRound(db, taskId, { round, firstTrial, proposed, generated, rejected, searchMs, createdAt });
    },
    recordTrial: ({ trial, round }, { trace, traceHash, programHash, origin, predicted }, outcome) => {
      const isOpen = record({
        trial,
        round,
        trace,
        traceHash,
        programHash,
        origin,
        predicted,
        outcome,
      });
      const latencyNs = outcome.status === 'measured' ? outcome.medianNs : null;
      trials.push({ trial, round, trace, traceHash, programHash, latencyNs });
      return isOpen;
    },
    finalists: (count) => {
      const fastest = fastestCandidates(db, taskId, count + 1).filter(
        ({ trial }) => trial !== BASELINE_TRIAL,
      );
      const baseline = findMeasured(db, taskId, BASELINE_TRIAL);
      const finalists = fastest.slice(0, count).map(({ trial, trace }): Finalist => ({ trial, trace }));
      return baseline === undefined ? finalists : [...finalists, { trial: null, trace: baseline.trace }];
    },
    recordFinals: (finalists, outcome) => {
      const finals = decideFinals(finalists, outcome);
      if (finals === null) return;
      recordFinals(db, { ...finals, taskId, at: clock() });
      changed();
    },
  };
}
