import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitGbdt } from '../../../../server/cost-model/gbdt/fit.js';
import { predictGbdt, type Gbdt } from '../../../../server/cost-model/gbdt/predict.js';
import { fromSnapshot, toSnapshot } from '../../../../server/cost-model/gbdt/snapshot.js';
import { ModelSnapshotSchema, type ModelSnapshot } from '../../../../shared/protocol/model.js';
import { createRng } from '../../../../shared/support/rng.js';
import { synthesize } from './synthetic.js';

const WIDTH = 3;
const data = (seed: number): ReturnType<typeof synthesize> =>
  synthesize({
    seed,
    samples: 60,
    width: WIDTH,
    rowsOf: (sample) => sample % 4,
    label: ([a = 0, b = 0]) => (a + b) / 6,
  });

/** Through text, as the database keeps it. */
const readBack = (model: Gbdt): Gbdt =>
  fromSnapshot(ModelSnapshotSchema.parse(JSON.parse(JSON.stringify(toSnapshot(model)))));

describe('a snapshot', () => {
  it('gives the same model back, through text', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const model = fitGbdt(data(seed), { rounds: 10, subsample: 0.7 }, createRng(seed));
        const back = readBack(model);
        expect(back).toEqual(model);
        const asked = data(seed + 1).features;
        expect(predictGbdt(back, asked)).toEqual(predictGbdt(model, asked));
      }),
      { numRuns: 20 },
    );
  });

  it('has no negative zeros, which text would lose', () => {
    const dataset = { ...data(0), labels: new Float64Array(60) };
    const model = fitGbdt(dataset, { rounds: 2 }, createRng(0));
    expect(readBack(model)).toEqual(model);
    expect(model.trees.every(({ values }) => values.every((value) => Object.is(value, 0)))).toBe(true);
  });

  it('of no trees is a model too', () => {
    const model = fitGbdt(data(0), { rounds: 0 }, createRng(0));
    expect(readBack(model)).toEqual(model);
  });
});

describe('a damaged snapshot is refused:', () => {
  /** One split by feature 1 and, below on the right, one by feature 0. */
  const tree = { features: [1, -1, 0, -1, -1], values: [0.5, 1, 0.25, 2, 3], lefts: [1, 0, 3, 0, 0] };
  const sound: ModelSnapshot = { version: 1, width: WIDTH, trees: [tree], gains: [1, 2, 0] };
  const withTree = (change: Partial<typeof tree>): unknown => ({ ...sound, trees: [{ ...tree, ...change }] });

  it('unlike the sound one', () => {
    expect(toSnapshot(fromSnapshot(ModelSnapshotSchema.parse(sound)))).toEqual(sound);
  });

  it.each<[string, unknown]>([
    ['nothing', null],
    ['text', 'model'],
    ['another version', { ...sound, version: 2 }],
    ['no version', { ...sound, version: undefined }],
    ['an unknown field', { ...sound, extra: 1 }],
    ['a gain too few', { ...sound, gains: [1, 2] }],
    ['a negative gain', { ...sound, gains: [1, -2, 0] }],
    ['a tree without nodes', { ...sound, trees: [{ features: [], values: [], lefts: [] }] }],
    ['a feature that rows lack', withTree({ features: [1, -1, WIDTH, -1, -1] })],
    ['a feature that is none', withTree({ features: [1, -2, 0, -1, -1] })],
    ['a value too few', withTree({ values: [0.5, 1, 0.25, 2] })],
    ['a value that is not a number', withTree({ values: [0.5, 1, Number.NaN, 2, 3] })],
    ['a child too few', withTree({ lefts: [1, 0, 3, 0] })],
    ['a cycle', withTree({ lefts: [1, 0, 1, 0, 0] })],
    ['a node that is its own child', withTree({ lefts: [0, 0, 3, 0, 0] })],
    ['a child outside', withTree({ lefts: [1, 0, 4, 0, 0] })],
    ['a node without parent', withTree({ features: [1, -1, -1, -1, -1], lefts: [1, 0, 0, 0, 0] })],
    ['a leaf with children', withTree({ features: [1, -1, -1, -1, -1] })],
    ['a leaf that names a child', withTree({ lefts: [1, 0, 3, 0, 1] })],
    ['nodes that share a child', withTree({ features: [1, 2, 0, -1, -1], lefts: [1, 3, 3, 0, 0] })],
  ])('%s', (_, json) => {
    expect(ModelSnapshotSchema.safeParse(json).success).toBe(false);
  });

  it('any with a piece of its text cut out', () => {
    const text = JSON.stringify(toSnapshot(fitGbdt(data(0), { rounds: 2 }, createRng(0))));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 40 }), (start, length) => {
        const cut = text.slice(0, start) + text.slice(start + length);
        let json: unknown;
        try {
          json = JSON.parse(cut);
        } catch {
          return;
        }
        // What is still JSON has lost entries, which lengths tell, or digits, which cannot be noticed.
        const parsed = ModelSnapshotSchema.safeParse(json);
        for (const { features, lefts, values } of parsed.data?.trees ?? []) {
          expect(lefts.length).toBe(features.length);
          expect(values.every(Number.isFinite)).toBe(true);
          expect(features.every((feature) => feature < (parsed.data?.width ?? 0))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
