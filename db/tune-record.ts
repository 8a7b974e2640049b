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
import { BudgetSchema, type Budget } from '../shared/protocol/budget.js';
import { TuneErrorSchema, type TuneError } from '../shared/protocol/tune.js';
import { InputError } from '../shared/support/errors.js';
import { jsonColumn } from './statement.js';

/** One of the programs that a tune searches, and how far it is. Times of kernels are nanoseconds per run. */
export interface TaskRecord {
  readonly id: number;
  /** Among the tune's tasks, from 0. */
  readonly position: number;
  /** Of the function. */
  readonly name: string;
  /** Canonical specification; null for a script. */
  readonly workloadSpec: string | null;
  readonly workloadId: number;
  /** TVMScript with one function; the traces of the task's candidates refer to its names. */
  readonly script: string;
  readonly flops: number;
  /** How often it runs in what it is a part of. */
  readonly weight: number;
  /** Trials by how they ended; the baseline is none of them. */
  readonly measured: number;
  readonly failed: number;
  readonly failures: Readonly<Partial<Record<FailureCode, number>>>;
  readonly baselineNs: number | null;
  readonly bestNs: number | null;
  /** `BASELINE_TRIAL` when nothing is faster than the baseline. */
  readonly bestTrial: number | null;
  /** Nothing more is measured for it. */
  readonly done: boolean;
  /** Why nothing came of it. */
  readonly error: TuneError | null;
}

/** What the caller asked for, beside the programs. */
export interface TuneOrder {
  readonly target: TargetId;
  readonly budget: Budget;
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
  /** Rises with every change of the tune or its tasks. */
  readonly version: number;
  readonly error: TuneError | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** By position. */
  readonly tasks: readonly [TaskRecord, ...TaskRecord[]];
}

/** @throws InputError `TASK_NOT_FOUND`. */
export function taskOf({ id, tasks }: TuneRecord, position: number): TaskRecord {
  const task = tasks[position];
  if (task === undefined) {
    throw new InputError('TASK_NOT_FOUND', `tune ${id} has tasks 0 to ${tasks.length - 1}, not ${position}`);
  }
  return task;
}

/** Selects rows for `TuneRow`; conditions on `tunes` may follow. */
export const SELECT_TUNE = `
  SELECT tunes.*, (
    SELECT json_group_array(json_object(
      'id', tasks.id, 'position', position, 'name', name, 'workloadSpec', workload_spec,
      'workloadId', workload_id, 'script', tasks.script, 'flops', workloads.flops, 'weight', weight,
      'measured', measured, 'failed', failed, 'failures', json(failures),
      'baselineNs', baseline_ns, 'bestNs', best_ns, 'bestTrial', best_trial,
      'done', json(iif(done, 'true', 'false')), 'error', json(tasks.error)) ORDER BY position)
    FROM tasks JOIN workloads ON workloads.id = tasks.workload_id
    WHERE tasks.tune_id = tunes.id) AS tasks
  FROM tunes`;

const TaskSchema: z.ZodType<TaskRecord> = z.object({
  id: z.int(),
  position: z.int(),
  name: z.string(),
  workloadSpec: z.string().nullable(),
  workloadId: z.int(),
  script: z.string(),
  flops: z.number(),
  weight: z.number(),
  measured: z.int(),
  failed: z.int(),
  failures: z.partialRecord(z.enum(FAILURE_CODES), z.int()),
  baselineNs: z.number().nullable(),
  bestNs: z.number().nullable(),
  bestTrial: z.int().nullable(),
  done: z.boolean(),
  error: TuneErrorSchema.nullable(),
});

export const TuneRow = z
  .object({
    id: z.string(),
    status: z.enum(TUNE_STATUSES),
    version: z.int(),
    target: z.enum(TARGET_IDS),
    budget: jsonColumn(BudgetSchema),
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
    tasks: jsonColumn(z.tuple([TaskSchema], TaskSchema)),
  })
  .transform((row): TuneRecord => ({
    id: row.id,
    status: row.status,
    version: row.version,
    target: row.target,
    budget: row.budget,
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
    tasks: row.tasks,
  }));
