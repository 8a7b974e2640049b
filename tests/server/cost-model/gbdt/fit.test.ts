import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packRows, type Dataset } from '../../../../server/cost-model/gbdt/dataset.js';
import { fitGbdt } from '../../../../server/cost-model/gbdt/fit.js';
import { squaredError, weightedSquaredError } from '../../../../server/cost-model/gbdt/objectives.js';
import type { GbdtParams } from '../../../../server/cost-model/gbdt/params.js';
import { predictGbdt, type Gbdt } from '../../../../server/cost-model/gbdt/predict.js';
import { toSnapshot } from '../../../../server/cost-model/gbdt/snapshot.js';
import { at, InternalError } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';
import { synthesize, type Recipe } from './synthetic.js';

const mixed = (seed: number, recipe: Partial<Recipe> = {}): Dataset =>
  synthesize({
    seed,
    samples: 80,
    width: 6,
    rowsOf: (sample) => sample % 4,
    label: ([a = 0, b = 0]) => (a * b) / 3,
    ...recipe,
  });

/** The model of the first rounds. */
const cutAfter = (model: Gbdt, rounds: number): Gbdt => ({ ...model, trees: model.trees.slice(0, rounds) });

/** The dataset with the features in another arrangement. */
function withRows(
  { features, ...rest }: Dataset,
  width: number,
  change: (row: number[]) => number[],
): Dataset {
  const rows = Array.from(features.packs, (_, i) =>
    change([...features.values.subarray(i * features.width, (i + 1) * features.width)]),
  );
  return { ...rest, features: { ...features, width, values: Float32Array.from(rows.flat()) } };
}

describe('fitGbdt', () => {
  it('gives the same model for the same seed, and another for another seed when it samples', () => {
    const params = { rounds: 5, subsample: 0.5, colsample: 0.5 };
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const fit = (fitSeed: number): string =>
          JSON.stringify(toSnapshot(fitGbdt(mixed(seed), params, createRng(fitSeed))));
        expect(fit(seed)).toBe(fit(seed));
        expect(fit(seed)).not.toBe(fit(seed + 1));
      }),
      { numRuns: 10 },
    );
  });

  it('needs no seed when it does not sample', () => {
    const fit = (seed: number): Gbdt => fitGbdt(mixed(1), { rounds: 5 }, createRng(seed));
    expect(fit(1)).toEqual(fit(2));
  });

  it('begins a longer fit with the trees of a shorter one', () => {
    const params = { subsample: 0.5, colsample: 0.5 };
    const long = fitGbdt(mixed(1), { ...params, rounds: 12 }, createRng(0));
    const short = fitGbdt(mixed(1), { ...params, rounds: 7 }, createRng(0));
    expect(long.trees.slice(0, 7)).toEqual(short.trees);
  });

  it('does not disturb the stream or the data that it is given', () => {
    const [used, fresh] = [createRng(4), createRng(4)];
    const dataset = mixed(2);
    const before = structuredClone(dataset);
    fitGbdt(dataset, { rounds: 3, subsample: 0.5, colsample: 0.5 }, used);
    expect(dataset).toEqual(before);
    expect(used.nextFloat()).toBe(fresh.nextFloat());
  });

  const weights = { squaredError: () => 1, weightedSquaredError: (label: number) => label };
  it.each([
    ['squaredError', squaredError],
    ['weightedSquaredError', weightedSquaredError],
  ] as const)('lowers the %s of what it learns from in every round', (name, objective) => {
    const lossOf = (predictions: Float64Array, labels: Float64Array): number =>
      labels.reduce((sum, y, i) => sum + weights[name](y) * (at(predictions, i) - y) ** 2, 0);
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(0.05, 0.2, 0.7, 1),
        fc.integer({ min: 1, max: 25 }),
        (seed, eta, mostRows) => {
          const dataset = mixed(seed, { samples: 40, rowsOf: (sample) => sample % (mostRows + 1) });
          const model = fitGbdt(dataset, { objective, eta, rounds: 20, maxDepth: 3 }, createRng(seed));
          let last = Infinity;
          for (let round = 0; round <= 20; round++) {
            const loss = lossOf(predictGbdt(cutAfter(model, round), dataset.features), dataset.labels);
            expect(loss).toBeLessThanOrEqual(last * (1 + 1e-12));
            last = loss;
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('credits the features that matter', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const label = (row: Float32Array): number => at(row, 3) + 2 * at(row, 7);
        const dataset = synthesize({ seed, samples: 200, width: 12, label });
        const { gains } = fitGbdt(dataset, { objective: squaredError, rounds: 30 }, createRng(seed));
        const total = gains.reduce((sum, gain) => sum + gain, 0);
        expect(at(gains, 7)).toBeGreaterThan(at(gains, 3));
        expect((at(gains, 3) + at(gains, 7)) / total).toBeGreaterThan(0.9);
      }),
      { numRuns: 15 },
    );
  });

  it('does not see constant features, however many and wherever', () => {
    fc.assert(
      fc.property(fc.integer(), fc.float({ noNaN: true, noDefaultInfinity: true }), (seed, constant) => {
        const params = { rounds: 8, subsample: 0.8, colsample: 0.5 };
        const dataset = mixed(seed);
        const wide = withRows(dataset, 9, ([a = 0, ...rest]) => [constant, a, constant, ...rest, 1]);
        const plain = fitGbdt(dataset, params, createRng(0));
        const padded = fitGbdt(wide, params, createRng(0));
        expect(predictGbdt(padded, wide.features)).toEqual(predictGbdt(plain, dataset.features));
        const [none, a, also, ...rest] = padded.gains;
        expect([none, also, rest.at(-1)]).toEqual([0, 0, 0]);
        expect([a, ...rest.slice(0, -1)]).toEqual([...plain.gains]);
      }),
      { numRuns: 20 },
    );
  });

  it('depends on the order of the values of a feature alone while each has its bin', () => {
    const cubed = (dataset: Dataset): Dataset => withRows(dataset, 6, (row) => row.map((x) => x ** 3));
    const fit = (dataset: Dataset): Float64Array =>
      predictGbdt(fitGbdt(dataset, { rounds: 8, maxBin: 255 }, createRng(0)), dataset.features);
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const dataset = mixed(seed);
        expect(fit(cubed(dataset))).toEqual(fit(dataset));
      }),
      { numRuns: 20 },
    );
  });
});

describe('fitGbdt of little or nothing', () => {
  const fitAndPredict = (dataset: Dataset, params: Partial<GbdtParams> = {}): number[] => [
    ...predictGbdt(fitGbdt(dataset, params, createRng(0)), dataset.features),
  ];
  const single = (rows: number, label: number): Dataset => ({
    features: packRows([{ rows: new Float32Array(rows * 2).fill(3), count: rows, width: 2 }], 2),
    labels: Float64Array.of(label),
    groups: Int32Array.of(0),
  });

  it('predicts the label of a single sample, however many rows it has', () => {
    for (const rows of [1, 2, 5, 6, 40]) {
      expect(at(fitAndPredict(single(rows, 1)), 0)).toBeCloseTo(1, 3);
      expect(at(fitAndPredict(single(rows, 0.25), { lambda: 0 }), 0)).toBeCloseTo(0.25, 3);
    }
  });

  it('predicts the label that all samples have', () => {
    const dataset = { ...mixed(0, { rowsOf: () => 1 }), labels: new Float64Array(80).fill(0.7) };
    for (const lambda of [0, 1]) {
      const model = fitGbdt(dataset, { lambda, gamma: 0 }, createRng(0));
      for (const one of predictGbdt(model, dataset.features)) expect(one).toBeCloseTo(0.7, 6);
      expect(model.gains.every((gain) => gain === 0)).toBe(true);
    }
  });

  it('predicts 0 where there is nothing to learn from', () => {
    expect(fitAndPredict(single(0, 1))).toEqual([0]);
    expect(fitAndPredict(single(3, 0))).toEqual([0]);
    expect(fitAndPredict(single(3, 0), { lambda: 0 })).toEqual([0]);
    expect(fitAndPredict(single(3, 1), { rounds: 0 })).toEqual([0]);
    const empty = { features: packRows([], 2), labels: new Float64Array(), groups: new Int32Array() };
    expect(fitAndPredict(empty)).toEqual([]);
  });

  it('refuses what is not a dataset', () => {
    const sound = single(1, 1);
    const { features } = sound;
    const faulty: Dataset[] = [
      { ...sound, labels: Float64Array.of(Number.NaN) },
      { ...sound, labels: Float64Array.of(1, 1) },
      { ...sound, groups: Int32Array.of() },
      { ...sound, features: { ...features, values: Float32Array.of(1, Infinity) } },
      { ...sound, features: { ...features, values: Float32Array.of(1) } },
      { ...sound, features: { ...features, packs: Int32Array.of(1) } },
      { ...sound, features: { ...features, packs: Int32Array.of(-1) } },
    ];
    for (const dataset of faulty) expect(() => fitAndPredict(dataset)).toThrow(InternalError);
    expect(() => packRows([{ rows: new Float32Array(2), count: 1, width: 2 }], 3)).toThrow(InternalError);
    const model = fitGbdt(sound, { rounds: 1 }, createRng(0));
    expect(() => predictGbdt(model, packRows([], 3))).toThrow(InternalError);
  });

  it.each<Partial<GbdtParams>>([
    { rounds: -1 },
    { rounds: 1.5 },
    { maxDepth: 33 },
    { eta: 0 },
    { eta: 1.1 },
    { gamma: -1 },
    { lambda: Number.NaN },
    { minChildWeight: -1 },
    { subsample: 0 },
    { colsample: 2 },
    { maxBin: 1 },
    { maxBin: 256 },
  ])('refuses %o', (params) => {
    expect(() => fitAndPredict(single(1, 1), params)).toThrow(InternalError);
  });
});
