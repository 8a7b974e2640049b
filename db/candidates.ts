/** @file Candidates: found, listed, and the fastest of them. Writing them is db/outcomes.ts's. */
import { z } from 'zod';
import { FAILURE_CODES, TraceJsonSchema } from '../shared/protocol/measure.js';
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
import { jsonColumn, selectAll, selectOne } from './statement.js';

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

/** What a search must know of a trial that has ended. */
const TrialRow = z
  .object({
    trial: z.int(),
    round: z.int(),
    trace: jsonColumn(TraceJsonSchema),
    traceHash: z.string(),
    programHash: z.string(),
    latencyNs: z.number().nullable(),
    createdAt: z.int(),
  })
  .readonly();

export type TrialRecord = z.output<typeof TrialRow>;

/** The trials of a task that have ended, in order; not the baseline. */
export function endedTrials(db: Database, taskId: number): TrialRecord[] {
  return selectAll(
    db,
    TrialRow,
    `SELECT trial, round, trace, trace_hash AS traceHash, program_hash AS programHash, median_ns AS latencyNs,
       created_at AS createdAt
     FROM candidates WHERE task_id = :taskId AND trial <> :baseline ORDER BY trial`,
    { taskId, baseline: BASELINE_TRIAL },
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

const PredictedTrialRow = z
  .object({ round: z.int(), predicted: z.number().nullable(), latencyNs: z.number() })
  .readonly();

export type PredictedTrial = z.output<typeof PredictedTrialRow>;

/** The measured trials of a task, in order, with what was predicted of them; not the baseline. */
export function predictedTrials(db: Database, taskId: number): PredictedTrial[] {
  return selectAll(
    db,
    PredictedTrialRow,
    `SELECT round, predicted, median_ns AS latencyNs
     FROM candidates WHERE task_id = :taskId AND trial <> :baseline AND status = 'measured' ORDER BY trial`,
    { taskId, baseline: BASELINE_TRIAL },
  );
}

/** A measured candidate with the program that its trace applies to. */
const ForeignTrialRow = z
  .object({ script: z.string(), trace: jsonColumn(TraceJsonSchema), latencyNs: z.number() })
  .readonly();

export type ForeignTrial = z.output<typeof ForeignTrialRow>;

export interface ForeignQuery {
  readonly target: TargetId;
  /** Times are comparable on one engine only. */
  readonly engineId: string;
  /** The task that asks; its own trials are left out. */
  readonly taskId: number;
  /** Only trials that ended before this time. */
  readonly before: number;
  /** Tasks at most, the latest ones. */
  readonly tasks: number;
  /** Trials of each task at most, the first ones: the most varied. */
  readonly trials: number;
}

/** What other tasks have measured. */
export function foreignTrials(db: Database, query: ForeignQuery): ForeignTrial[] {
  return selectAll(
    db,
    ForeignTrialRow,
    `SELECT tasks.script, candidates.trace, candidates.median_ns AS latencyNs
     FROM (
       SELECT DISTINCT tasks.id, tasks.script
       FROM tasks
       JOIN tunes ON tunes.id = tasks.tune_id
       JOIN candidates ON candidates.task_id = tasks.id
       WHERE tunes.target = :target AND tasks.id <> :taskId AND candidates.engine_id = :engineId
         AND candidates.created_at < :before
       ORDER BY tasks.id DESC LIMIT :tasks
     ) AS tasks
     JOIN candidates ON candidates.task_id = tasks.id
     WHERE candidates.status = 'measured' AND candidates.trial < :trials AND candidates.engine_id = :engineId
       AND candidates.created_at < :before
     ORDER BY tasks.id, candidates.trial`,
    { ...query },
  );
}
