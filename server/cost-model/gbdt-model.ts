/** @file The learned model: gradient-boosted trees over the rows of programs. */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { packRows, type FeatureRows } from './gbdt/dataset.js';
import { fitGbdt } from './gbdt/fit.js';
import { pairwiseRank } from './gbdt/objectives.js';
import type { GbdtParams } from './gbdt/params.js';
import { predictGbdt, type Gbdt } from './gbdt/predict.js';
import { fromSnapshot, toSnapshot } from './gbdt/snapshot.js';
import { programRows, ROW_NAMES, ROW_WIDTH } from './features/program-rows.js';
import type { Model, ModelSnapshot } from '../../shared/protocol/model.js';
import { sum } from '../../shared/support/statistics.js';
import type { CostModel, Predictor } from './model.js';

/** With fewer samples there is nothing to tell apart. */
const MIN_SAMPLES = 8;

function rowsOf(funcs: readonly PrimFunc[]): FeatureRows {
  return packRows(funcs.map(programRows), ROW_WIDTH);
}

/** The model of the service. */
export const gbdtModel: CostModel = createGbdtModel({ objective: pairwiseRank() });

/** @param params of boosting; labels are scores, groups those of the samples */
export function createGbdtModel(params: Partial<GbdtParams>): CostModel {
  return {
    fit: (samples, rng) => {
      if (samples.length < MIN_SAMPLES) return null;
      const groups = [...new Set(samples.map(({ group }) => group))];
      const numbers = new Map(groups.map((group, i) => [group, i]));
      const dataset = {
        features: rowsOf(samples.map(({ func }) => func)),
        labels: Float64Array.from(samples, ({ score }) => score),
        groups: Int32Array.from(samples, ({ group }) => numbers.get(group) ?? 0),
      };
      return predictorOf(fitGbdt(dataset, params, rng));
    },
    restore: (snapshot) => (snapshot.width === ROW_WIDTH ? predictorOf(fromSnapshot(snapshot)) : null),
  };
}

function predictorOf(model: Gbdt): Predictor {
  return {
    predict: (funcs) => predictGbdt(model, rowsOf(funcs)),
    snapshot: () => toSnapshot(model),
  };
}

/** The features by which a model of this kind tells programs apart, the most telling first; the gains add up to 1. */
export function tellingFeatures({ gains }: ModelSnapshot): Model['features'] {
  const total = sum(gains);
  return gains
    .flatMap((gain, i) => (gain > 0 ? [{ name: ROW_NAMES[i] ?? `feature ${i}`, gain: gain / total }] : []))
    .toSorted((a, b) => b.gain - a.gain);
}
