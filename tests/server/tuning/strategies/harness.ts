/** @file Searches that are run without measuring: every proposal gets a time that depends on its trial alone. */
import { randomModel } from '../../../../server/cost-model/random-model.js';
import { spaceOf, type SearchSpace } from '../../../../server/tuning/space.js';
import { SPACES } from '../../../../server/tuning/spaces/space-table.js';
import type { PastTrial, Proposal, RoundPlan } from '../../../../server/tuning/strategies/round.js';
import type { SearchProblem, Strategy } from '../../../../server/tuning/strategies/strategy.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import type { TraceJson } from '../../../../shared/protocol/measure.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { applyTrace, traceFromJson } from '../../../../shared/schedule/trace.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';

export function searchProblem(func: PrimFunc, parts: Partial<SearchProblem> = {}): SearchProblem {
  return {
    func,
    target: TARGETS['wasm-simd128'],
    space: SPACES.default,
    seed: 0,
    model: randomModel,
    warmSamples: [],
    ...parts,
  };
}

/** The space of one's own function, with nothing to it. */
export function plainSpace(transform: (sch: Schedule) => void): SearchSpace {
  return { generate: spaceOf(transform), postprocs: {}, mutators: [] };
}

/** The trials that follow `history` when every proposal is measured. */
export function asHistory(history: readonly PastTrial[], proposals: readonly Proposal[]): PastTrial[] {
  const measured = proposals.map(({ trace, traceHash, programHash }, i) => {
    const trial = history.length + i;
    return {
      trial,
      trace,
      traceHash,
      programHash,
      latencyNs: trial % 5 === 4 ? null : 1000 + ((trial * 37) % 101),
    };
  });
  return [...history, ...measured];
}

/** Rounds of the given sizes, one after another. */
export function proposeRounds(strategy: Strategy, sizes: readonly number[]): RoundPlan[] {
  let history: PastTrial[] = [];
  return sizes.map((size, round) => {
    const plan = strategy.proposeRound({
      round,
      firstTrial: history.length,
      size,
      spent: 0,
      history,
      model: null,
    });
    history = asHistory(history, plan.proposals);
    return plan;
  });
}

/** The program of a trace that has travelled as JSON. */
export function replay(func: PrimFunc, trace: TraceJson): PrimFunc {
  return applyTrace(func, traceFromJson(JSON.parse(JSON.stringify(trace)))).func;
}
