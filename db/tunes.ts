/**
 * @file Tunes: submitted, found, listed, moved from state to state. Every write is one transaction that also raises the
 * tune's version and appends the event. A tune in a final state never changes again.
 */
import { z } from 'zod';
import type { TargetId } from '../shared/protocol/target.js';
import { isFinal, NEXT_STATUSES, TUNE_STATUSES, type TuneStatus } from '../shared/protocol/tune-status.js';
import type { TuneError } from '../shared/protocol/tune.js';
import { InputError, invariant } from '../shared/support/errors.js';
import { appendEvent } from './events.js';
import type { Database } from './open.js';
import { run, selectAll, selectOne, transaction } from './statement.js';
import { SELECT_TUNE, TuneRow, type TuneOrder, type TuneRecord } from './tune-record.js';
import { findOrAddWorkload, type Program } from './workloads.js';

/** A key that the caller chose for a submission, and the hash of what was submitted with it. */
export interface IdempotencyKey {
  readonly key: string;
  readonly requestHash: string;
}

export interface NewTune {
  /** UUID version 7: later tunes have greater ids. */
  readonly id: string;
  readonly order: TuneOrder;
  /** At least one. */
  readonly tasks: readonly NewTask[];
  readonly at: number;
  readonly idempotency?: IdempotencyKey | undefined;
}

export interface NewTask {
  readonly program: Program;
  /** Canonical specification; null for a script. */
  readonly workloadSpec: string | null;
  readonly weight: number;
}

/** Stores a tune, queued. */
export function addTune(db: Database, tune: NewTune): TuneRecord {
  const { id, order, tasks, at, idempotency } = tune;
  invariant(tasks.length > 0, 'a tune has a task');
  return transaction(db, () => {
    run(
      db,
      `INSERT INTO tunes (id, status, target, budget, seed, strategy, space, search, priority, labels, created_at,
         idempotency_key, request_hash)
       VALUES (:id, 'queued', :target, :budget, :seed, :strategy, :space, :search, :priority, :labels, :at,
         :key, :requestHash)`,
      {
        id,
        target: order.target,
        budget: JSON.stringify(order.budget),
        seed: order.seed,
        strategy: order.strategy,
        space: order.space,
        search: JSON.stringify(order.search),
        priority: order.priority,
        labels: JSON.stringify(order.labels),
        at,
        key: idempotency?.key ?? null,
        requestHash: idempotency?.requestHash ?? null,
      },
    );
    for (const [position, { program, workloadSpec, weight }] of tasks.entries()) {
      run(
        db,
        `INSERT INTO tasks (tune_id, position, name, workload_spec, workload_id, script, weight)
         VALUES (:id, :position, :name, :workloadSpec, :workloadId, :script, :weight)`,
        {
          id,
          position,
          name: program.func.name,
          workloadSpec,
          workloadId: findOrAddWorkload(db, program, at),
          script: program.script,
          weight,
        },
      );
    }
    appendEvent(db, id, { type: 'status', payload: { status: 'queued' } }, at);
    return storedTune(db, id);
  });
}

export function findTune(db: Database, id: string): TuneRecord | undefined {
  return selectOne(db, TuneRow, `${SELECT_TUNE} WHERE tunes.id = :id`, { id });
}

/** @throws InputError `TUNE_NOT_FOUND`. */
export function getTune(db: Database, id: string): TuneRecord {
  const tune = findTune(db, id);
  if (tune === undefined) throw new InputError('TUNE_NOT_FOUND', `there is no tune ${id}`);
  return tune;
}

function storedTune(db: Database, id: string): TuneRecord {
  const tune = findTune(db, id);
  invariant(tune !== undefined, `tune ${id} was just written`);
  return tune;
}

const VersionRow = z.object({ version: z.int() });

/** The tune's version, cheaply; undefined when there is no such tune. */
export function tuneVersion(db: Database, id: string): number | undefined {
  return selectOne(db, VersionRow, 'SELECT version FROM tunes WHERE id = :id', { id })?.version;
}

const KeyRow = z.object({ id: z.string(), request_hash: z.string() });

/**
 * The tune that was submitted with a key, if any.
 * @throws InputError `IDEMPOTENCY_KEY_REUSED` when it was submitted with another body.
 */
export function findByIdempotencyKey(
  db: Database,
  { key, requestHash }: IdempotencyKey,
): TuneRecord | undefined {
  const known = selectOne(db, KeyRow, 'SELECT id, request_hash FROM tunes WHERE idempotency_key = :key', {
    key,
  });
  if (known === undefined) return undefined;
  if (known.request_hash !== requestHash) {
    throw new InputError(
      'IDEMPOTENCY_KEY_REUSED',
      `the idempotency key was used for tune ${known.id}, which was submitted with another body`,
    );
  }
  return storedTune(db, known.id);
}

export interface TuneFilter {
  readonly status?: TuneStatus | undefined;
  readonly target?: TargetId | undefined;
  /** Only tunes submitted before the one of this id. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Tunes, the latest first. */
export function listTunes(db: Database, { status, target, before, limit }: TuneFilter): TuneRecord[] {
  return selectAll(
    db,
    TuneRow,
    `${SELECT_TUNE}
     WHERE (:before IS NULL OR tunes.id < :before) AND (:status IS NULL OR tunes.status = :status)
       AND (:target IS NULL OR tunes.target = :target)
     ORDER BY tunes.id DESC LIMIT :limit`,
    { before: before ?? null, status: status ?? null, target: target ?? null, limit },
  );
}

const UNFINISHED = `tunes.status IN (${TUNE_STATUSES.filter((status) => !isFinal(status))
  .map((status) => `'${status}'`)
  .join(', ')})`;

/** The tunes that are not in a final state, in the order in which they are due. */
export function unfinishedTunes(db: Database): TuneRecord[] {
  return selectAll(db, TuneRow, `${SELECT_TUNE} WHERE ${UNFINISHED} ORDER BY tunes.priority DESC, tunes.id`);
}

const CountRow = z.object({ n: z.int() });

export function countUnfinishedTunes(db: Database): number {
  const row = selectOne(db, CountRow, `SELECT count(*) AS n FROM tunes WHERE ${UNFINISHED}`);
  return row?.n ?? 0;
}

export interface StatusChange {
  readonly to: TuneStatus;
  readonly at: number;
  /** Why, when it failed. */
  readonly error?: TuneError;
}

/**
 * Moves a tune to another state; to the one that it is in, nothing happens.
 * @returns the tune as it is now
 * @throws InputError `TUNE_NOT_FOUND`; `ILLEGAL_TRANSITION` when its state does not let it go there.
 */
export function setTuneStatus(db: Database, id: string, { to, at, error }: StatusChange): TuneRecord {
  return transaction(db, () => {
    const tune = getTune(db, id);
    if (tune.status === to) return tune;
    if (!NEXT_STATUSES[tune.status].includes(to)) {
      throw new InputError('ILLEGAL_TRANSITION', `tune ${id} is ${tune.status} and cannot become ${to}`);
    }
    run(
      db,
      `UPDATE tunes SET status = :to, version = version + 1, error = :error,
         started_at = CASE WHEN :to = 'running' THEN coalesce(started_at, :at) ELSE started_at END,
         finished_at = :finishedAt
       WHERE id = :id`,
      {
        id,
        to,
        at,
        error: error === undefined ? null : JSON.stringify(error),
        finishedAt: isFinal(to) ? at : null,
      },
    );
    appendEvent(db, id, { type: 'status', payload: { status: to } }, at);
    return storedTune(db, id);
  });
}
