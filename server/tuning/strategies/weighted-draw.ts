/** @file Drawing indices in proportion to weights. */
import { at } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';

/** @param weights not negative; if all are 0, every index is as likely as the others */
export function createWeightedDraw(weights: ArrayLike<number>): (rng: Rng) => number {
  const sums = new Float64Array(weights.length);
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    total += at(weights, i);
    sums[i] = total;
  }
  return (rng) => {
    if (total === 0) return rng.nextInt(weights.length);
    const target = rng.nextFloat() * total;
    let [low, high] = [0, weights.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at(sums, middle) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
