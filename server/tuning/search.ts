/**
 * @file A search as a numbered list of proposals: trial n of a problem is always the same candidate, whoever asks for it
 * and in which process. That is how an interrupted tune goes on: it asks for the trials that have no result yet.
 */
import type { TargetId } from '../../shared/protocol/target.js';
import { targetOf } from '../../shared/protocol/target.js';
import type { Space, Strategy as StrategyId } from '../../shared/protocol/tune.js';
import { parseScript } from '../../shared/script/parse.js';
import { at } from '../../shared/support/errors.js';
import { verifyRegisters } from './postprocs/verify-registers.js';
import type { SpaceGenerator } from './space.js';
import { defaultSpace } from './spaces/default-space.js';
import { createReplayTrace, type SearchProblem } from './strategies/replay-trace.js';
import type { Proposal, Strategy } from './strategies/strategy.js';

/** What names a search; it travels to the compute thread. */
export interface SearchSpec {
  /** TVMScript with one function. */
  readonly script: string;
  readonly target: TargetId;
  readonly space: Space;
  readonly strategy: StrategyId;
  readonly seed: number;
}

export interface Search {
  /** The proposals of trials `from` to `from + count - 1`; fewer when the space has no more. */
  readonly propose: (from: number, count: number) => Promise<readonly Proposal[]>;
}

const SPACE_GENERATORS: { readonly [S in Space]: SpaceGenerator } = { default: defaultSpace };

const STRATEGIES: { readonly [S in StrategyId]: (problem: SearchProblem) => Strategy } = {
  'replay-trace': createReplayTrace,
};

/** The strategy that a specification names. @throws InputError when the script is no program. */
export function createStrategy({ script, target, space, strategy, seed }: SearchSpec): Strategy {
  const func = at(parseScript(script).functions, 0);
  return STRATEGIES[strategy]({
    func,
    target: targetOf(target),
    space: SPACE_GENERATORS[space],
    postprocs: [verifyRegisters],
    seed,
  });
}

/** Numbers the proposals of a strategy. */
export function numberProposals(strategy: Strategy): (from: number, count: number) => readonly Proposal[] {
  const proposals: Proposal[] = [];
  return (from, count) => {
    while (proposals.length < from + count) {
      const proposal = strategy.next();
      if (proposal === null) break;
      proposals.push(proposal);
    }
    return proposals.slice(from, from + count);
  };
}

/** A search on this thread. */
export function searchHere(strategy: Strategy): Search {
  const propose = numberProposals(strategy);
  return { propose: async (from, count) => propose(from, count) };
}
