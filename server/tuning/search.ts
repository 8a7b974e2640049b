/**
 * @file A search by its specification: which strategy, over which space, with which model. It runs here or, for the
 * service, in a thread of its own (search-pool.ts), and what it proposes is the same.
 */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { TraceJson } from '../../shared/protocol/measure.js';
import type {
  CostModelId,
  EvolutionOptions,
  SpaceId,
  StrategyId,
} from '../../shared/protocol/search-options.js';
import { targetOf, type TargetId } from '../../shared/protocol/target.js';
import { attempt } from '../../shared/schedule/errors.js';
import { applyTrace } from '../../shared/schedule/trace.js';
import { parseScript } from '../../shared/script/parse.js';
import { at } from '../../shared/support/errors.js';
import { gbdtModel } from '../cost-model/gbdt-model.js';
import type { CostModel, TrainingSample } from '../cost-model/model.js';
import { randomModel } from '../cost-model/random-model.js';
import { jsonHash } from '../json-hash.js';
import type { SearchSpace } from './space.js';
import { SPACES } from './spaces/space-table.js';
import { storedTrace } from './stored-trace.js';
import { createEvolutionary } from './strategies/evolutionary.js';
import { createReplayFunc } from './strategies/replay-func.js';
import { createReplayTrace } from './strategies/replay-trace.js';
import type { RoundPlan, RoundRequest } from './strategies/round.js';
import type { SearchProblem, Strategy } from './strategies/strategy.js';

/** What names a search; it travels to the compute thread. */
export interface SearchSpec {
  /** TVMScript with one function. */
  readonly script: string;
  readonly target: TargetId;
  readonly space: SpaceId;
  readonly strategy: StrategyId;
  readonly model: CostModelId;
  readonly evolution: EvolutionOptions;
  readonly seed: number;
  /** What other searches have measured. */
  readonly warm: readonly WarmTrial[];
}

/** A measured candidate of another search, for the same target and engine. */
export interface WarmTrial {
  readonly script: string;
  readonly trace: TraceJson;
  readonly latencyNs: number;
}

export interface SearchedRound {
  readonly plan: RoundPlan;
  /** What proposing took. */
  readonly searchMs: number;
}

export interface Search {
  readonly propose: (request: RoundRequest) => Promise<SearchedRound>;
}

const MODELS: { readonly [M in CostModelId]: CostModel } = { gbdt: gbdtModel, random: randomModel };

/** The model of a name. */
export function costModel(id: CostModelId): CostModel {
  return MODELS[id];
}

const STRATEGIES: {
  readonly [S in StrategyId]: (problem: SearchProblem, options: EvolutionOptions) => Strategy;
} = {
  evolutionary: createEvolutionary,
  'replay-trace': createReplayTrace,
  'replay-func': createReplayFunc,
};

/** What a search may be given in place of what its specification names. */
export interface SearchParts {
  readonly space?: SearchSpace | undefined;
  readonly model?: CostModel | undefined;
}

/** The strategy that a specification names. @throws InputError when the script is no program. */
export function createStrategy(
  spec: SearchSpec,
  { space = SPACES[spec.space], model = costModel(spec.model) }: SearchParts = {},
): Strategy {
  const problem: SearchProblem = {
    func: at(parseScript(spec.script).functions, 0),
    target: targetOf(spec.target),
    space,
    seed: spec.seed,
    model,
    warmSamples: warmSamples(spec.warm),
  };
  return STRATEGIES[spec.strategy](problem, spec.evolution);
}

/** Trials of one program are one group: their times are comparable. */
function warmSamples(trials: readonly WarmTrial[]): TrainingSample[] {
  const best = new Map<string, number>();
  for (const { script, latencyNs } of trials) {
    best.set(script, Math.min(best.get(script) ?? Infinity, latencyNs));
  }
  return [...best].flatMap(([script, bestNs]) => {
    const func = at(parseScript(script).functions, 0);
    return trials
      .filter((trial) => trial.script === script)
      .flatMap(({ trace, latencyNs }) => {
        const scheduled = replayed(func, trace);
        return scheduled === null ? [] : [{ func: scheduled, group: script, score: bestNs / latencyNs }];
      });
  });
}

/** Null when the trace does not apply: an older version of this program may have stored it. */
function replayed(func: PrimFunc, json: TraceJson): PrimFunc | null {
  const trace = storedTrace(json);
  if (trace === null) return null;
  return attempt(
    () => applyTrace(func, trace).func,
    () => null,
  );
}

/** Times what a strategy does. */
export function proposeTimed(strategy: Strategy, request: RoundRequest): SearchedRound {
  const start = performance.now();
  const plan = strategy.proposeRound(request);
  return { plan, searchMs: performance.now() - start };
}

/** A search on this thread. */
export function searchHere(strategy: Strategy): Search {
  return { propose: async (request) => proposeTimed(strategy, request) };
}

/** Short and the same in every process. */
export function keyOf(spec: SearchSpec): string {
  return jsonHash(spec);
}
