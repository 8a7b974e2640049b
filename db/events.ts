/**
 * @file What happened to tunes, in the order in which it was committed. An event is written in the transaction that makes
 * it true, so whoever has seen it can rely on it. Payloads are small: they say what to look at.
 */
import { z } from 'zod';
import { CANDIDATE_STATUSES } from '../shared/protocol/candidate.js';
import { FAILURE_CODES } from '../shared/protocol/measure.js';
import { TUNE_STATUSES } from '../shared/protocol/tune-status.js';
import type { Database } from './open.js';
import { jsonColumn, run, selectAll } from './statement.js';

/** Tunes had one task once, and their events did not say which. */
const TASK = z.int().nonnegative().default(0);

const HappeningSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('status'),
    payload: z.strictObject({ status: z.enum(TUNE_STATUSES) }),
  }),
  z.strictObject({
    type: z.literal('candidate'),
    payload: z.strictObject({
      /** Position of the task in the tune; the same below. */
      task: TASK,
      trial: z.int(),
      status: z.enum(CANDIDATE_STATUSES),
      code: z.enum(FAILURE_CODES).nullable(),
      medianNs: z.number().nullable(),
      /** Whether it is the fastest so far. */
      isBest: z.boolean(),
    }),
  }),
  z.strictObject({
    type: z.literal('finals'),
    payload: z.strictObject({ task: TASK, winner: z.int(), medianNs: z.number() }),
  }),
  /** Nothing more is measured for a task; the code says why nothing came of it. */
  z.strictObject({
    type: z.literal('task'),
    payload: z.strictObject({ task: TASK, error: z.string().nullable() }),
  }),
]);

export type Happening = z.infer<typeof HappeningSchema>;

export type TuneEvent = Happening & {
  /** Rises from event to event, over all tunes. */
  readonly id: number;
  readonly tuneId: string;
  readonly at: number;
};

const EventRow = z
  .object({
    id: z.int(),
    tune_id: z.string(),
    type: z.string(),
    payload: jsonColumn(z.unknown()),
    created_at: z.int(),
  })
  .transform((row): TuneEvent => ({
    ...HappeningSchema.parse({ type: row.type, payload: row.payload }),
    id: row.id,
    tuneId: row.tune_id,
    at: row.created_at,
  }));

/** Appends an event; called inside of the transaction that it tells of. */
export function appendEvent(db: Database, tuneId: string, { type, payload }: Happening, at: number): void {
  run(db, 'INSERT INTO events (tune_id, type, payload, created_at) VALUES (:tuneId, :type, :payload, :at)', {
    tuneId,
    type,
    payload: JSON.stringify(payload),
    at,
  });
}

/** The first `limit` events of a tune after event `afterId`. */
export function eventsAfter(db: Database, tuneId: string, afterId: number, limit: number): TuneEvent[] {
  return selectAll(
    db,
    EventRow,
    'SELECT * FROM events WHERE tune_id = :tuneId AND id > :afterId ORDER BY id LIMIT :limit',
    { tuneId, afterId, limit },
  );
}
