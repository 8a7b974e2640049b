/** @file Rounds of searches: what was proposed, what was rejected and why, what it took, and what the model knew. */
import { z } from 'zod';
import { ModelSnapshotSchema, type ModelSnapshot } from '../shared/protocol/model.js';
import type { Database } from './open.js';
import { jsonColumn, run, selectAll, selectOne, transaction } from './statement.js';

export interface RoundRecord {
  /** From 0. */
  readonly round: number;
  /** Which round of the tune it was, all tasks together; from 0. */
  readonly turn: number;
  readonly firstTrial: number;
  readonly proposed: number;
  /** Traces that were tried, the rejected ones among them. */
  readonly generated: number;
  /** Traces that made no candidate, by reason: see `RoundPlan`. */
  readonly rejected: Readonly<Record<string, number>>;
  readonly searchMs: number;
  /** The search had nothing more to propose. */
  readonly exhausted: boolean;
  readonly createdAt: number;
}

const RoundRow = z.object({
  round: z.int(),
  turn: z.int(),
  firstTrial: z.int(),
  proposed: z.int(),
  generated: z.int(),
  rejected: jsonColumn(z.record(z.string(), z.int())),
  searchMs: z.number(),
  exhausted: z.int().transform(Boolean),
  createdAt: z.int(),
});

export interface ModelRecord {
  /** The latest round that was judged by a model. */
  readonly round: number;
  readonly snapshot: ModelSnapshot;
}

const ModelRow = z.object({ round: z.int(), snapshot: jsonColumn(ModelSnapshotSchema) }).readonly();

/**
 * Stores a round, with the model that judged it in place of the one before; a round that was proposed before, and
 * interrupted, keeps what was stored first.
 */
export function recordRound(
  db: Database,
  taskId: number,
  round: RoundRecord,
  model: ModelSnapshot | null,
): void {
  transaction(db, () => {
    if (insertRound(db, taskId, round).changes === 0 || model === null) return;
    run(
      db,
      `INSERT INTO models (task_id, round, snapshot) VALUES (:taskId, :round, :snapshot)
       ON CONFLICT (task_id) DO UPDATE SET round = excluded.round, snapshot = excluded.snapshot`,
      { taskId, round: round.round, snapshot: JSON.stringify(model) },
    );
  });
}

function insertRound(db: Database, taskId: number, round: RoundRecord): ReturnType<typeof run> {
  return run(
    db,
    `INSERT INTO rounds (task_id, round, turn, first_trial, proposed, generated, rejected, search_ms, exhausted,
       created_at)
     VALUES (:taskId, :round, :turn, :firstTrial, :proposed, :generated, :rejected, :searchMs, :exhausted,
       :createdAt)
     ON CONFLICT (task_id, round) DO NOTHING`,
    { ...round, taskId, rejected: JSON.stringify(round.rejected), exhausted: Number(round.exhausted) },
  );
}

export function findModel(db: Database, taskId: number): ModelRecord | undefined {
  return selectOne(db, ModelRow, 'SELECT round, snapshot FROM models WHERE task_id = :taskId', { taskId });
}

/** The rounds of a task, in order. */
export function listRounds(db: Database, taskId: number): RoundRecord[] {
  return selectAll(
    db,
    RoundRow,
    `SELECT round, turn, first_trial AS firstTrial, proposed, generated, rejected, search_ms AS searchMs,
       exhausted, created_at AS createdAt
     FROM rounds WHERE task_id = :taskId ORDER BY round`,
    { taskId },
  );
}
