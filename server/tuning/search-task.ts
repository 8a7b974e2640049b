/** @file The compute thread: makes the proposals of searches, away from the event loop that serves HTTP. */
import { createBoundedMap } from '../../shared/support/bounded-map.js';
import { createStrategy, proposeTimed, type SearchedRound, type SearchSpec } from './search.js';
import type { RoundRequest } from './strategies/round.js';
import type { Strategy } from './strategies/strategy.js';

export interface ProposeRequest {
  /** Of the specification. */
  readonly key: string;
  readonly spec: SearchSpec;
  readonly request: RoundRequest;
}

/** Searches under way; one that is forgotten can be made again from its specification. */
const MAX_SEARCHES = 8;
const strategies = createBoundedMap<Strategy>(MAX_SEARCHES);

export function run({ key, spec, request }: ProposeRequest): SearchedRound {
  const strategy = strategies.get(key) ?? createStrategy(spec);
  strategies.set(key, strategy);
  return proposeTimed(strategy, request);
}
