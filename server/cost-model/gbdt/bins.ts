/**
 * @file Quantile binning: every feature becomes a column of small integers, once per fit, so that the best split can be
 * looked for among a few bins instead of all values.
 */
import type { FeatureRows } from './dataset.js';
import { float32At, float64At } from './read.js';

/** The features that vary, binned. A column is a place in `features`. */
export interface BinnedColumns {
  readonly rowCount: number;
  /** The feature of each column, ascending. Constant features have no column. */
  readonly features: Int32Array;
  /** columns x `rowCount` bins, column by column. */
  readonly bins: Uint8Array;
  /** Ascending, per column: bin b holds the values x with `cuts[b - 1] < x <= cuts[b]`, the last bin those above. */
  readonly cuts: readonly Float64Array[];
  /** Where a column's bins start among the bins of all columns; one more entry tells their number. */
  readonly offsets: Int32Array;
}

/** @param maxBin 2 to 255 */
export function binColumns({ values, width, packs }: FeatureRows, maxBin: number): BinnedColumns {
  const rowCount = packs.length;
  const features: number[] = [];
  const cuts: Float64Array[] = [];
  const offsets = [0];
  let total = 0;
  const bins = new Uint8Array(width * rowCount);
  const column = new Float32Array(rowCount);
  for (let feature = 0; feature < width; feature++) {
    for (let row = 0; row < rowCount; row++) column[row] = float32At(values, row * width + feature);
    const own = cutsOf(column.toSorted(), maxBin);
    if (own.length === 0) continue;
    const start = features.length * rowCount;
    for (let row = 0; row < rowCount; row++) bins[start + row] = binOf(own, float32At(column, row));
    features.push(feature);
    cuts.push(own);
    total += own.length + 1;
    offsets.push(total);
  }
  return {
    rowCount,
    features: Int32Array.from(features),
    bins: bins.slice(0, features.length * rowCount),
    cuts,
    offsets: Int32Array.from(offsets),
  };
}

/**
 * Cuts halfway between neighbours, so that each value is a bin of its own or, when there are more than `maxBin` values,
 * the bins hold as equal numbers of rows as equal values allow.
 *
 * @param sorted ascending
 */
export function cutsOf(sorted: Float32Array, maxBin: number): Float64Array {
  const starts: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    if (i === 0 || float32At(sorted, i) !== float32At(sorted, i - 1)) starts.push(i);
  }
  const cuts: number[] = [];
  let opened = 0;
  for (const [k, start] of starts.entries()) {
    if (k === 0) continue;
    // A bin ends before the value that would take it further past its share of what is left than it now falls short.
    // The last bin's share is all, so it does not end.
    const run = (starts[k + 1] ?? sorted.length) - start;
    const share = (sorted.length - opened) / (maxBin - cuts.length);
    if (starts.length > maxBin && start - opened + run / 2 < share) continue;
    cuts.push((float32At(sorted, start - 1) + float32At(sorted, start)) / 2);
    opened = start;
  }
  return Float64Array.from(cuts);
}

/** The first bin whose upper cut is not below the value. */
function binOf(cuts: Float64Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= float64At(cuts, middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
