/** @file A fitted model and its predictions. */
import { LEAF } from '../../../shared/protocol/model.js';
import { invariant } from '../../../shared/support/errors.js';
import { checkFeatureRows, type FeatureRows } from './dataset.js';
import { float32At, float64At, int32At } from './read.js';
import type { Tree } from './tree.js';

/** Gradient-boosted decision trees. */
export interface Gbdt {
  /** Features in a row. */
  readonly width: number;
  readonly trees: readonly Tree[];
  /** The total gain of the splits by each feature. */
  readonly gains: Float64Array;
}

/** @returns one prediction per sample: the sum of the trees' outputs over its rows, 0 without rows */
export function predictGbdt({ width, trees }: Gbdt, features: FeatureRows): Float64Array {
  checkFeatureRows(features);
  invariant(features.width === width, `rows of ${features.width} features for a model of ${width}`);
  const predictions = new Float64Array(features.sampleCount);
  for (const tree of trees) addOutputs(tree, features, predictions);
  return predictions;
}

/** Adds a tree's output for each row to the prediction of the row's sample. */
export function addOutputs(
  { features, values, lefts }: Tree,
  { values: rows, width, packs }: FeatureRows,
  predictions: Float64Array,
): void {
  for (let row = 0; row < packs.length; row++) {
    let node = 0;
    for (;;) {
      const feature = int32At(features, node);
      if (feature === LEAF) break;
      const isLeft = float32At(rows, row * width + feature) <= float64At(values, node);
      node = int32At(lefts, node) + (isLeft ? 0 : 1);
    }
    const sample = int32At(packs, row);
    predictions[sample] = float64At(predictions, sample) + float64At(values, node);
  }
}
