/**
 * @file The random forest of mljs as a model of costs. Its package belongs to this benchmark alone and need not be there
 * when the repository is checked, hence the import by path and the interface.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { CostModel } from '../../server/cost-model/model.js';
import { programRows } from '../../server/cost-model/features/program-rows.js';
import { float32At } from '../../server/cost-model/gbdt/read.js';

interface Regression {
  train(vectors: readonly number[][], labels: readonly number[]): void;
  predict(vectors: readonly number[][]): number[];
}

type RegressionClass = new (options: ForestOptions) => Regression;

/** Those of mljs that are not left at their defaults. */
interface ForestOptions {
  readonly seed: number;
  /** Trees; as many as the GBDT has. */
  readonly nEstimators: number;
  /** Share of the features that each tree may use. */
  readonly maxFeatures: number;
  /** Skips predictions of the samples that a tree was not trained with. */
  readonly noOOB: boolean;
}

const ModuleSchema = z.object({
  RandomForestRegression: z.custom<RegressionClass>((value) => typeof value === 'function'),
});

/** @throws when `npm ci --prefix bench/model-comparison` was not run */
export async function loadForest(): Promise<RegressionClass> {
  const path = createRequire(import.meta.url).resolve('ml-random-forest');
  const loaded: unknown = await import(pathToFileURL(path).href);
  return ModuleSchema.parse(loaded).RandomForestRegression;
}

/** How the rows of a program become one vector. */
export type Pooling = 'sum' | 'max';

/** Learns scores from one vector per program. */
export function forestModel(Forest: RegressionClass, pooling: Pooling): Pick<CostModel, 'fit'> {
  const vectors = (funcs: readonly PrimFunc[]): number[][] => funcs.map((func) => pooled(func, pooling));
  return {
    fit: (samples, rng) => {
      const forest = new Forest({
        seed: rng.nextInt(2 ** 31),
        nEstimators: 100,
        maxFeatures: 1 / 3,
        noOOB: true,
      });
      forest.train(
        vectors(samples.map(({ func }) => func)),
        samples.map(({ score }) => score),
      );
      return {
        predict: (funcs) => Float64Array.from(forest.predict(vectors(funcs))),
        snapshot: () => null,
      };
    },
  };
}

function pooled(func: PrimFunc, pooling: Pooling): number[] {
  const { rows, count, width } = programRows(func);
  return Array.from({ length: width }, (_, feature) => {
    let [sum, max] = [0, count === 0 ? 0 : -Infinity];
    for (let row = 0; row < count; row++) {
      const value = float32At(rows, row * width + feature);
      sum += value;
      max = Math.max(max, value);
    }
    return pooling === 'sum' ? sum : max;
  });
}
