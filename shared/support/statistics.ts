/** @file Statistics that do not mind outliers. */
import { at, invariant } from './errors.js';

/** The middle value; the mean of the two middle ones when their number is even. `values` is not empty. */
export function median(values: readonly number[]): number {
  invariant(values.length > 0, 'median of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

/** Median absolute deviation from the median, relative to the median. 0 for a single value. */
export function relativeSpread(values: readonly number[]): number {
  const center = median(values);
  return median(values.map((v) => Math.abs(v - center))) / center;
}
