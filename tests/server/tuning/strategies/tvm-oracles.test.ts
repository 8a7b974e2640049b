/** @file What TVM's own tests say of its search strategies, of whole tunes with made-up times. */
import { describe, expect, it } from 'vitest';
import { IN_MEMORY, openDatabase } from '../../../../db/open.js';
import { randomModel } from '../../../../server/cost-model/random-model.js';
import { createEvolutionary } from '../../../../server/tuning/strategies/evolutionary.js';
import { createReplayFunc } from '../../../../server/tuning/strategies/replay-func.js';
import { spaceOf } from '../../../../server/tuning/space.js';
import { tuneOverSpace, type OwnSpaceTune } from '../../../../server/tuning/tune-over-space.js';
import {
  SEARCH_DEFAULTS,
  SearchOptionsSchema,
  STRATEGIES,
} from '../../../../shared/protocol/search-options.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { matmul } from '../../../shared/schedule/programs.js';
import { fakeQueue, isBaseline } from '../fake-queue.js';
import { candidatesOf, roundsOf } from '../whole-tune.js';
import { plainSpace, proposeRounds, searchProblem } from './harness.js';

/** The programs of a tune to its end, the baseline first, and how many each round proposed. */
async function tuned(
  transform: (sch: Schedule) => void,
  parts: Partial<OwnSpaceTune> = {},
  trialsPerRound = 10,
) {
  const db = openDatabase(IN_MEMORY);
  const search = SearchOptionsSchema.parse({ trialsPerRound, evolution: { populationSize: 40 } });
  const tune = await tuneOverSpace({
    func: matmul(32),
    space: spaceOf(transform),
    db,
    queue: fakeQueue(),
    search,
    ...parts,
  });
  expect(tune.status).toBe('succeeded');
  const candidates = candidatesOf(db, tune.id);
  const rounds = roundsOf(db, tune.id).map(({ proposed }) => proposed);
  db.close();
  expect(candidates.map(({ trace }) => isBaseline(trace))).toEqual(candidates.map((_, i) => i === 0));
  return { programs: candidates.map(({ programHash }) => programHash), rounds };
}

/** Two tiles of five decisions each: `[32, 1]` and so on to `[2, 16]`, the innermost being 16 at most. */
function tileTwice(sch: Schedule): void {
  const [, j, k] = sch.getLoops('C', 3);
  sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
  sch.split(k, sch.samplePerfectTile(k, { n: 2 }));
}

function tileTwiceInParallel(sch: Schedule): void {
  sch.parallel(sch.getLoops('C', 3)[0]);
  tileTwice(sch);
}

function reorder(sch: Schedule): void {
  const [i, j] = sch.getLoops('C', 3);
  sch.reorder(j, i);
}

const withoutEnd = (rounds: readonly number[]): number[] =>
  rounds.slice(0, rounds.findLastIndex((n) => n > 0) + 1);

describe.each(STRATEGIES)('strategy %s', (strategy) => {
  it.each([0, 1])('measures exactly the 25 programs of a space, and then ends (seed %i)', async (seed) => {
    // The tiles [32, 1] and [32, 1] leave the program as it is: its measurement is the baseline's.
    const { programs, rounds } = await tuned(tileTwice, { strategy, seed });
    expect(programs).toHaveLength(25);
    expect(new Set(programs).size).toBe(25);
    expect(withoutEnd(rounds)).toEqual([10, 10, 4]);
    expect(rounds.length - 3).toBeLessThanOrEqual(SEARCH_DEFAULTS.maxEmptyRounds);
  });

  it('measures 25 candidates when none of them is the program as it is', async () => {
    const { programs, rounds } = await tuned(tileTwiceInParallel, { strategy });
    expect(new Set(programs.slice(1)).size).toBe(25);
    expect(withoutEnd(rounds)).toEqual([10, 10, 5]);
  });

  it('measures one candidate of a function that draws nothing, and none of one that does nothing', async () => {
    const one = await tuned(reorder, { strategy });
    expect(one.programs).toHaveLength(2);
    expect(one.rounds.slice(0, 5)).toEqual([1, 0, 0, 0, 0].slice(0, one.rounds.length));
    const none = await tuned(() => {}, { strategy });
    expect(none.programs).toHaveLength(1);
    expect(withoutEnd(none.rounds)).toEqual([]);
    expect(none.rounds.length).toBeLessThanOrEqual(SEARCH_DEFAULTS.maxEmptyRounds);
  });

  it('measures 20 trials in rounds of 7 as 7, 7 and 6', async () => {
    const { rounds } = await tuned(tileTwice, { strategy, trials: 20 }, 7);
    expect(rounds).toEqual([7, 7, 6]);
  });
});

describe('a postprocessing step that always refuses', () => {
  const space = { ...plainSpace(tileTwice), postprocs: { never: () => false } };
  const problem = searchProblem(matmul(32), { space, model: randomModel });

  it.each([
    ['evolutionary', createEvolutionary(problem, SEARCH_DEFAULTS.evolution)],
    ['replay-func', createReplayFunc(problem)],
  ])('leaves nothing for %s to propose, whenever it is asked', (_, strategy) => {
    for (const plan of proposeRounds(strategy, [8, 8])) {
      expect(plan.proposals).toEqual([]);
      expect(plan.generated).toBeGreaterThan(0);
      expect(plan.rejected).toEqual({ 'postproc:never': plan.generated });
    }
  });
});
