/** @file Sums and statistics; the latter do not mind outliers. */
import { at, invariant } from './errors.js';

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The middle value; the mean of the two middle ones when their number is even. `values` is not empty. */
export function median(values: readonly number[]): number {
  invariant(values.length > 0, 'median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/**
 * A confidence interval of the median, from order statistics alone: whatever the distribution, the median lies outside
 * with a probability of 5 % at most. With fewer than six values, where there is no such interval, it is their range.
 */
export function medianInterval(values: readonly number[]): [low: number, high: number] {
  invariant(values.length > 0, 'median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const n = sorted.length;
  // P(fewer than k values are below the median) for fair coins: the k extreme values may go while it is at most 2.5 %.
  let [dropped, probability, term] = [0, 0, 2 ** -n];
  for (let k = 0; k < n / 2; k++) {
    probability += term;
    if (probability > 0.025) break;
    dropped = k;
    term *= (n - k) / (k + 1);
  }
  return [at(sorted, dropped), at(sorted, n - 1 - dropped)];
}

/** Median absolute deviation from the median, relative to the median. 0 for a single value. */
export function relativeSpread(values: readonly number[]): number {
  const center = median(values);
  return median(values.map((v) => Math.abs(v - center))) / center;
}
