/**
 * @file One tune per strategy and one of several tasks, one after the other on one database, each learning from those
 * before it. The times are made up: everything that is recorded must depend on the seed alone. Loads without vitest.
 */
import { budgetOf } from '../../../shared/protocol/budget.js';
import type { Database } from '../../../db/open.js';
import type { MeasureQueue } from '../../../server/tuning/measure-queue.js';
import type { SearchPool } from '../../../server/tuning/search-pool.js';
import { SearchOptionsSchema, type StrategyId } from '../../../shared/protocol/search-options.js';
import { isFinal } from '../../../shared/protocol/tune-status.js';
import { failed } from '../../../shared/protocol/measure.js';
import { measured, tuneId } from '../../db/records.js';
import { matmul } from '../../shared/schedule/programs.js';
import { fakeQueue, timeOf } from './fake-queue.js';
import { decidedIn, queued, searchesHere, tuningOn } from './whole-tune.js';

/** Random searches first, so that the model of the last has trials of others to learn from. */
const ORDER: readonly StrategyId[] = ['replay-trace', 'replay-func', 'evolutionary'];

export const TRIALS = 15;
const BUDGET = budgetOf({ trials: TRIALS, perTask: {} }, 1);
/** Of 15 trials: the model knows the tune itself from the third round on, and the last descends. */
const SEARCH = SearchOptionsSchema.parse({
  trialsPerRound: 5,
  evolution: { populationSize: 16, initMinUnmeasured: 8, geneticNumIters: 2 },
});

/** Times and failures that are a hash of the trace. */
export function hashQueue(before: (n: number) => Promise<void> = async () => {}): MeasureQueue {
  return fakeQueue({
    measure: async ({ trace }, n) => {
      await before(n);
      const time = timeOf(trace);
      return time % 6 === 0 ? failed('trap', 'unreachable') : measured(time);
    },
  });
}

interface Parts {
  readonly db: Database;
  readonly queue: MeasureQueue;
  readonly searches?: SearchPool;
  readonly seed?: number;
  /** The service stops when it has measured and searched so many times. */
  readonly stopAt?: number;
}

/** Runs the tunes, from where their database says that they are. @returns whether all are done */
export async function runTunes({ db, seed = 0, stopAt = Infinity, ...parts }: Parts): Promise<boolean> {
  let stop = (): void => {};
  let steps = 0;
  const step = (): void => {
    if (steps++ === stopAt) stop();
  };
  const queue = observedQueue(parts.queue, step);
  const searches = observedSearches(parts.searches ?? searchesHere, step);
  const { ended, close } = tuningOn({ db, queue, searches });
  stop = () => void close();
  const tunes = ORDER.map((strategy, i) =>
    queued(db, i, matmul(4 + 4 * i), { strategy, seed, search: SEARCH, budget: BUDGET }),
  );
  const several = [matmul(6), matmul(10), matmul(14)];
  const budget = budgetOf({ trials: 2 * TRIALS, perTask: {} }, several.length);
  tunes.push(queued(db, tunes.length, several, { strategy: 'evolutionary', seed, search: SEARCH, budget }));
  let isDone = true;
  for (const id of tunes) {
    isDone = isFinal((await ended(id)).status);
    if (!isDone) break;
  }
  await close();
  return isDone;
}

function observedQueue(queue: MeasureQueue, step: () => void): MeasureQueue {
  return {
    ...queue,
    measure: (request, signal) => {
      step();
      return queue.measure(request, signal);
    },
    race: (request, signal) => {
      step();
      return queue.race(request, signal);
    },
  };
}

function observedSearches(searches: SearchPool, step: () => void): SearchPool {
  return {
    ...searches,
    search: (spec) => {
      const { propose } = searches.search(spec);
      return {
        propose: (request) => {
          step();
          return propose(request);
        },
      };
    },
  };
}

/** What was decided, by strategy, and for several tasks. */
export function decidedBy(db: Database): Record<string, string> {
  return Object.fromEntries(
    [...ORDER, 'several tasks'].map((strategy, i) => [strategy, decidedIn(db, tuneId(i))]),
  );
}
