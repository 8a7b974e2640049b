/**
 * @file Rounds: a search proposes a batch of candidates, sees how they did, and proposes the next. What a round proposes
 * is a function of the problem, the seed, the round's number and the trials of earlier rounds, and of nothing else: an
 * interrupted search goes on by asking for the same round again.
 */
import type { Origin } from '../../../db/candidate-record.js';
import type { TraceJson } from '../../../shared/protocol/measure.js';
import type { ModelSnapshot } from '../../../shared/protocol/model.js';

/** A trial that has ended. */
export interface PastTrial {
  readonly trial: number;
  readonly trace: TraceJson;
  /** Equal traces have equal hashes. */
  readonly traceHash: string;
  /** Of the scheduled program, see program-set.ts. */
  readonly programHash: string;
  /** Nanoseconds of one run; null when it failed. */
  readonly latencyNs: number | null;
}

export interface RoundRequest {
  /** From 0. */
  readonly round: number;
  /** Number of the round's first trial. */
  readonly firstTrial: number;
  /** Proposals at most. */
  readonly size: number;
  /** The part of the budget of trials that is spent; in [0, 1). */
  readonly spent: number;
  /** All trials before `firstTrial`, in order. */
  readonly history: readonly PastTrial[];
  /** The model that judged this round when it was proposed before; null when it was not, or had none. */
  readonly model: ModelSnapshot | null;
}

/** A candidate to measure. */
export interface Proposal {
  readonly trace: TraceJson;
  readonly traceHash: string;
  readonly programHash: string;
  readonly origin: Origin;
  /** The cost model's score, higher is faster; null when there was no model yet. */
  readonly predicted: number | null;
}

export interface RoundPlan {
  readonly proposals: readonly Proposal[];
  /** Traces that were tried, the rejected ones among them. */
  readonly generated: number;
  /** Traces that made no candidate, by reason: `duplicate`, or as a `Rejection` says (candidate-maker.ts). */
  readonly rejected: Readonly<Record<string, number>>;
  /** The model that judged it, as far as it can be kept. */
  readonly model: ModelSnapshot | null;
  /** The space has no more programs; no further round will have proposals. */
  readonly exhausted: boolean;
}
