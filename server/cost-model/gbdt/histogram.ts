/**
 * @file Histograms of a node's rows: the sums of the derivatives in each bin of each column, from which the gain of every
 * possible split is read.
 */
import { invariant } from '../../../shared/support/errors.js';
import type { BinnedColumns } from './bins.js';
import type { Derivatives } from './objectives.js';
import type { GbdtParams } from './params.js';
import { float64At, int32At, uint8At } from './read.js';

/** Per bin of all columns: gradient, hessian, rows. */
export type Histogram = Float64Array;

const FIELDS = 3;

/**
 * A gain below this part of the node's own score may be rounding: sums taken in different orders, or differences of
 * sums, agree to about 1e-13.
 */
const ROUNDING = 1e-10;

/** What a node's rows add up to. */
export interface Totals {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

/** Rows whose bin in the column is at most `bin` go left. */
export interface Split {
  readonly column: number;
  readonly bin: number;
  readonly gain: number;
}

export function emptyHistogram({ offsets, features }: BinnedColumns): Histogram {
  return new Float64Array(int32At(offsets, features.length) * FIELDS);
}

/** Overwrites the histogram with that of the given rows. Only the given columns are filled. */
export function fillHistogram(
  histogram: Histogram,
  { bins, offsets, rowCount }: BinnedColumns,
  columns: Int32Array,
  rows: Int32Array,
  derivatives: Derivatives,
): void {
  histogram.fill(0);
  const gradients = derivatives.gradients;
  const hessians = derivatives.hessians;
  for (const column of columns) {
    const first = int32At(offsets, column);
    const start = column * rowCount;
    for (let i = 0; i < rows.length; i++) {
      const row = int32At(rows, i);
      const cell = (first + uint8At(bins, start + row)) * FIELDS;
      histogram[cell] = float64At(histogram, cell) + float64At(gradients, row);
      histogram[cell + 1] = float64At(histogram, cell + 1) + float64At(hessians, row);
      histogram[cell + 2] = float64At(histogram, cell + 2) + 1;
    }
  }
}

/** Turns the histogram of a node into that of one child, by taking away the other's. */
export function subtractHistogram(histogram: Histogram, sibling: Histogram): void {
  invariant(histogram.length === sibling.length, 'histograms of different columns');
  for (let cell = 0; cell < histogram.length; cell++) {
    histogram[cell] = float64At(histogram, cell) - float64At(sibling, cell);
  }
}

/** How much lower twice the objective can be when rows with these sums get one output. */
function score(gradient: number, hessian: number, lambda: number): number {
  const curvature = hessian + lambda;
  return curvature > 0 ? (gradient * gradient) / curvature : 0;
}

/** The split with the highest gain (the first of equals), or null when none is allowed and gains more than gamma. */
export function bestSplit(
  histogram: Histogram,
  { offsets }: BinnedColumns,
  columns: Int32Array,
  totals: Totals,
  { gamma, lambda, minChildWeight }: GbdtParams,
): Split | null {
  const whole = score(totals.gradient, totals.hessian, lambda);
  let [bestColumn, bestBin, bestGain] = [-1, -1, Math.max(gamma, ROUNDING * whole)];
  for (const column of columns) {
    const first = int32At(offsets, column);
    const last = int32At(offsets, column + 1) - 1;
    let [gradient, hessian, rows] = [0, 0, 0];
    for (let bin = first; bin < last; bin++) {
      const inBin = float64At(histogram, bin * FIELDS + 2);
      if (inBin === 0) continue;
      gradient += float64At(histogram, bin * FIELDS);
      hessian += float64At(histogram, bin * FIELDS + 1);
      rows += inBin;
      if (rows === totals.rows) break;
      const rest = totals.hessian - hessian;
      if (hessian < minChildWeight || rest < minChildWeight) continue;
      const gain = score(gradient, hessian, lambda) + score(totals.gradient - gradient, rest, lambda) - whole;
      if (gain > bestGain) [bestColumn, bestBin, bestGain] = [column, bin - first, gain];
    }
  }
  return bestColumn < 0 ? null : { column: bestColumn, bin: bestBin, gain: bestGain };
}
