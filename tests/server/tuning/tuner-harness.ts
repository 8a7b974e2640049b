/** @file The tuner as the service runs it: real database and real search, only the times are made up. */
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { listCandidates } from '../../../db/candidates.js';
import { IN_MEMORY, openDatabase, type Database } from '../../../db/open.js';
import type { TuneOrder, TuneRecord } from '../../../db/tune-record.js';
import { getTune, tuneVersion } from '../../../db/tunes.js';
import { createChanges } from '../../../server/changes.js';
import { createStrategy, searchHere, type SearchSpec } from '../../../server/tuning/search.js';
import { createTuner } from '../../../server/tuning/tuner.js';
import { budgetOf } from '../../../shared/protocol/budget.js';
import { isFinal } from '../../../shared/protocol/tune-status.js';
import { printScript } from '../../../shared/script/print.js';
import { queueTune } from '../../db/records.js';
import { matmul } from '../../shared/schedule/programs.js';
import type { FakeQueue } from './fake-queue.js';
import { QUICK_SEARCH } from './search-specs.js';

export const TRIALS = 6;

export function memoryDatabase(): Database {
  const db = openDatabase(IN_MEMORY);
  onTestFinished(() => db.close());
  return db;
}

/** Queues a tune of a small product. */
export function queue16(db: Database, id = 1, order: Partial<TuneOrder> = {}): string {
  const func = matmul(16);
  const program = { func, script: printScript(func), flops: 8192 };
  const budget = budgetOf({ trials: TRIALS, perTask: {} }, 1);
  return queueTune(db, { id, program, order: { budget, search: QUICK_SEARCH, ...order } }).id;
}

interface Clock {
  readonly now: number;
}

export function tunerOn(db: Database, queue: FakeQueue, clock: Clock = { now: 1000 }) {
  const changes = createChanges((id) => tuneVersion(db, id));
  const specs: SearchSpec[] = [];
  const errors: unknown[] = [];
  const logger = pino({ level: 'error' }, { write: (line) => errors.push(JSON.parse(line)) });
  const searches = {
    search: (spec: SearchSpec) => {
      specs.push(spec);
      return searchHere(createStrategy(spec));
    },
    close: async () => {},
  };
  const tuner = createTuner({ db, changes, logger, clock: () => clock.now, queue, searches });
  onTestFinished(() => tuner.close());
  const ended = async (id: string): Promise<TuneRecord> => {
    let tune = getTune(db, id);
    while (!isFinal(tune.status)) {
      await changes.waitForChange(id, tune.version, 10_000);
      tune = getTune(db, id);
    }
    return tune;
  };
  return { tuner, ended, specs, errors };
}

export const candidatesOf = (db: Database, id: string) =>
  listCandidates(db, getTune(db, id).tasks[0].id, { limit: 999 });

/** Runs one tune to its end. */
export async function tuned(queue: FakeQueue, order: Partial<TuneOrder> = {}) {
  const db = memoryDatabase();
  const id = queue16(db, 1, order);
  const { tuner, ended, errors } = tunerOn(db, queue);
  tuner.notify();
  return { db, id, tune: await ended(id), tuner, errors };
}
