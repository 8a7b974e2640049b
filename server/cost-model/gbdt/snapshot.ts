/** @file Models as JSON. A model that was read back predicts the same, bit by bit. */
import type { ModelSnapshot } from '../../../shared/protocol/model.js';
import type { Gbdt } from './predict.js';

export function toSnapshot({ width, trees, gains }: Gbdt): ModelSnapshot {
  return {
    version: 1,
    width,
    trees: trees.map(({ features, values, lefts }) => ({
      features: [...features],
      values: [...values],
      lefts: [...lefts],
    })),
    gains: [...gains],
  };
}

export function fromSnapshot({ width, trees, gains }: ModelSnapshot): Gbdt {
  return {
    width,
    trees: trees.map(({ features, values, lefts }) => ({
      features: Int32Array.from(features),
      values: Float64Array.from(values),
      lefts: Int32Array.from(lefts),
    })),
    gains: Float64Array.from(gains),
  };
}
