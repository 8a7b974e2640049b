/** @file How a tune searches: strategy, space, cost model, and what can be set about them. */
import { z } from 'zod';

export const STRATEGIES = ['evolutionary', 'replay-trace', 'replay-func'] as const;
export const SPACES = ['default', 'tvm-llvm'] as const;
export const COST_MODELS = ['gbdt', 'random'] as const;

export type StrategyId = (typeof STRATEGIES)[number];
export type SpaceId = (typeof SPACES)[number];
export type CostModelId = (typeof COST_MODELS)[number];

const probability = z.number().min(0).max(1);

/** Of strategy `evolutionary`. Names and meanings are TVM's where it has them. */
const EvolutionOptionsSchema = z.strictObject({
  /** Candidates in each generation. */
  populationSize: z.int().min(1).max(10_000).default(128),
  /** Part of the population that may be measured candidates, the best ones. */
  initMeasuredRatio: probability.default(0.2),
  /** Random candidates to start from, at least; the space may have fewer. */
  initMinUnmeasured: z.int().min(0).max(10_000).default(50),
  /** Generations. */
  geneticNumIters: z.int().min(0).max(100).default(4),
  /** Probability that a child is a mutation rather than a copy. */
  geneticMutateProb: probability.default(0.85),
  /** Mutations that are tried for one child. */
  geneticMaxFailCount: z.int().min(1).max(100).default(10),
  /** Part of each round that goes to the designs that were tried least, whatever the model says of others. */
  epsGreedy: probability.default(0.25),
  /** Part of each round that goes to candidates one step away from the best ones. */
  neighbourRatio: probability.default(0.3),
  /** Part of the trials, at the end, that goes to such candidates alone. */
  descentRatio: probability.default(0.25),
});

/** Which task of a tune gets the next round. */
const SchedulerOptionsSchema = z.discriminatedUnion('kind', [
  /** The one whose weighted latency is expected to fall most (Ansor's and TVM's gradient). */
  z.strictObject({
    kind: z.literal('gradient'),
    /** Part of what the last rounds brought, against what is left if the task goes on as it has. */
    alpha: probability.default(0.2),
    /** Rounds that count as the last ones. */
    window: z.int().min(1).max(100).default(3),
  }),
  /** The tasks in turn. */
  z.strictObject({ kind: z.literal('round-robin') }),
]);

export const SearchOptionsSchema = z.strictObject({
  /** Candidates that are proposed at a time; the model learns in between. */
  trialsPerRound: z.int().min(1).max(1000).default(8),
  /** Rounds in a row without a proposal before the space counts as exhausted. */
  maxEmptyRounds: z.int().min(1).max(100).default(5),
  model: z.enum(COST_MODELS).default('gbdt'),
  /** Whether the model also learns from other tunes for the same target and engine. */
  warmStart: z.boolean().default(true),
  evolution: EvolutionOptionsSchema.prefault({}),
  /** Of tunes with several tasks. */
  scheduler: SchedulerOptionsSchema.prefault({ kind: 'gradient' }),
});

export type EvolutionOptions = z.infer<typeof EvolutionOptionsSchema>;
export type SearchOptions = z.infer<typeof SearchOptionsSchema>;

export const SEARCH_DEFAULTS: SearchOptions = SearchOptionsSchema.parse({});
