/** @file The learned model: gradient-boosted trees over the per-store features of programs. */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { packRows, type FeatureRows, type SampleRows } from './gbdt/dataset.js';
import { fitGbdt } from './gbdt/fit.js';
import { pairwiseRank } from './gbdt/objectives.js';
import { predictGbdt, type Gbdt } from './gbdt/predict.js';
import { fromSnapshot, toSnapshot } from './gbdt/snapshot.js';
import { FEATURE_NAMES } from './features/names.js';
import { perStoreFeatures } from './features/per-store.js';
import { REDUCTION_FEATURE_NAMES, reductionFeatures } from './features/reduction-features.js';
import type { Model, ModelSnapshot } from '../../shared/protocol/model.js';
import { sum } from '../../shared/support/statistics.js';
import type { CostModel, Predictor } from './model.js';

/** With fewer samples there is nothing to tell apart. */
const MIN_SAMPLES = 8;

const STORE_WIDTH = FEATURE_NAMES.length;
const WIDTH = STORE_WIDTH + REDUCTION_FEATURE_NAMES.length;

/** Programs are immutable, so what was extracted once stays true. */
const known = new WeakMap<PrimFunc, SampleRows>();

function featuresOf(func: PrimFunc): SampleRows {
  const found = known.get(func) ?? extract(func);
  known.set(func, found);
  return found;
}

/** A row for each store and one for each reduction; what a row does not speak of is 0. */
function extract(func: PrimFunc): SampleRows {
  const stores = perStoreFeatures(func);
  const tiles = reductionFeatures(func);
  const tileCount = tiles.length / REDUCTION_FEATURE_NAMES.length;
  const count = stores.count + tileCount;
  const rows = new Float32Array(count * WIDTH);
  for (let row = 0; row < stores.count; row++) {
    rows.set(stores.rows.subarray(row * STORE_WIDTH, (row + 1) * STORE_WIDTH), row * WIDTH);
  }
  for (let row = 0; row < tileCount; row++) {
    const [start, end] = [row, row + 1].map((i) => i * REDUCTION_FEATURE_NAMES.length);
    rows.set(tiles.subarray(start, end), (stores.count + row) * WIDTH + STORE_WIDTH);
  }
  return { rows, count, width: WIDTH };
}

function rowsOf(funcs: readonly PrimFunc[]): FeatureRows {
  return packRows(funcs.map(featuresOf), WIDTH);
}

export const gbdtModel: CostModel = {
  fit: (samples, rng) => {
    if (samples.length < MIN_SAMPLES) return null;
    const groups = [...new Set(samples.map(({ group }) => group))];
    const numbers = new Map(groups.map((group, i) => [group, i]));
    const dataset = {
      features: rowsOf(samples.map(({ func }) => func)),
      labels: Float64Array.from(samples, ({ score }) => score),
      groups: Int32Array.from(samples, ({ group }) => numbers.get(group) ?? 0),
    };
    return predictorOf(fitGbdt(dataset, { objective: pairwiseRank() }, rng));
  },
  restore: (snapshot) => (snapshot.width === WIDTH ? predictorOf(fromSnapshot(snapshot)) : null),
};

function predictorOf(model: Gbdt): Predictor {
  return {
    predict: (funcs) => predictGbdt(model, rowsOf(funcs)),
    snapshot: () => toSnapshot(model),
  };
}

/** The features by which a model of this kind tells programs apart, the most telling first; the gains add up to 1. */
export function tellingFeatures({ gains }: ModelSnapshot): Model['features'] {
  const total = sum(gains);
  const names = [...FEATURE_NAMES, ...REDUCTION_FEATURE_NAMES];
  return gains
    .flatMap((gain, i) => (gain > 0 ? [{ name: names[i] ?? `feature ${i}`, gain: gain / total }] : []))
    .toSorted((a, b) => b.gain - a.gain);
}
