/** @file Search strategies: who decides which candidate comes next. */
import type { TraceJson } from '../../../shared/protocol/measure.js';

/** A candidate to measure. */
export interface Proposal {
  readonly trace: TraceJson;
  /** Equal traces have equal hashes. */
  readonly traceHash: string;
  /** Structural hash of the scheduled program. */
  readonly programHash: string;
}

/**
 * Contract of every strategy: proposals are a function of the program, the space and the seed alone; no two of them make
 * the same program; `null` means that the space has no more, and is final.
 */
export interface Strategy {
  readonly next: () => Proposal | null;
}
