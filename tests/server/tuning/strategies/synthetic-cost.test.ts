/** @file Searches on a landscape that is known: the time depends on the tile sizes alone, smoothly, with one valley. */
import { beforeAll, describe, expect, it } from 'vitest';
import { gbdtModel } from '../../../../server/cost-model/gbdt-model.js';
import type { CostModel } from '../../../../server/cost-model/model.js';
import { spaceOf } from '../../../../server/tuning/space.js';
import { ownSpace } from '../../../../server/tuning/spaces/space-table.js';
import { createEvolutionary } from '../../../../server/tuning/strategies/evolutionary.js';
import { createReplayTrace } from '../../../../server/tuning/strategies/replay-trace.js';
import type { PastTrial } from '../../../../server/tuning/strategies/round.js';
import type { SearchProblem, Strategy } from '../../../../server/tuning/strategies/strategy.js';
import { SearchOptionsSchema } from '../../../../shared/protocol/search-options.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import type { TraceJson } from '../../../../shared/protocol/measure.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { traceFromJson } from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { median } from '../../../../shared/support/statistics.js';
import { nestOf } from '../../../shared/schedule/harness.js';
import { matmul } from '../../../shared/schedule/programs.js';
import { searchProblem } from './harness.js';

const TRIALS = 48;
const SEEDS = [0, 1, 2, 3];

/** Tiles of a product as in a register-tiled kernel: 25 * 25 * 5 = 3,125 programs. */
function tile(sch: Schedule): void {
  const [i, j, k] = sch.getLoops('C', 3);
  const [i0, i1, i2] = sch.split(i, sch.samplePerfectTile(i, { n: 3 }));
  const [j0, j1, j2] = sch.split(j, sch.samplePerfectTile(j, { n: 3 }));
  const [k0, k1] = sch.split(k, sch.samplePerfectTile(k, { n: 2 }));
  sch.reorder(i0, j0, i1, j1, k0, k1, i2, j2);
}

/** Where the valley is: `[outermost, ..., innermost]` of every loop. */
const FASTEST = [
  [4, 4, 4],
  [2, 4, 8],
  [32, 2],
];

/** 1000 at the bottom, and more with every factor of two that a tile size is away from it. */
function timeOf(trace: TraceJson): number {
  const tiles = [...traceFromJson(trace).decisions.values()] as (readonly number[])[];
  const distances = FASTEST.flatMap((best, t) =>
    best.map((size, d) => Math.log2(at(at(tiles, t), d) / size) ** 2),
  );
  return 1000 * Math.exp(0.1 * distances.reduce((sum, distance) => sum + distance, 0));
}

/** The best time of a search of 48 trials, eight at a time. */
function bestOf(strategy: Strategy): number {
  const history: PastTrial[] = [];
  for (let round = 0; history.length < TRIALS; round++) {
    const firstTrial = history.length;
    const spent = firstTrial / TRIALS;
    const request = { round, firstTrial, size: 8, spent, history: history.slice(), model: null };
    for (const [i, { trace, traceHash, programHash }] of strategy.proposeRound(request).proposals.entries()) {
      history.push({ trial: firstTrial + i, trace, traceHash, programHash, latencyNs: timeOf(trace) });
    }
  }
  return Math.min(...history.map(({ latencyNs }) => latencyNs ?? Infinity));
}

const { evolution } = SearchOptionsSchema.parse({ evolution: { populationSize: 64, initMinUnmeasured: 32 } });
const problemOf = (seed: number): SearchProblem =>
  searchProblem(matmul(64), { space: ownSpace(spaceOf(tile)), seed, model: gbdtModel });

describe('on a landscape with one valley', () => {
  let evolved: number[];
  let random: number[];
  beforeAll(() => {
    evolved = SEEDS.map((seed) => bestOf(createEvolutionary(problemOf(seed), evolution)));
    random = SEEDS.map((seed) => bestOf(createReplayTrace(problemOf(seed))));
  }, 60_000);

  it('evolutionary search comes closer to the bottom than random search with as many trials', () => {
    expect(evolved.filter((best, i) => best < at(random, i)).length).toBeGreaterThanOrEqual(3);
    expect(median(evolved)).toBeLessThan(median(random));
  });

  it('evolutionary search ends within a small step of the bottom', () => {
    // A prime factor that is at a neighbouring level costs two distances of 1.
    expect(median(evolved)).toBeLessThanOrEqual(1000 * Math.exp(0.1 * 2) + 1e-6);
  });
});

describe('with a model that knows how far away the valley is', () => {
  const func = matmul(1024);
  /** Extents from the outermost loop on. */
  const target = [16, 8, 16, 16, 64, 16, 8, 8];
  const distanceOf = (program: PrimFunc): number =>
    nestOf(program).reduce(
      (sum, loop, level) => sum + Math.log2(Number(loop.split(':')[1]) / at(target, level)) ** 2,
      0,
    );
  const model: CostModel = {
    fit: () => ({
      predict: (funcs) => Float64Array.from(funcs, (program) => -distanceOf(program)),
      snapshot: () => null,
    }),
    restore: () => null,
  };

  /** Mean distance of the best of the first round. */
  function distanceAfter(geneticNumIters: number): number {
    const options = { ...evolution, populationSize: 32, epsGreedy: 0, geneticNumIters };
    const distances = [0, 1, 2, 3, 4, 5].map((seed) => {
      const problem = searchProblem(func, { space: ownSpace(spaceOf(tile)), seed, model });
      const request = { round: 0, firstTrial: 0, size: 8, spent: 0, history: [], model: null };
      const { proposals } = createEvolutionary(problem, options).proposeRound(request);
      return -Math.max(...proposals.map(({ predicted }) => predicted ?? NaN));
    });
    return distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  }

  it('generations halve the distance: parents are drawn by their scores', () => {
    const distances = [0, 4, 8].map(distanceAfter);
    expect(at(distances, 1)).toBeLessThan(at(distances, 0) / 2);
    expect(at(distances, 2)).toBeLessThanOrEqual(at(distances, 1));
  });
});
