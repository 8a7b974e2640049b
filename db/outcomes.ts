/**
 * @file Writing what became of candidates. One transaction holds the candidate, the task's counters, the tune's version
 * and the event: what a reader sees always adds up, and what was acknowledged is there after a crash.
 */
import { z } from 'zod';
import type { FinalTimes } from '../shared/protocol/candidate.js';
import type { EngineFingerprint, MeasureOutcome, TraceJson } from '../shared/protocol/measure.js';
import type { TuneError } from '../shared/protocol/tune.js';
import { isFinal, TUNE_STATUSES } from '../shared/protocol/tune-status.js';
import { invariant } from '../shared/support/errors.js';
import { BASELINE_TRIAL, measurementJson, type Origin } from './candidate-record.js';
import { appendEvent } from './events.js';
import type { Database } from './open.js';
import { run, selectOne, transaction } from './statement.js';

/** A trial that has ended. */
export interface TrialResult {
  readonly taskId: number;
  /** From 0, or `BASELINE_TRIAL`. */
  readonly trial: number;
  readonly round: number;
  readonly trace: TraceJson;
  readonly traceHash: string;
  readonly programHash: string | null;
  readonly origin: Origin;
  /** The cost model's score. */
  readonly predicted: number | null;
  readonly outcome: MeasureOutcome;
  readonly at: number;
}

/** `duplicate`: the trial has a result already, which stays. `closed`: the tune is in a final state. */
export type Recorded = 'stored' | 'duplicate' | 'closed';

const TaskRow = z.object({
  tune_id: z.string(),
  position: z.int(),
  status: z.enum(TUNE_STATUSES),
  best_ns: z.number().nullable(),
});

/** Stores a result, exactly once, however often it arrives. */
export function recordTrial(db: Database, result: TrialResult): Recorded {
  return transaction(db, () => {
    const task = taskRow(db, result.taskId);
    if (isFinal(task.status)) return 'closed';
    if (!insertCandidate(db, result)) return 'duplicate';
    const { taskId, trial, outcome, at } = result;
    const medianNs = outcome.status === 'measured' ? outcome.medianNs : null;
    if (trial === BASELINE_TRIAL) {
      run(db, 'UPDATE tasks SET baseline_ns = :medianNs WHERE id = :taskId', { taskId, medianNs });
    } else countTrial(db, taskId, outcome);
    const isBest = medianNs !== null && (task.best_ns === null || medianNs < task.best_ns);
    if (isBest) setBest(db, taskId, { trial, medianNs });
    const code = outcome.status === 'failed' ? outcome.code : null;
    raiseVersion(db, task.tune_id);
    const payload = { task: task.position, trial, status: outcome.status, code, medianNs, isBest };
    appendEvent(db, task.tune_id, { type: 'candidate', payload }, at);
    return 'stored';
  });
}

function taskRow(db: Database, taskId: number): z.output<typeof TaskRow> {
  const row = selectOne(
    db,
    TaskRow,
    `SELECT tasks.tune_id, tasks.position, tunes.status, tasks.best_ns
     FROM tasks JOIN tunes ON tunes.id = tasks.tune_id WHERE tasks.id = :taskId`,
    { taskId },
  );
  invariant(row !== undefined, `there is no task ${taskId}`);
  return row;
}

/** Whether the trial is new. */
function insertCandidate(db: Database, result: TrialResult): boolean {
  const { outcome, trace, taskId, trial, round, traceHash, programHash, origin, predicted, at } = result;
  const measured = outcome.status === 'measured' ? outcome : null;
  const failed = outcome.status === 'failed' ? outcome : null;
  if (measured !== null) addEngine(db, measured.engine);
  const inserted = run(
    db,
    `INSERT INTO candidates (task_id, trial, round, trace, trace_hash, program_hash, created_at, parent, mutations,
       predicted, status, code, message, median_ns, measurement, engine_id)
     VALUES (:taskId, :trial, :round, :trace, :traceHash, :programHash, :at, :parent, :mutations,
       :predicted, :status, :code, :message, :medianNs, :measurement, :engineId)
     ON CONFLICT (task_id, trial) DO NOTHING`,
    {
      taskId,
      trial,
      round,
      trace: JSON.stringify(trace),
      traceHash,
      programHash,
      at,
      parent: origin.parent,
      mutations: JSON.stringify(origin.mutations),
      predicted,
      status: outcome.status,
      code: failed?.code ?? null,
      message: failed?.message ?? null,
      medianNs: measured?.medianNs ?? null,
      measurement: measured === null ? null : measurementJson(measured),
      engineId: measured?.engine.id ?? null,
    },
  );
  return inserted.changes === 1;
}

function addEngine(db: Database, engine: EngineFingerprint): void {
  run(db, 'INSERT INTO engines (id, fingerprint) VALUES (:id, :fingerprint) ON CONFLICT (id) DO NOTHING', {
    id: engine.id,
    fingerprint: JSON.stringify(engine),
  });
}

function countTrial(db: Database, taskId: number, outcome: MeasureOutcome): void {
  if (outcome.status === 'measured') {
    run(db, 'UPDATE tasks SET measured = measured + 1 WHERE id = :taskId', { taskId });
    return;
  }
  run(
    db,
    `UPDATE tasks SET failed = failed + 1,
       failures = json_set(failures, '$.' || :code, coalesce(json_extract(failures, '$.' || :code), 0) + 1)
     WHERE id = :taskId`,
    { taskId, code: outcome.code },
  );
}

function setBest(
  db: Database,
  taskId: number,
  { trial, medianNs }: { readonly trial: number; readonly medianNs: number },
): void {
  run(db, 'UPDATE tasks SET best_ns = :medianNs, best_trial = :trial WHERE id = :taskId', {
    taskId,
    trial,
    medianNs,
  });
}

function raiseVersion(db: Database, tuneId: string): void {
  run(db, 'UPDATE tunes SET version = version + 1 WHERE id = :tuneId', { tuneId });
}

/** The outcome of measuring the finalists of a task against each other. */
export interface FinalsResult {
  readonly taskId: number;
  /** Times by trial; each of them has been recorded as measured. */
  readonly times: ReadonlyMap<number, FinalTimes>;
  /** The fastest of `times`, and the time that becomes the task's best; nanoseconds. */
  readonly winner: { readonly trial: number; readonly ns: number };
  readonly at: number;
}

/** Stores the finals, which then decide about the best; the baseline's time too, if it took part. */
export function recordFinals(db: Database, { taskId, times, winner, at }: FinalsResult): 'stored' | 'closed' {
  return transaction(db, () => {
    const task = taskRow(db, taskId);
    if (isFinal(task.status)) return 'closed';
    for (const [trial, final] of times) storeFinal(db, taskId, trial, final);
    invariant(times.has(winner.trial), `trial ${winner.trial} won without taking part`);
    const baseline = times.get(BASELINE_TRIAL);
    if (baseline !== undefined) {
      run(db, 'UPDATE tasks SET baseline_ns = :ns WHERE id = :taskId', { taskId, ns: baseline.medianNs });
    }
    setBest(db, taskId, { trial: winner.trial, medianNs: winner.ns });
    raiseVersion(db, task.tune_id);
    const payload = { task: task.position, winner: winner.trial, medianNs: winner.ns };
    appendEvent(db, task.tune_id, { type: 'finals', payload }, at);
    return 'stored';
  });
}

function storeFinal(db: Database, taskId: number, trial: number, final: FinalTimes): void {
  const updated = run(
    db,
    `UPDATE candidates SET final_median_ns = :medianNs, final_times = :times
     WHERE task_id = :taskId AND trial = :trial AND status = 'measured'`,
    { taskId, trial, medianNs: final.medianNs, times: JSON.stringify(final) },
  );
  invariant(updated.changes === 1, `finalist ${trial} was not measured before`);
}

/** What a task has come to. */
export interface TaskEnding {
  readonly taskId: number;
  /** Why nothing came of it; null when something did. */
  readonly error: TuneError | null;
  readonly at: number;
}

/** Marks a task as done: nothing more is measured for it. */
export function recordTaskDone(db: Database, { taskId, error, at }: TaskEnding): 'stored' | 'closed' {
  return transaction(db, () => {
    const task = taskRow(db, taskId);
    if (isFinal(task.status)) return 'closed';
    const text = error === null ? null : JSON.stringify(error);
    run(db, 'UPDATE tasks SET done = 1, error = :error WHERE id = :taskId', { taskId, error: text });
    raiseVersion(db, task.tune_id);
    const payload = { task: task.position, error: error?.code ?? null };
    appendEvent(db, task.tune_id, { type: 'task', payload }, at);
    return 'stored';
  });
}
