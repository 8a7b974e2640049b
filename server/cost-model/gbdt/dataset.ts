/**
 * @file What trees learn from. A sample (a candidate program) is a pack of feature rows, one per store; what is known of
 * it (label, group) belongs to the sample, and what a model says of it is the sum over its rows.
 */
import { invariant } from '../../../shared/support/errors.js';
import { int32At } from './read.js';

/** The feature rows of some samples, one after another. */
export interface FeatureRows {
  /** rows x `width` finite numbers, row-major. */
  readonly values: Float32Array;
  /** Features in a row. */
  readonly width: number;
  /** The sample that each row belongs to. */
  readonly packs: Int32Array;
  /** Samples, including those without a row. */
  readonly sampleCount: number;
}

export interface Dataset {
  readonly features: FeatureRows;
  /** One finite number per sample; what it means is up to the objective. */
  readonly labels: Float64Array;
  /** The group of each sample: labels are comparable within a group. */
  readonly groups: Int32Array;
}

/** The rows of one sample: `count` x `width` numbers, row-major. */
export interface SampleRows {
  readonly rows: Float32Array;
  readonly count: number;
  readonly width: number;
}

/** Joins the rows of samples, all of the given width. */
export function packRows(samples: readonly SampleRows[], width: number): FeatureRows {
  const rowCount = samples.reduce((sum, { count }) => sum + count, 0);
  const values = new Float32Array(rowCount * width);
  const packs = new Int32Array(rowCount);
  let row = 0;
  for (const [sample, { rows, count, width: own }] of samples.entries()) {
    invariant(own === width && rows.length === count * width, `sample ${sample} has rows of another shape`);
    values.set(rows, row * width);
    packs.fill(sample, row, row + count);
    row += count;
  }
  return { values, width, packs, sampleCount: samples.length };
}

export function checkFeatureRows({ values, width, packs, sampleCount }: FeatureRows): void {
  invariant(values.length === packs.length * width, 'the values are not rows x width');
  invariant(
    packs.every((sample) => sample >= 0 && sample < sampleCount),
    'a row belongs to no sample',
  );
}

export function checkDataset({ features, labels, groups }: Dataset): void {
  checkFeatureRows(features);
  invariant(
    labels.length === features.sampleCount && groups.length === features.sampleCount,
    'a sample has one label and one group',
  );
  invariant(labels.every(Number.isFinite), 'a label is not finite');
  invariant(features.values.every(Number.isFinite), 'a feature is not finite');
}

/** The number of rows of each sample. */
export function packSizes({ packs, sampleCount }: FeatureRows): Int32Array {
  const sizes = new Int32Array(sampleCount);
  for (const sample of packs) sizes[sample] = int32At(sizes, sample) + 1;
  return sizes;
}
