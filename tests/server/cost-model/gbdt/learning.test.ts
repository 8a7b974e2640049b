/** @file What the trees can learn: functions of features, sums over packs, orders. Judged on samples not seen in the fit. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../../server/cost-model/gbdt/dataset.js';
import { fitGbdt } from '../../../../server/cost-model/gbdt/fit.js';
import { pairwiseRank, squaredError } from '../../../../server/cost-model/gbdt/objectives.js';
import { predictGbdt } from '../../../../server/cost-model/gbdt/predict.js';
import { createRng } from '../../../../shared/support/rng.js';
import { rSquared, spearman, synthesize, type Recipe } from './synthetic.js';

type Task = Omit<Recipe, 'seed' | 'samples'>;

const NOISE_FEATURES = 5;

const step: Task = { width: 1 + NOISE_FEATURES, label: ([a = 0]) => (a < 0.3 ? 0.2 : 0.9) };
const additive: Task = {
  width: 3 + NOISE_FEATURES,
  label: ([a = 0, b = 0, c = 0]) => (a + Math.sin(3 * b) + c * c) / 3,
};
const interaction: Task = {
  width: 3 + NOISE_FEATURES,
  label: ([a = 0, b = 0, c = 0]) => 0.1 + (a > 0.5 !== b > 0.5 ? 0.5 : 0) + 0.4 * a * c,
};
const packSum: Task = {
  width: 2 + NOISE_FEATURES,
  rowsOf: (sample) => 1 + (sample % 6),
  label: ([a = 0, b = 0]) => (a < 0.5 ? 0.02 : 0.12) + 0.04 * b,
};

/** A training set and a held-out one. */
function draw(task: Task, seed: number, samples = 300): { train: Dataset; test: Dataset } {
  return {
    train: synthesize({ ...task, seed, samples }),
    test: synthesize({ ...task, seed: seed + 1, samples: 300 }),
  };
}

const seeds = (run: (seed: number) => void): void => {
  fc.assert(fc.property(fc.integer(), run), { numRuns: 6 });
};

describe('the defaults', () => {
  it.each([
    ['a step', step, 300, 0.9],
    ['a sum of functions', additive, 300, 0.9],
    ['an interaction', interaction, 600, 0.8],
    ['sums over packs', packSum, 300, 0.9],
  ] as const)('learn %s', (_, task, samples, least) => {
    seeds((seed) => {
      const { train, test } = draw(task, seed, samples);
      const model = fitGbdt(train, {}, createRng(seed));
      expect(rSquared(predictGbdt(model, test.features), test.labels)).toBeGreaterThan(least);
    });
  });

  it('learn from the samples of a first round', () => {
    seeds((seed) => {
      const { train, test } = draw(additive, seed, 64);
      const model = fitGbdt(train, {}, createRng(seed));
      expect(rSquared(predictGbdt(model, test.features), test.labels)).toBeGreaterThan(0.5);
    });
  });
});

describe('plain squared error', () => {
  it('learns labels of any sign and size', () => {
    const label = (row: Float32Array): number => 1000 * (additive.label(row) - 0.5);
    seeds((seed) => {
      const { train, test } = draw({ ...additive, label }, seed);
      const model = fitGbdt(train, { objective: squaredError }, createRng(seed));
      expect(rSquared(predictGbdt(model, test.features), test.labels)).toBeGreaterThan(0.8);
    });
  });

  it('learns with a part of the samples and features per tree', () => {
    seeds((seed) => {
      const { train, test } = draw(additive, seed);
      const params = { objective: squaredError, subsample: 0.6, colsample: 0.6 };
      const model = fitGbdt(train, params, createRng(seed));
      expect(rSquared(predictGbdt(model, test.features), test.labels)).toBeGreaterThan(0.8);
    });
  });

  it('learns with few bins', () => {
    seeds((seed) => {
      const { train, test } = draw(additive, seed);
      const model = fitGbdt(train, { objective: squaredError, maxBin: 8 }, createRng(seed));
      expect(rSquared(predictGbdt(model, test.features), test.labels)).toBeGreaterThan(0.8);
    });
  });
});

describe('pairwise rank', () => {
  const objective = pairwiseRank(8);

  it.each([
    ['a sum of functions', additive],
    ['sums over packs', packSum],
  ] as const)('orders unseen samples of %s', (_, task) => {
    seeds((seed) => {
      const { train, test } = draw(task, seed);
      const model = fitGbdt(train, { objective, rounds: 50 }, createRng(seed));
      expect(spearman(predictGbdt(model, test.features), test.labels)).toBeGreaterThan(0.9);
    });
  });

  it('is not misled by labels that only compare within a group', () => {
    seeds((seed) => {
      const { train, test } = draw(additive, seed);
      // The labels of every other sample are in another unit; what is better stays better.
      const groups = train.groups.map((__, i) => i % 2);
      const labels = train.labels.map((label, i) => (i % 2 === 0 ? label : label / 2 + 5));
      const model = fitGbdt({ ...train, groups, labels }, { objective, rounds: 50 }, createRng(seed));
      expect(spearman(predictGbdt(model, test.features), test.labels)).toBeGreaterThan(0.9);
    });
  });
});
