/** @file The compute thread: makes the proposals of searches, away from the event loop that serves HTTP. */
import { createStrategy, numberProposals, type SearchSpec } from './search.js';
import type { Proposal } from './strategies/strategy.js';

export interface ProposeRequest {
  readonly spec: SearchSpec;
  readonly from: number;
  readonly count: number;
}

/** Searches under way; the oldest is forgotten first and can be made again from its specification. */
const MAX_SEARCHES = 8;
const searches = new Map<string, (from: number, count: number) => readonly Proposal[]>();

export function run({ spec, from, count }: ProposeRequest): readonly Proposal[] {
  const key = JSON.stringify(spec);
  const known = searches.get(key) ?? numberProposals(createStrategy(spec));
  searches.delete(key);
  searches.set(key, known);
  const [oldest] = searches.keys();
  if (searches.size > MAX_SEARCHES && oldest !== undefined) searches.delete(oldest);
  return known(from, count);
}
