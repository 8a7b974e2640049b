import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packRows, type FeatureRows } from '../../../../server/cost-model/gbdt/dataset.js';
import { predictGbdt } from '../../../../server/cost-model/gbdt/predict.js';
import { fromSnapshot } from '../../../../server/cost-model/gbdt/snapshot.js';
import { at } from '../../../../shared/support/errors.js';

/** Feature 1 up to 0.5 gives 1; above it, feature 0 up to 0.25 gives 2 and above 4. The second tree always gives 8. */
const model = fromSnapshot({
  version: 1,
  width: 2,
  trees: [
    { features: [1, -1, 0, -1, -1], values: [0.5, 1, 0.25, 2, 4], lefts: [1, 0, 3, 0, 0] },
    { features: [-1], values: [8], lefts: [0] },
  ],
  gains: [0, 0],
});

type Row = readonly [number, number];

const pack = (samples: readonly (readonly Row[])[]): FeatureRows =>
  packRows(
    samples.map((rows) => ({ rows: Float32Array.from(rows.flat()), count: rows.length, width: 2 })),
    2,
  );

const values = fc.constantFrom(-1, 0.25, 0.375, 0.5, 0.75);
const samples = fc.array(fc.array(fc.tuple(values, values), { maxLength: 4 }), { maxLength: 10 });

describe('predictGbdt', () => {
  it('goes left at a threshold and below, right above', () => {
    expect([...predictGbdt(model, pack([[[9, 0.5]], [[0.25, 0.75]], [[0.5, 0.75]]]))]).toEqual([9, 10, 12]);
  });

  it('sums over the trees and over the rows of a sample', () => {
    const output = ([a, b]: Row): number => 8 + (b <= 0.5 ? 1 : a <= 0.25 ? 2 : 4);
    fc.assert(
      fc.property(samples, (asked) => {
        const expected = asked.map((rows) => rows.reduce((sum, row) => sum + output(row), 0));
        expect([...predictGbdt(model, pack(asked))]).toEqual(expected);
      }),
    );
  });

  it('does not mind where the rows of a sample stand', () => {
    fc.assert(
      fc.property(samples, (asked) => {
        const sorted = pack(asked);
        const order = [...sorted.packs.keys()].toReversed();
        const reversed = {
          ...sorted,
          values: Float32Array.from(
            order.flatMap((row) => [...sorted.values.subarray(2 * row, 2 * row + 2)]),
          ),
          packs: Int32Array.from(order, (row) => at(sorted.packs, row)),
        };
        expect(predictGbdt(model, reversed)).toEqual(predictGbdt(model, sorted));
      }),
    );
  });
});
