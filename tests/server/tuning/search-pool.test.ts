import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { createSearchPool, type SearchPool } from '../../../server/tuning/search-pool.js';
import { createStrategy, searchHere } from '../../../server/tuning/search.js';
import type { RoundRequest } from '../../../server/tuning/strategies/round.js';
import { searchSpec } from './search-specs.js';
import { asHistory } from './strategies/harness.js';

const TASK_PATH = fileURLToPath(new URL('../../../dist/server/tuning/search-task.js', import.meta.url));
const FIRST: RoundRequest = { round: 0, firstTrial: 0, size: 3, spent: 0, history: [], model: null };

function searchPool(): SearchPool {
  const pool = createSearchPool(TASK_PATH);
  onTestFinished(() => pool.close());
  return pool;
}

it('another thread proposes, round by round, what this one would', async () => {
  const pool = searchPool();
  const specs = [searchSpec(), searchSpec({ seed: 1 }), searchSpec({ strategy: 'evolutionary' })];
  await Promise.all(
    specs.map(async (spec) => {
      const [there, here] = [pool.search(spec), searchHere(createStrategy(spec))];
      let request = FIRST;
      for (let round = 0; round < 3; round++) {
        const [{ plan, searchMs }, expected] = [await there.propose(request), await here.propose(request)];
        expect(plan).toEqual(expected.plan);
        expect(searchMs).toBeGreaterThan(0);
        const history = asHistory(request.history, plan.proposals);
        request = { round: round + 1, firstTrial: history.length, size: 3, spent: 0, history, model: null };
      }
    }),
  );
});

it('a search that fails fails alone', async () => {
  const pool = searchPool();
  await expect(pool.search(searchSpec({ script: 'def' })).propose(FIRST)).rejects.toThrow();
  expect((await pool.search(searchSpec()).propose(FIRST)).plan.proposals).toHaveLength(3);
});
