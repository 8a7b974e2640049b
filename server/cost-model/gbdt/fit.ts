/**
 * @file Boosting: each tree takes a Newton step from the predictions of the trees before it, as in XGBoost's `hist`
 * method. Equal data, parameters and seeds give equal models.
 */
import type { Rng } from '../../../shared/support/rng.js';
import { binColumns } from './bins.js';
import { checkDataset, packSizes, type Dataset } from './dataset.js';
import type { Derivatives } from './objectives.js';
import { completeParams, type GbdtParams } from './params.js';
import { addOutputs, type Gbdt } from './predict.js';
import { float64At, int32At, uint8At } from './read.js';
import { growTree, type Tree } from './tree.js';

/** @param params the defaults hold for what is left out */
export function fitGbdt(dataset: Dataset, params: Partial<GbdtParams>, rng: Rng): Gbdt {
  checkDataset(dataset);
  const complete = completeParams(params);
  const { objective, rounds, eta, subsample, colsample, maxBin } = complete;
  const { features } = dataset;
  const binned = binColumns(features, maxBin);
  const sizes = packSizes(features);
  const gains = new Float64Array(features.width);
  const spare: Float64Array[] = [];
  const predictions = new Float64Array(features.sampleCount);
  const trees: Tree[] = [];
  for (let round = 0; round < rounds; round++) {
    const stream = rng.fork(`round ${round}`);
    const perSample = objective(predictions, dataset, stream.fork('objective'));
    const derivatives = spread(perSample, features.packs, sizes, eta);
    const columns = draw(binned.features.length, colsample, stream.fork('columns'));
    const samples = draw(features.sampleCount, subsample, stream.fork('samples'));
    const rows = rowsOf(samples, features.packs, features.sampleCount);
    const tree = growTree({ binned, params: complete, columns, derivatives, gains, spare }, rows);
    addOutputs(tree, features, predictions);
    trees.push(tree);
  }
  return { width: features.width, trees, gains };
}

/**
 * Derivatives of samples as derivatives of their rows: those of the sample, as in TVM. A step moves a sample by up to as
 * many outputs as it has rows, so with more than 1 / eta rows it would go past the aim, and diverge with twice as many.
 * There the hessian is raised to make it at most a whole step; on squared errors every step is then downhill.
 */
function spread(
  { gradients, hessians }: Derivatives,
  packs: Int32Array,
  sizes: Int32Array,
  eta: number,
): Derivatives {
  const rows = { gradients: new Float64Array(packs.length), hessians: new Float64Array(packs.length) };
  for (const [row, sample] of packs.entries()) {
    rows.gradients[row] = float64At(gradients, sample);
    rows.hessians[row] = float64At(hessians, sample) * Math.max(1, eta * int32At(sizes, sample));
  }
  return rows;
}

/** A share of `0 ... count - 1`, at least one when there is any; ascending. */
function draw(count: number, share: number, rng: Rng): Int32Array {
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const wanted = Math.min(count, Math.max(1, Math.round(count * share)));
  if (wanted === count) return all;
  for (let i = 0; i < wanted; i++) {
    const other = i + rng.nextInt(count - i);
    const chosen = int32At(all, other);
    all[other] = int32At(all, i);
    all[i] = chosen;
  }
  return all.slice(0, wanted).toSorted();
}

/** The rows of the given samples, ascending. */
function rowsOf(samples: Int32Array, packs: Int32Array, sampleCount: number): Int32Array {
  const isIn = new Uint8Array(sampleCount);
  for (const sample of samples) isIn[sample] = 1;
  const rows = new Int32Array(packs.length);
  let count = 0;
  for (let row = 0; row < packs.length; row++) {
    if (uint8At(isIn, int32At(packs, row)) === 1) rows[count++] = row;
  }
  return rows.subarray(0, count);
}
