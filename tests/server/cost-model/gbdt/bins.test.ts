import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binColumns, cutsOf } from '../../../../server/cost-model/gbdt/bins.js';
import { at } from '../../../../shared/support/errors.js';

const float = fc.float({ noNaN: true, noDefaultInfinity: true });
/** Columns with few and with many different values. */
const column = fc.oneof(
  fc.array(float, { minLength: 1, maxLength: 200 }),
  fc.array(fc.integer({ min: -3, max: 9 }), { minLength: 1, maxLength: 200 }),
);

function binned(values: readonly number[], maxBin: number): { bins: number[]; cuts: Float64Array } {
  const features = {
    values: Float32Array.from(values),
    width: 1,
    packs: new Int32Array(values.length),
    sampleCount: 1,
  };
  const { bins, cuts } = binColumns(features, maxBin);
  return { bins: [...bins], cuts: cuts[0] ?? new Float64Array() };
}

describe('cutsOf', () => {
  it('gives every value a bin of its own when there are enough', () => {
    fc.assert(
      fc.property(column, (values) => {
        const sorted = Float32Array.from(values).toSorted();
        const distinct = [...new Set(sorted)];
        const cuts = cutsOf(sorted, 255);
        expect(cuts.length).toBe(distinct.length - 1);
        for (const [i, cut] of cuts.entries()) {
          expect(at(distinct, i) < cut && cut < at(distinct, i + 1)).toBe(true);
        }
      }),
    );
  });

  it('never makes more bins than allowed, nor fewer than there are values for', () => {
    fc.assert(
      fc.property(column, fc.integer({ min: 2, max: 20 }), (values, maxBin) => {
        const sorted = Float32Array.from(values).toSorted();
        const cuts = cutsOf(sorted, maxBin);
        expect(cuts.length).toBeLessThan(maxBin);
        expect([...cuts]).toEqual([...new Set(cuts)].toSorted((a, b) => a - b));
        if (new Set(sorted).size > 1) expect(cuts.length).toBeGreaterThan(0);
      }),
    );
  });

  it('divides different values evenly', () => {
    const cuts = cutsOf(
      Float32Array.from({ length: 1000 }, (_, i) => i),
      10,
    );
    expect([...cuts]).toEqual([99.5, 199.5, 299.5, 399.5, 499.5, 599.5, 699.5, 799.5, 899.5]);
  });

  it('keeps a frequent value apart from its neighbours', () => {
    const values = [...Array.from({ length: 20 }, (_, i) => i), ...Array.from({ length: 500 }, () => 20)];
    const tail = Array.from({ length: 20 }, (_, i) => 21 + i);
    const cuts = cutsOf(Float32Array.from([...values, ...tail]), 4);
    expect(cuts).toContain(19.5);
    expect(cuts).toContain(20.5);
  });

  it('takes the two zeros for one value', () => {
    expect(cutsOf(Float32Array.from([-0, 0, -0]).toSorted(), 255)).toHaveLength(0);
  });
});

describe('binColumns', () => {
  it('puts each value between the cuts of its bin', () => {
    fc.assert(
      fc.property(column, fc.integer({ min: 2, max: 255 }), (values, maxBin) => {
        const { bins, cuts } = binned(values, maxBin);
        for (const [row, bin] of bins.entries()) {
          const value = at(Float32Array.from(values), row);
          expect(value).toBeGreaterThan(cuts[bin - 1] ?? -Infinity);
          expect(value).toBeLessThanOrEqual(cuts[bin] ?? Infinity);
        }
      }),
    );
  });

  it('leaves constant features out and tells where the bins of the others start', () => {
    const values = Float32Array.from([7, 1, 5, 0, /**/ 7, 2, 5, 0, /**/ 7, 3, 5, 1]);
    const columns = binColumns({ values, width: 4, packs: new Int32Array(3), sampleCount: 1 }, 255);
    expect([...columns.features]).toEqual([1, 3]);
    expect([...columns.offsets]).toEqual([0, 3, 5]);
    expect([...columns.bins]).toEqual([0, 1, 2, 0, 0, 1]);
  });
});
