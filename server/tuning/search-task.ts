/** @file The compute thread: makes the proposals of searches, away from the event loop that serves HTTP. */
import { createStrategy, proposeTimed, type SearchedRound, type SearchSpec } from './search.js';
import type { RoundRequest } from './strategies/round.js';
import type { Strategy } from './strategies/strategy.js';

export interface ProposeRequest {
  /** Of the specification. */
  readonly key: string;
  readonly spec: SearchSpec;
  readonly request: RoundRequest;
}

/** Searches under way; the oldest is forgotten first and can be made again from its specification. */
const MAX_SEARCHES = 8;
const strategies = new Map<string, Strategy>();

export function run({ key, spec, request }: ProposeRequest): SearchedRound {
  const strategy = strategies.get(key) ?? createStrategy(spec);
  strategies.delete(key);
  strategies.set(key, strategy);
  const [oldest] = strategies.keys();
  if (strategies.size > MAX_SEARCHES && oldest !== undefined) strategies.delete(oldest);
  return proposeTimed(strategy, request);
}
