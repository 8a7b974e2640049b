/** @file Data for the tests of the trees: rows drawn from a seed, labels from a function of the rows. */
import { packRows, type Dataset } from '../../../../server/cost-model/gbdt/dataset.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';

export interface Recipe {
  readonly seed: number;
  readonly samples: number;
  readonly width: number;
  /** Rows of a sample: 1 unless given. */
  readonly rowsOf?: (sample: number) => number;
  /** The label of a sample is the sum of this over its rows, whose features are uniform in [0, 1). */
  readonly label: (row: Float32Array) => number;
}

export function synthesize({ seed, samples, width, rowsOf = () => 1, label }: Recipe): Dataset {
  const rng = createRng(seed);
  const labels = new Float64Array(samples);
  const packs = Array.from({ length: samples }, (_, sample) => {
    const count = rowsOf(sample);
    const rows = Float32Array.from({ length: count * width }, () => rng.nextFloat());
    for (let i = 0; i < count; i++) {
      labels[sample] = at(labels, sample) + label(rows.subarray(i * width, (i + 1) * width));
    }
    return { rows, count, width };
  });
  return { features: packRows(packs, width), labels, groups: new Int32Array(samples) };
}

/** The share of the labels' variance that predictions explain. */
export function rSquared(predictions: Float64Array, labels: Float64Array): number {
  const mean = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const total = labels.reduce((sum, label) => sum + (label - mean) ** 2, 0);
  const rest = labels.reduce((sum, label, i) => sum + (label - at(predictions, i)) ** 2, 0);
  return 1 - rest / total;
}

/** Spearman's rank correlation of numbers without ties. */
export function spearman(a: Float64Array, b: Float64Array): number {
  const [x, y] = [ranks(a), ranks(b)];
  const distance = x.reduce((sum, rank, i) => sum + (rank - at(y, i)) ** 2, 0);
  return 1 - (6 * distance) / (a.length * (a.length ** 2 - 1));
}

function ranks(values: Float64Array): number[] {
  const order = [...values.keys()].toSorted((i, j) => at(values, i) - at(values, j));
  const places = Array.from(values, () => 0);
  for (const [rank, i] of order.entries()) places[i] = rank;
  return places;
}
