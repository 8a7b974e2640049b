/** @file Cost models: what a search believes about programs that it has not measured. */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { ModelSnapshot } from '../../shared/protocol/model.js';
import type { Rng } from '../../shared/support/rng.js';

/** A program that was measured. */
export interface TrainingSample {
  readonly func: PrimFunc;
  /** Scores of one group (a workload on one engine) are comparable. */
  readonly group: string;
  /** Time of the group's fastest program divided by this one's, in (0, 1]; 0 when it failed. */
  readonly score: number;
}

/** A fitted model. */
export interface Predictor {
  /** One score per program, higher is faster; scores of one workload are comparable. */
  readonly predict: (funcs: readonly PrimFunc[]) => Float64Array;
  /** As JSON; null when there is nothing to keep. */
  readonly snapshot: () => ModelSnapshot | null;
}

/**
 * Contract of every model: what it predicts is a function of the samples (in their order) and the generator alone, finite,
 * and for each program independent of the others it is asked with.
 */
export interface CostModel {
  /** @returns null when there are too few samples to learn from */
  readonly fit: (samples: readonly TrainingSample[], rng: Rng) => Predictor | null;
  /**
   * What a predictor of this model kept: it predicts the same, bit by bit.
   * @returns null for a snapshot of another model, or of a version of this one with other features
   */
  readonly restore: (snapshot: ModelSnapshot) => Predictor | null;
}
