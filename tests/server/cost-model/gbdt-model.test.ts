/** @file The learned model keeps the contract of all models, and learns. */
import { describe, expect, it } from 'vitest';
import { gbdtModel } from '../../../server/cost-model/gbdt-model.js';
import type { Predictor, TrainingSample } from '../../../server/cost-model/model.js';
import { createReplayTrace } from '../../../server/tuning/strategies/replay-trace.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { at } from '../../../shared/support/errors.js';
import { createRng } from '../../../shared/support/rng.js';
import { matmul, vectorAdd } from '../../shared/schedule/programs.js';
import { proposeRounds, replay, searchProblem } from '../tuning/strategies/harness.js';
import { spearman } from './gbdt/synthetic.js';

const func = matmul(32);

/** Random candidates of a product: the same every time, but objects of their own. */
function drawCandidates(): PrimFunc[] {
  const [plan] = proposeRounds(createReplayTrace(searchProblem(func, { seed: 3 })), [48]);
  return (plan?.proposals ?? []).map(({ trace }) => replay(func, trace));
}

const candidates = drawCandidates();

/** A product that handles so many of its columns at a time. */
function tileOf(inner: number): PrimFunc {
  const sch = createSchedule(matmul(128));
  const [i, j, k] = sch.getLoops('C', 3);
  const [j0, j1] = sch.split(j, [null, inner]);
  sch.reorder(i, j0, k, j1);
  return sch.func;
}

function fit(samples: readonly TrainingSample[], seed = 0): Predictor {
  const predictor = gbdtModel.fit(samples, createRng(seed));
  if (predictor === null) expect.fail('too few samples');
  return predictor;
}

const samplesOf = (funcs: readonly PrimFunc[], group = 'g'): TrainingSample[] =>
  funcs.map((sample, i) => ({ func: sample, group, score: (1 + ((i * 37) % 100)) / 100 }));

const [known, others] = [candidates.slice(0, 32), candidates.slice(32)];

describe('the contract of models', () => {
  const samples = samplesOf(known);

  it('has no opinion with too few samples', () => {
    expect(gbdtModel.fit([], createRng(0))).toBeNull();
    expect(gbdtModel.fit(samples.slice(0, 7), createRng(0))).toBeNull();
    expect(gbdtModel.fit(samples.slice(0, 8), createRng(0))).not.toBeNull();
  });

  it('gives one finite score per program, whatever the samples are', () => {
    const hostile: (readonly TrainingSample[])[] = [
      samples,
      samples.map((sample) => ({ ...sample, score: 0 })),
      samples.map((sample) => ({ ...sample, score: 1 })),
      samples.map((sample, i) => ({ ...sample, group: `group ${i}` })),
      samples.map((sample) => ({ ...sample, func: at(known, 0) })),
      samples.map((sample, i) => (i % 2 === 0 ? { ...sample, func: vectorAdd(8), group: 'other' } : sample)),
    ];
    for (const some of hostile) {
      const scores = fit(some).predict(candidates);
      expect(scores).toHaveLength(candidates.length);
      for (const score of scores) expect(Number.isFinite(score)).toBe(true);
    }
    expect(fit(samples).predict([])).toHaveLength(0);
  });

  it('scores each program independently of the others that it is asked with', () => {
    const { predict } = fit(samples);
    const all = [...predict(candidates)];
    expect([...predict(candidates.toReversed())]).toEqual(all.toReversed());
    expect(others.flatMap((one) => [...predict([one])])).toEqual(all.slice(32));
  });

  it('is a function of the samples and the generator alone', () => {
    const first = fit(samples).predict(others);
    fit(samplesOf(others), 5).predict(known); // another model meanwhile
    expect(fit(samples).predict(others)).toEqual(first);
    // Programs that were made anew have nothing that could have been remembered.
    const anew = drawCandidates();
    expect(fit(samplesOf(anew.slice(0, 32))).predict(anew.slice(32))).toEqual(first);
  });
});

describe('learning', () => {
  it('ranks programs that it has not seen by what made others fast', () => {
    const widths = [1, 2, 4, 8, 16, 32, 64, 128];
    const sizes = [3, 5, 6, 7, 9, 10, 12, 20, 24, 40, 48, 96];
    const score = (inner: number): number => Math.log2(2 * inner) / 8;
    const samples = [...widths, ...sizes.filter((_, i) => i % 2 === 0)].map((inner) => ({
      func: tileOf(inner),
      group: 'g',
      score: score(inner),
    }));
    const unseen = sizes.filter((_, i) => i % 2 === 1);
    const scores = fit(samples).predict(unseen.map(tileOf));
    expect(spearman(scores, Float64Array.from(unseen, score))).toBeGreaterThan(0.7);
  });

  it('compares scores within a group only: that one workload is slower says nothing about its tiles', () => {
    // In both groups wide tiles are the better ones; all of the group that has them are slower than the other's.
    const narrow = [1, 2, 3, 4, 5, 6, 7, 8].map((inner) => ({
      inner,
      group: 'fast',
      score: 0.5 + inner / 16,
    }));
    const wide = [16, 20, 24, 32, 48, 64, 96, 128].map((inner) => ({
      inner,
      group: 'slow',
      score: inner / 1280,
    }));
    const predictor = fit(
      [...narrow, ...wide].map(({ inner, ...rest }) => ({ ...rest, func: tileOf(inner) })),
    );
    const unseen = [18, 28, 40, 56, 80, 112];
    const scores = predictor.predict(unseen.map(tileOf));
    expect(spearman(scores, Float64Array.from(unseen))).toBeGreaterThan(0.7);
    const [slowest] = predictor.predict([tileOf(1)]);
    expect(Math.max(...scores)).toBeGreaterThan(slowest ?? Infinity);
  });
});
