/** @file Tunes as the program sees them, and how rows become them. */
import { z } from 'zod';
import { FAILURE_CODES, type FailureCode } from '../shared/protocol/measure.js';
import { TARGET_IDS, type TargetId } from '../shared/protocol/target.js';
import { TUNE_STATUSES, type TuneStatus } from '../shared/protocol/tune-status.js';
import {
  SearchOptionsSchema,
  SPACES,
  STRATEGIES,
  type SearchOptions,
  type SpaceId,
  type StrategyId,
} from '../shared/protocol/search-options.js';
import { TuneErrorSchema, type TuneError } from '../shared/protocol/tune.js';
import { jsonColumn } from './statement.js';

/** One of the programs that a tune searches, and how far it is. Times of kernels are nanoseconds per run. */
export interface TaskRecord {
  readonly id: number;
  readonly workloadId: number;
  /** TVMScript with one function; the traces of the task's candidates refer to its names. */
  readonly script: string;
  readonly flops: number;
  /** Trials by how they ended; the baseline is none of them. */
  readonly measured: number;
  readonly failed: number;
  readonly failures: Readonly<Partial<Record<FailureCode, number>>>;
  readonly baselineNs: number | null;
  readonly bestNs: number | null;
  /** `BASELINE_TRIAL` when nothing is faster than the baseline. */
  readonly bestTrial: number | null;
}

/** What the caller asked for. */
export interface TuneOrder {
  /** Canonical specification; null for a script. */
  readonly workloadSpec: string | null;
  readonly target: TargetId;
  readonly budget: { readonly trials: number; readonly seconds: number | null };
  readonly seed: number;
  readonly strategy: StrategyId;
  readonly space: SpaceId;
  readonly search: SearchOptions;
  readonly priority: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A snapshot: it does not change when the database does. Times of day are milliseconds since 1970. */
export interface TuneRecord extends TuneOrder {
  readonly id: string;
  readonly status: TuneStatus;
  /** Rises with every change of the tune or its task. */
  readonly version: number;
  readonly error: TuneError | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly task: TaskRecord;
}

/** Selects rows for `TuneRow`; conditions on `tunes` may follow. */
export const SELECT_TUNE = `
  SELECT tunes.*, tasks.id AS task_id, tasks.workload_id, tasks.script, workloads.flops, tasks.measured, tasks.failed,
    tasks.failures, tasks.baseline_ns, tasks.best_ns, tasks.best_trial
  FROM tunes
  JOIN tasks ON tasks.tune_id = tunes.id AND tasks.position = 0
  JOIN workloads ON workloads.id = tasks.workload_id`;

export const TuneRow = z
  .object({
    id: z.string(),
    status: z.enum(TUNE_STATUSES),
    version: z.int(),
    workload_spec: z.string().nullable(),
    target: z.enum(TARGET_IDS),
    budget_trials: z.int(),
    budget_seconds: z.number().nullable(),
    seed: z.int(),
    strategy: z.enum(STRATEGIES),
    space: z.enum(SPACES),
    search: jsonColumn(SearchOptionsSchema),
    priority: z.int(),
    labels: jsonColumn(z.record(z.string(), z.string())),
    error: jsonColumn(TuneErrorSchema).nullable(),
    created_at: z.int(),
    started_at: z.int().nullable(),
    finished_at: z.int().nullable(),
    task_id: z.int(),
    workload_id: z.int(),
    script: z.string(),
    flops: z.number(),
    measured: z.int(),
    failed: z.int(),
    failures: jsonColumn(z.partialRecord(z.enum(FAILURE_CODES), z.int())),
    baseline_ns: z.number().nullable(),
    best_ns: z.number().nullable(),
    best_trial: z.int().nullable(),
  })
  .transform((row): TuneRecord => ({
    id: row.id,
    status: row.status,
    version: row.version,
    workloadSpec: row.workload_spec,
    target: row.target,
    budget: { trials: row.budget_trials, seconds: row.budget_seconds },
    seed: row.seed,
    strategy: row.strategy,
    space: row.space,
    search: row.search,
    priority: row.priority,
    labels: row.labels,
    error: row.error,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    task: {
      id: row.task_id,
      workloadId: row.workload_id,
      script: row.script,
      flops: row.flops,
      measured: row.measured,
      failed: row.failed,
      failures: row.failures,
      baselineNs: row.baseline_ns,
      bestNs: row.best_ns,
      bestTrial: row.best_trial,
    },
  }));
