import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InternalError } from '../../../shared/support/errors.js';
import { median, relativeSpread } from '../../../shared/support/statistics.js';

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
