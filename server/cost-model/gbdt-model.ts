/** @file The learned model: gradient-boosted trees over the per-store features of programs. */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { packRows, type FeatureRows, type SampleRows } from './gbdt/dataset.js';
import { fitGbdt } from './gbdt/fit.js';
import { pairwiseRank } from './gbdt/objectives.js';
import { predictGbdt } from './gbdt/predict.js';
import { FEATURE_NAMES } from './features/names.js';
import { perStoreFeatures } from './features/per-store.js';
import type { CostModel } from './model.js';

/** With fewer samples there is nothing to tell apart. */
const MIN_SAMPLES = 8;

/** Programs are immutable, so what was extracted once stays true. */
const known = new WeakMap<PrimFunc, SampleRows>();

function featuresOf(func: PrimFunc): SampleRows {
  const found = known.get(func) ?? perStoreFeatures(func);
  known.set(func, found);
  return found;
}

function rowsOf(funcs: readonly PrimFunc[]): FeatureRows {
  return packRows(funcs.map(featuresOf), FEATURE_NAMES.length);
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
    const model = fitGbdt(dataset, { objective: pairwiseRank() }, rng);
    return { predict: (funcs) => predictGbdt(model, rowsOf(funcs)) };
  },
};
