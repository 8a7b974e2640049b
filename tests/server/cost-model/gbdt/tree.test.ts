/** @file The grown tree against one grown by brute force: every threshold of every feature is tried on the rows. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packRows, type Dataset } from '../../../../server/cost-model/gbdt/dataset.js';
import { fitGbdt } from '../../../../server/cost-model/gbdt/fit.js';
import { squaredError } from '../../../../server/cost-model/gbdt/objectives.js';
import { predictGbdt, type Gbdt } from '../../../../server/cost-model/gbdt/predict.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';

interface Row {
  readonly features: readonly number[];
  readonly gradient: number;
  readonly hessian: number;
}

interface Limits {
  readonly maxDepth: number;
  readonly gamma: number;
  readonly lambda: number;
  readonly minChildWeight: number;
}

interface Grown {
  readonly output: (features: readonly number[]) => number;
  /** Total gain per feature. */
  readonly gains: readonly number[];
}

const sum = (rows: readonly Row[], field: 'gradient' | 'hessian'): number =>
  rows.reduce((total, row) => total + row[field], 0);

function score(rows: readonly Row[], lambda: number): number {
  return sum(rows, 'gradient') ** 2 / (sum(rows, 'hessian') + lambda);
}

/** @param thresholds those of each feature, ascending */
function growByForce(
  rows: readonly Row[],
  thresholds: readonly (readonly number[])[],
  limits: Limits,
): Grown {
  const { maxDepth, gamma, lambda, minChildWeight } = limits;
  let best = { feature: -1, threshold: 0, gain: gamma };
  for (const [feature, list] of maxDepth === 0 ? [] : thresholds.entries()) {
    for (const threshold of list) {
      const left = rows.filter(({ features }) => at(features, feature) <= threshold);
      const right = rows.filter(({ features }) => at(features, feature) > threshold);
      if (left.length === 0 || right.length === 0) continue;
      if (sum(left, 'hessian') < minChildWeight || sum(right, 'hessian') < minChildWeight) continue;
      const gain = score(left, lambda) + score(right, lambda) - score(rows, lambda);
      if (gain > best.gain) best = { feature, threshold, gain };
    }
  }
  const none = thresholds.map(() => 0);
  if (best.feature < 0) {
    const output = -sum(rows, 'gradient') / (sum(rows, 'hessian') + lambda);
    return { output: () => output, gains: none };
  }
  const isLeft = (features: readonly number[]): boolean => at(features, best.feature) <= best.threshold;
  const below = { ...limits, maxDepth: maxDepth - 1 };
  const left = growByForce(
    rows.filter(({ features }) => isLeft(features)),
    thresholds,
    below,
  );
  const right = growByForce(
    rows.filter(({ features }) => !isLeft(features)),
    thresholds,
    below,
  );
  return {
    output: (features) => (isLeft(features) ? left : right).output(features),
    gains: none.map((_, f) => at(left.gains, f) + at(right.gains, f) + (f === best.feature ? best.gain : 0)),
  };
}

const WIDTH = 3;

const packs = fc.array(
  fc.record({
    label: fc.integer({ min: -9, max: 9 }),
    rows: fc.array(fc.array(fc.nat(5), { minLength: WIDTH, maxLength: WIDTH }), { maxLength: 3 }),
  }),
  { minLength: 1, maxLength: 30 },
);

const limits: fc.Arbitrary<Limits> = fc.record({
  maxDepth: fc.nat(5),
  gamma: fc.constantFrom(0.01, 1, 20),
  lambda: fc.constantFrom(0.5, 1, 4),
  minChildWeight: fc.constantFrom(0, 2, 7),
});

/** One tree that takes its whole step: sums of small integers are exact, so both trees must agree bit by bit. */
function oneTree(dataset: Dataset, params: Limits): Gbdt {
  return fitGbdt(dataset, { ...params, rounds: 1, eta: 1, objective: squaredError }, createRng(0));
}

describe('a tree', () => {
  it('is the one that brute force finds', () => {
    fc.assert(
      fc.property(packs, limits, (samples, params) => {
        const features = packRows(
          samples.map(({ rows }) => ({
            rows: Float32Array.from(rows.flat()),
            count: rows.length,
            width: WIDTH,
          })),
          WIDTH,
        );
        const labels = Float64Array.from(samples, ({ label }) => label);
        const model = oneTree({ features, labels, groups: new Int32Array(samples.length) }, params);

        // A whole step of a sample with several rows has a hessian as many times as high.
        const rows = samples.flatMap(({ label, rows: own }) =>
          own.map((values) => ({ features: values, gradient: -label, hessian: own.length })),
        );
        const thresholds = Array.from({ length: WIDTH }, (_, f) => {
          const values = [...new Set(rows.map((row) => at(row.features, f)))].toSorted((a, b) => a - b);
          return values.slice(1).map((value, i) => (value + at(values, i)) / 2);
        });
        const expected = growByForce(rows, thresholds, params);

        const each = packRows(
          rows.map((row) => ({ rows: Float32Array.from(row.features), count: 1, width: WIDTH })),
          WIDTH,
        );
        const outputs = rows.map((row) => expected.output(row.features) + 0);
        expect([...predictGbdt(model, each)]).toEqual(outputs);
        for (const [f, gain] of model.gains.entries()) expect(gain).toBeCloseTo(at(expected.gains, f), 9);
      }),
      { numRuns: 300 },
    );
  });

  it('has no more levels of splits than allowed', () => {
    const features = packRows(
      Array.from({ length: 64 }, (_, i) => ({ rows: Float32Array.of(i), count: 1, width: 1 })),
      1,
    );
    const dataset = {
      features,
      labels: Float64Array.from({ length: 64 }, (_, i) => i ** 2),
      groups: new Int32Array(64),
    };
    for (const maxDepth of [0, 1, 2, 5]) {
      const model = oneTree(dataset, { maxDepth, gamma: 0, lambda: 0, minChildWeight: 0 });
      expect(new Set(predictGbdt(model, features)).size).toBe(2 ** maxDepth);
    }
    const deep = oneTree(dataset, { maxDepth: 32, gamma: 0, lambda: 0, minChildWeight: 0 });
    expect([...predictGbdt(deep, features)]).toEqual([...dataset.labels]);
  });
});
