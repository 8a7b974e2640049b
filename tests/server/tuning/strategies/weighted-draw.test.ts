import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createWeightedDraw } from '../../../../server/tuning/strategies/weighted-draw.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';

const DRAWS = 20_000;

function frequencies(weights: ArrayLike<number>, seed: number): number[] {
  const draw = createWeightedDraw(weights);
  const rng = createRng(seed);
  const counts = Array.from({ length: weights.length }, () => 0);
  for (let n = 0; n < DRAWS; n++) {
    const index = draw(rng);
    counts[index] = at(counts, index) + 1;
  }
  return counts.map((count) => count / DRAWS);
}

describe('a weighted draw', () => {
  it('draws every index as often as its weight says, and one of weight 0 never', () => {
    const weight = fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 10, noNaN: true }));
    const weights = fc
      .array(weight, { minLength: 1, maxLength: 12 })
      .filter((list) => list.some((w) => w > 0));
    fc.assert(
      fc.property(weights, fc.nat(), (list, seed) => {
        const total = list.reduce((sum, w) => sum + w, 0);
        frequencies(list, seed).forEach((frequency, i) => {
          const p = at(list, i) / total;
          if (p === 0) expect(frequency).toBe(0);
          // Six standard deviations.
          else
            expect(Math.abs(frequency - p)).toBeLessThanOrEqual(6 * Math.sqrt((p * (1 - p)) / DRAWS) + 1e-9);
        });
      }),
      { numRuns: 30 },
    );
  });

  it('draws all alike when all weights are 0', () => {
    for (const frequency of frequencies(new Float64Array(4), 1)) expect(frequency).toBeCloseTo(0.25, 1);
  });

  it('is a function of the weights and the generator', () => {
    const weights = Float64Array.of(1, 2, 3);
    const draws = (seed: number) => {
      const rng = createRng(seed);
      const draw = createWeightedDraw(weights);
      return Array.from({ length: 50 }, () => draw(rng));
    };
    expect(draws(5)).toEqual(draws(5));
    expect(draws(5)).not.toEqual(draws(6));
  });
});
