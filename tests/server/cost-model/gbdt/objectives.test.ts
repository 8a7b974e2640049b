import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  pairwiseRank,
  squaredError,
  weightedSquaredError,
  type Objective,
} from '../../../../server/cost-model/gbdt/objectives.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';

interface Case {
  readonly predictions: Float64Array;
  readonly labels: Float64Array;
  readonly groups: Int32Array;
}

const cases: fc.Arbitrary<Case> = fc
  .array(
    fc.record({
      prediction: fc.double({ min: -2, max: 2, noNaN: true }),
      label: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
      group: fc.nat(2),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((samples) => ({
    predictions: Float64Array.from(samples, ({ prediction }) => prediction),
    labels: Float64Array.from(samples, ({ label }) => label),
    groups: Int32Array.from(samples, ({ group }) => group),
  }));

const sumOver = (count: number, term: (i: number) => number): number =>
  Array.from({ length: count }, (_, i) => term(i)).reduce((a, b) => a + b, 0);

/** The losses, each as its definition says. */
const LOSSES: Readonly<Record<string, { objective: Objective; loss: (data: Case) => number }>> = {
  squaredError: {
    objective: squaredError,
    loss: ({ predictions, labels }) =>
      sumOver(labels.length, (i) => (at(predictions, i) - at(labels, i)) ** 2 / 2),
  },
  weightedSquaredError: {
    objective: weightedSquaredError,
    loss: ({ predictions, labels }) =>
      sumOver(labels.length, (i) => (at(labels, i) * (at(predictions, i) - at(labels, i)) ** 2) / 2),
  },
  pairwiseRank: {
    objective: pairwiseRank(),
    loss: ({ predictions, labels, groups }) =>
      sumOver(labels.length, (i) =>
        sumOver(labels.length, (j) => {
          if (at(groups, i) !== at(groups, j) || at(labels, i) <= at(labels, j)) return 0;
          const others = groups.filter((group) => group === at(groups, i)).length - 1;
          const margin = at(predictions, i) - at(predictions, j);
          return ((at(labels, i) - at(labels, j)) / others) * Math.log(1 + Math.exp(-margin));
        }),
      ),
  },
};

function moved(data: Case, sample: number, by: number): Case {
  const predictions = data.predictions.slice();
  predictions[sample] = at(predictions, sample) + by;
  return { ...data, predictions };
}

describe.each(Object.entries(LOSSES))('%s', (_, { objective, loss }) => {
  it('gives the derivatives of its loss', () => {
    fc.assert(
      fc.property(cases, (data) => {
        const { gradients, hessians } = objective(data.predictions, data, createRng(0));
        const step = 1e-4;
        for (let i = 0; i < data.labels.length; i++) {
          const [below, here, above] = [-step, 0, step].map((by) => loss(moved(data, i, by))) as [
            number,
            number,
            number,
          ];
          expect(at(gradients, i)).toBeCloseTo((above - below) / (2 * step), 6);
          expect(at(hessians, i)).toBeCloseTo((above - 2 * here + below) / step ** 2, 5);
        }
      }),
    );
  });

  it('leaves its arguments alone and is a function of them', () => {
    fc.assert(
      fc.property(cases, (data) => {
        const before = structuredClone(data);
        const first = objective(data.predictions, data, createRng(5));
        expect(data).toEqual(before);
        expect(objective(data.predictions, data, createRng(5))).toEqual(first);
      }),
    );
  });
});

describe('pairwiseRank with drawn partners', () => {
  const rng = createRng(1);
  const data = {
    predictions: Float64Array.from({ length: 40 }, () => rng.nextFloat()),
    labels: Float64Array.from({ length: 40 }, () => rng.nextFloat()),
    groups: Int32Array.from({ length: 40 }, (_, i) => (i < 30 ? 0 : i < 39 ? 1 : 2)),
  };

  it('is right on average', () => {
    const exact = pairwiseRank(40)(data.predictions, data, rng);
    const drawn = pairwiseRank(4);
    const means = { gradients: new Float64Array(40), hessians: new Float64Array(40) };
    const draws = 4000;
    for (let draw = 0; draw < draws; draw++) {
      const one = drawn(data.predictions, data, rng);
      for (let i = 0; i < 40; i++) {
        means.gradients[i] = at(means.gradients, i) + at(one.gradients, i) / draws;
        means.hessians[i] = at(means.hessians, i) + at(one.hessians, i) / draws;
      }
    }
    for (let i = 0; i < 40; i++) {
      expect(Math.abs(at(means.gradients, i) - at(exact.gradients, i))).toBeLessThan(0.01);
      expect(Math.abs(at(means.hessians, i) - at(exact.hessians, i))).toBeLessThan(0.005);
    }
  });

  it('compares within groups only', () => {
    const shifted = { ...data, predictions: data.predictions.map((p, i) => (i < 30 ? p : p + 9)) };
    for (const objective of [pairwiseRank(4), pairwiseRank(40)]) {
      const before = objective(data.predictions, data, createRng(2));
      const after = objective(shifted.predictions, shifted, createRng(2));
      expect(after.gradients.subarray(0, 30)).toEqual(before.gradients.subarray(0, 30));
      expect(before.gradients[39]).toBe(0);
      expect(before.hessians[39]).toBe(0);
    }
  });

  it('has finite derivatives for predictions far apart', () => {
    const far = data.predictions.map((p) => (p - 0.5) * 1e6);
    const { gradients, hessians } = pairwiseRank()(far, data, createRng(0));
    expect([...gradients, ...hessians].every(Number.isFinite)).toBe(true);
    expect(hessians.every((h) => h >= 0)).toBe(true);
  });
});
