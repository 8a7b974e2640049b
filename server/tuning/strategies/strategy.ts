/** @file Search strategies: who decides which candidates are measured next. */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { Target } from '../../../shared/protocol/target.js';
import type { CostModel, TrainingSample } from '../../cost-model/model.js';
import type { SearchSpace } from '../space.js';
import type { RoundPlan, RoundRequest } from './round.js';

/** What is searched. */
export interface SearchProblem {
  readonly func: PrimFunc;
  readonly target: Target;
  readonly space: SearchSpace;
  readonly seed: number;
  readonly model: CostModel;
  /** What other searches have measured for the same target and engine. */
  readonly warmSamples: readonly TrainingSample[];
}

/**
 * Contract of every strategy: proposals depend on the problem and the request alone; no two of a search make the same
 * program, and none makes the program as it is.
 */
export interface Strategy {
  readonly proposeRound: (request: RoundRequest) => RoundPlan;
}
