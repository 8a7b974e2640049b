import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../../shared/support/rng.js';
import { InternalError } from '../../../shared/support/errors.js';
import { median, medianInterval, relativeSpread } from '../../../shared/support/statistics.js';

const values = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 30 });

describe('median', () => {
  it('has as many values below as above', () => {
    fc.assert(
      fc.property(values, (xs) => {
        const m = median(xs);
        expect(xs.filter((x) => x < m).length).toBeLessThanOrEqual(xs.length / 2);
        expect(xs.filter((x) => x > m).length).toBeLessThanOrEqual(xs.length / 2);
      }),
    );
  });

  it('is the middle value, or the mean of the two middle ones', () => {
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 1, 9, 2])).toBe(3);
  });

  it('does not exist for nothing', () => {
    expect(() => median([])).toThrow(InternalError);
  });
});

describe('medianInterval', () => {
  it('leaves out as many extreme values as 95 % allow', () => {
    const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
    expect(medianInterval([3])).toEqual([3, 3]);
    expect(medianInterval(upTo(5))).toEqual([1, 5]);
    expect(medianInterval(upTo(6))).toEqual([1, 6]);
    // Ranks of the binomial table for the sign test.
    expect(medianInterval(upTo(9))).toEqual([2, 8]);
    expect(medianInterval(upTo(11))).toEqual([2, 10]);
    expect(medianInterval(upTo(20))).toEqual([6, 15]);
  });

  it('holds the true median nearly always', () => {
    const rng = createRng(1);
    let hits = 0;
    for (let trial = 0; trial < 2000; trial++) {
      const [low, high] = medianInterval(Array.from({ length: 11 }, () => rng.nextFloat() ** 3));
      if (low <= 0.125 && 0.125 <= high) hits++;
    }
    expect(hits / 2000).toBeGreaterThan(0.95);
  });
});

describe('relativeSpread', () => {
  it('is 0 for equal values and does not depend on the unit', () => {
    expect(relativeSpread([7, 7, 7])).toBe(0);
    expect(relativeSpread([7])).toBe(0);
    fc.assert(
      fc.property(values, (xs) => {
        expect(relativeSpread(xs.map((x) => x * 1024))).toBeCloseTo(relativeSpread(xs), 12);
      }),
    );
  });

  it('ignores a minority of outliers', () => {
    expect(relativeSpread([100, 101, 99, 100, 1e9])).toBeLessThan(0.02);
  });
});
