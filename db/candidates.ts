/** @file Candidates: found, listed, and the fastest of them. Writing them is db/outcomes.ts's. */
import { z } from 'zod';
import { FAILURE_CODES } from '../shared/protocol/measure.js';
import type { TargetId } from '../shared/protocol/target.js';
import {
  BASELINE_TRIAL,
  CandidateRow,
  MeasuredRow,
  SELECT_CANDIDATE,
  type CandidateRecord,
  type MeasuredRecord,
} from './candidate-record.js';
import type { Database } from './open.js';
import { selectAll, selectOne } from './statement.js';

export interface CandidateFilter {
  readonly status?: 'measured' | 'failed' | undefined;
  /** Only candidates with greater trial numbers. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** The candidate of a trial, if it was measured. */
export function findMeasured(db: Database, taskId: number, trial: number): MeasuredRecord | undefined {
  return selectOne(
    db,
    MeasuredRow,
    `${SELECT_CANDIDATE}
     WHERE candidates.task_id = :taskId AND candidates.trial = :trial AND candidates.status = 'measured'`,
    { taskId, trial },
  );
}

/** Candidates in the order of their trials, the baseline first. */
export function listCandidates(
  db: Database,
  taskId: number,
  { status, after, limit }: CandidateFilter,
): CandidateRecord[] {
  return selectAll(
    db,
    CandidateRow,
    `${SELECT_CANDIDATE}
     WHERE candidates.task_id = :taskId AND (:after IS NULL OR candidates.trial > :after)
       AND (:status IS NULL OR candidates.status = :status)
     ORDER BY candidates.trial LIMIT :limit`,
    { taskId, after: after ?? null, status: status ?? null, limit },
  );
}

/** The fastest candidates by their times in the search, the fastest first; the baseline may be among them. */
export function fastestCandidates(db: Database, taskId: number, limit: number): MeasuredRecord[] {
  return selectAll(
    db,
    MeasuredRow,
    `${SELECT_CANDIDATE}
     WHERE candidates.task_id = :taskId AND candidates.status = 'measured'
     ORDER BY candidates.median_ns, candidates.trial LIMIT :limit`,
    { taskId, limit },
  );
}

/** What a search that goes on must know of the past. */
const RecordedTrialRow = z.object({
  trial: z.int(),
  traceHash: z.string(),
  programHash: z.string().nullable(),
});

export type RecordedTrial = Readonly<z.output<typeof RecordedTrialRow>>;

/** All trials of a task that have ended, the baseline first. */
export function recordedTrials(db: Database, taskId: number): RecordedTrial[] {
  return selectAll(
    db,
    RecordedTrialRow,
    `SELECT trial, trace_hash AS traceHash, program_hash AS programHash
     FROM candidates WHERE task_id = :taskId ORDER BY trial`,
    { taskId },
  );
}

const ReasonRow = z.object({ code: z.enum(FAILURE_CODES), count: z.int(), message: z.string() });

export type FailureReason = Readonly<z.output<typeof ReasonRow>>;

/** Why trials failed, the most frequent code first, each with the message of its first trial; not the baseline. */
export function failureReasons(db: Database, taskId: number, limit: number): FailureReason[] {
  return selectAll(
    db,
    ReasonRow,
    // SQLite takes a bare column from the row of the minimum.
    `SELECT code, count(*) AS count, message, min(trial)
     FROM candidates WHERE task_id = :taskId AND status = 'failed' AND trial <> :baseline
     GROUP BY code ORDER BY count DESC, code LIMIT :limit`,
    { taskId, baseline: BASELINE_TRIAL, limit },
  );
}

/** The fastest program known for a workload, with the script that its trace refers to. */
export interface BestRecord {
  readonly tuneId: string;
  readonly script: string;
  readonly candidate: MeasuredRecord;
}

const OwnerRow = z.object({ task_id: z.int(), trial: z.int(), tune_id: z.string(), script: z.string() });

export interface BestQuery {
  readonly workloadId: number;
  readonly target: TargetId;
  /** Times are comparable on one engine only. */
  readonly engineId: string;
}

/** The fastest candidate of all tunes; times of finalists count before those of the search. */
export function bestRecord(
  db: Database,
  { workloadId, target, engineId }: BestQuery,
): BestRecord | undefined {
  const owner = selectOne(
    db,
    OwnerRow,
    `SELECT candidates.task_id, candidates.trial, tasks.tune_id, tasks.script
     FROM tasks
     JOIN tunes ON tunes.id = tasks.tune_id
     JOIN candidates ON candidates.task_id = tasks.id
     WHERE tasks.workload_id = :workloadId AND tunes.target = :target AND candidates.engine_id = :engineId
       AND candidates.status = 'measured'
     ORDER BY coalesce(candidates.final_median_ns, candidates.median_ns), tasks.id, candidates.trial LIMIT 1`,
    { workloadId, target, engineId },
  );
  if (owner === undefined) return undefined;
  const candidate = findMeasured(db, owner.task_id, owner.trial);
  return candidate && { tuneId: owner.tune_id, script: owner.script, candidate };
}
