/** @file Rounds on the wire: what the search of a tune did, round by round, and how well its model knew. */
import { z } from 'zod';

const ModelQualitySchema = z.strictObject({
  /** Candidates that were predicted, then measured. */
  count: z.int().min(2),
  /** Root of the mean squared error of pairwise comparisons: 0 when all are right, 1 when all are wrong. */
  pRmse: z.number().min(0).max(1),
  /** Spearman's rank correlation of scores and speeds; null when one of them does not vary. */
  rankCorrelation: z.number().nullable(),
  /** Of the fastest tenth, the part that was among the best tenth by score. */
  topRecall: z.number().min(0).max(1),
});

const RoundSchema = z.strictObject({
  /** From 0. */
  round: z.int().nonnegative(),
  /** Which round of the tune it was, all tasks together; from 0. */
  turn: z.int().nonnegative(),
  /** Number of its first candidate. */
  firstTrial: z.int().nonnegative(),
  proposed: z.int().nonnegative(),
  /** Traces that were tried, the rejected ones among them. */
  generated: z.int().nonnegative(),
  /** Traces that made no candidate, by reason: `duplicate`, `schedule:<code>`, `postproc:<name>`, `postproc:<name>:<code>`. */
  rejected: z.record(z.string(), z.int().positive()),
  /** What all of that took, without measuring. */
  searchMs: z.number().nonnegative(),
  /** The search had nothing more to propose. */
  exhausted: z.boolean(),
  /** The fastest candidate of this round. */
  bestMs: z.number().positive().nullable(),
  /** How well the cost model knew this round's candidates; null when it did not predict at least two. */
  model: ModelQualitySchema.nullable(),
  createdAt: z.iso.datetime(),
});

export const RoundListSchema = z.strictObject({ items: z.array(RoundSchema) }).meta({ id: 'RoundList' });

export type Round = z.infer<typeof RoundSchema>;
