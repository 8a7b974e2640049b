/** @file The model that knows nothing: scores at random, as a control for those that claim to know something. */
import { structuralHash } from '../../shared/ir/structural.js';
import type { CostModel } from './model.js';

export const randomModel: CostModel = {
  fit: (_, rng) => ({
    predict: (funcs) => Float64Array.from(funcs, (func) => rng.fork(structuralHash(func)).nextFloat()),
    snapshot: () => null,
  }),
  restore: () => null,
};
