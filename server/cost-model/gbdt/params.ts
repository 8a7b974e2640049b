/** @file The parameters of boosting, under XGBoost's names. */
import { invariant } from '../../../shared/support/errors.js';
import { weightedSquaredError, type Objective } from './objectives.js';

export interface GbdtParams {
  /** What the trees minimise. */
  readonly objective: Objective;
  /** Trees to grow. */
  readonly rounds: number;
  /** Splits between a root and its leaves, at most; 0 grows single leaves. */
  readonly maxDepth: number;
  /** Learning rate in (0, 1]: the share of its step that a tree takes. */
  readonly eta: number;
  /** A split must reduce twice the objective by more than this. */
  readonly gamma: number;
  /** L2 penalty on the outputs of leaves. */
  readonly lambda: number;
  /** The least sum of hessians in a child. */
  readonly minChildWeight: number;
  /** Share of the samples, in (0, 1], that each tree sees; a sample comes with all of its rows. */
  readonly subsample: number;
  /** Share of the features, in (0, 1], that each tree may split by. */
  readonly colsample: number;
  /** Bins of a feature, at most; 2 to 255. */
  readonly maxBin: number;
}

/**
 * Those of TVM, where it sets them, and of XGBoost, but for three: `rounds` and `maxBin` suit some thousand rows, and a
 * `maxDepth` of 6 costs less than TVM's 10 and predicted no worse on synthetic packs.
 */
export const DEFAULT_GBDT_PARAMS: GbdtParams = {
  objective: weightedSquaredError,
  rounds: 100,
  maxDepth: 6,
  eta: 0.2,
  gamma: 0.001,
  lambda: 1,
  minChildWeight: 0,
  subsample: 1,
  colsample: 1,
  maxBin: 64,
};

/** The defaults but for what is given. Values out of range are defects of the caller. */
export function completeParams(given: Partial<GbdtParams>): GbdtParams {
  const params = { ...DEFAULT_GBDT_PARAMS, ...given };
  const { rounds, maxDepth, eta, gamma, lambda, minChildWeight, subsample, colsample, maxBin } = params;
  invariant(isWithin(rounds, 0, Number.MAX_SAFE_INTEGER), `${rounds} rounds`);
  invariant(isWithin(maxDepth, 0, 32), `a depth of ${maxDepth}`);
  invariant(isWithin(maxBin, 2, 255), `${maxBin} bins`);
  invariant(isShare(eta), `eta is ${eta}`);
  invariant(isShare(subsample) && isShare(colsample), `shares of ${subsample} and ${colsample}`);
  invariant(gamma >= 0 && lambda >= 0 && minChildWeight >= 0, 'gamma, lambda or minChildWeight is negative');
  return params;
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}

function isShare(value: number): boolean {
  return value > 0 && value <= 1;
}
