/**
 * @file Whole tunes by the service's own tuner, on a database and with a measuring queue of the caller's. Loads without
 * vitest, for processes that tests start.
 */
import { pino } from 'pino';
import type { CandidateRecord } from '../../../db/candidate-record.js';
import { listCandidates } from '../../../db/candidates.js';
import type { Database } from '../../../db/open.js';
import type { RoundRecord } from '../../../db/rounds.js';
import { listRounds } from '../../../db/rounds.js';
import type { TaskRecord, TuneOrder, TuneRecord } from '../../../db/tune-record.js';
import { findTune, getTune, tuneVersion } from '../../../db/tunes.js';
import { createChanges } from '../../../server/changes.js';
import type { MeasureQueue } from '../../../server/tuning/measure-queue.js';
import type { SearchPool } from '../../../server/tuning/search-pool.js';
import { createStrategy, searchHere } from '../../../server/tuning/search.js';
import { createTuner } from '../../../server/tuning/tuner.js';
import type { TunerService } from '../../../server/tuner-service.js';
import { flopsOf } from '../../../shared/ir/flops.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { isFinal } from '../../../shared/protocol/tune-status.js';
import { printScript } from '../../../shared/script/print.js';
import { queueTune, tuneId } from '../../db/records.js';

/** Each search on this thread, with a strategy that knows nothing yet. */
export const searchesHere: SearchPool = {
  search: (spec) => searchHere(createStrategy(spec)),
  close: async () => {},
};

interface TuningParts {
  readonly db: Database;
  /** Closed with the tuner. */
  readonly queue: MeasureQueue;
  readonly searches?: SearchPool;
}

export interface Tuning {
  readonly tuner: TunerService;
  /** Has what is queued done. @returns the tune in its final state, or as it is when `close` comes first */
  readonly ended: (id: string) => Promise<TuneRecord>;
  /** Stops the service: when it settles, the database may be closed. */
  readonly close: () => Promise<void>;
}

export function tuningOn({ db, queue, searches = searchesHere }: TuningParts): Tuning {
  const changes = createChanges((id) => tuneVersion(db, id));
  const logger = pino({ level: 'silent' });
  const tuner = createTuner({ db, changes, logger, clock: strictClock, queue, searches });
  const closing = new AbortController();
  let closed: Promise<void> | null = null;
  return {
    tuner,
    ended: async (id) => {
      tuner.notify();
      let tune = getTune(db, id);
      while (!isFinal(tune.status) && !closing.signal.aborted) {
        await changes.waitForChange(id, tune.version, 10_000);
        tune = getTune(db, id);
      }
      return tune;
    },
    close: () => {
      closing.abort();
      closed ??= tuner.close();
      changes.close();
      return closed;
    },
  };
}

/**
 * No two of its times are equal, nor does it go back when a service starts again: what was measured before a tune began
 * is then the same in every run.
 */
const strictClock = (
  (last: number) => (): number =>
    (last = Math.max(last + 1, Date.now()))
)(0);

/** Queues a tune of functions, unless it was queued before. @returns its id */
export function queued(
  db: Database,
  number: number,
  funcs: PrimFunc | readonly PrimFunc[],
  order: Partial<TuneOrder>,
): string {
  const programs = [funcs].flat().map((func) => ({ func, script: printScript(func), flops: flopsOf(func) }));
  const tune = findTune(db, tuneId(number)) ?? queueTune(db, { id: number, programs, order });
  return tune.id;
}

export function taskOf({ tasks }: TuneRecord): TaskRecord {
  return tasks[0];
}

/** The baseline first, then by trial. */
export function candidatesOf(db: Database, id: string): CandidateRecord[] {
  return listCandidates(db, taskOf(getTune(db, id)).id, { limit: 1000 });
}

export function roundsOf(db: Database, id: string): RoundRecord[] {
  return listRounds(db, taskOf(getTune(db, id)).id);
}

/** What a tune decided, as text: all that is recorded of rounds and candidates but times. */
export function decidedIn(db: Database, id: string): string {
  const decided = getTune(db, id).tasks.flatMap((task) => [
    ...listRounds(db, task.id).map(({ searchMs: _searchMs, createdAt: _createdAt, ...round }) => round),
    ...listCandidates(db, task.id, { limit: 1000 }).map(
      ({ createdAt: _createdAt, outcome: _outcome, final: _final, ...candidate }) => candidate,
    ),
  ]);
  return decided.map((record) => JSON.stringify(record)).join('\n');
}
