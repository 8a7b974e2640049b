/**
 * @file Which candidates of a round are measured: the best by the model's judgement, but not all of one design, and some
 * of the designs that have been tried least, about which the model can know little.
 */
import { traceToJson, type Trace } from '../../../shared/schedule/trace.js';
import type { Individual } from './search-context.js';

export type Scored = readonly [individual: Individual, score: number | null];

export interface PickRequest {
  readonly count: number;
  /** How many of them are to explore. */
  readonly exploring: number;
  /** All candidates there are, the best first. */
  readonly best: readonly Scored[];
  /** Random candidates, in random order: explored are these. */
  readonly drawn: readonly Scored[];
  /** What was tried before. */
  readonly past: readonly Individual[];
}

/** At most this part of what a round exploits is of one design. */
const LARGEST_SHARE = 0.5;

export function pickCandidates({ count, exploring, best, drawn, past }: PickRequest): Scored[] {
  const tried = new Map<string, number>();
  const countTry = (trace: Trace): void => {
    const key = designKey(trace);
    tried.set(key, (tried.get(key) ?? 0) + 1);
  };
  for (const { design } of past) countTry(design);
  const picked = new Map<Individual, Scored>();
  const pick = (scored: Scored): void => {
    picked.set(scored[0], scored);
    countTry(scored[0].design);
  };
  exploit(best, count - exploring, pick);
  while (picked.size < count) {
    const left = drawn.filter(([individual]) => !picked.has(individual));
    const leastTried = leastBy(left, ([{ design }]) => tried.get(designKey(design)) ?? 0);
    if (leastTried === null) break;
    pick(leastTried);
  }
  for (const scored of best) {
    if (picked.size >= count) break;
    if (!picked.has(scored[0])) pick(scored);
  }
  return [...picked.values()];
}

/** Of candidates that the model cannot tell apart, one is enough to learn from. */
function exploit(best: readonly Scored[], count: number, pick: (scored: Scored) => void): void {
  const limit = Math.max(1, Math.ceil(count * LARGEST_SHARE));
  const ofDesign = new Map<string, number>();
  const scores = new Set<number | null>();
  let left = count;
  for (const scored of best) {
    if (left <= 0) return;
    const key = designKey(scored[0].design);
    const present = ofDesign.get(key) ?? 0;
    if (present >= limit || scores.has(scored[1])) continue;
    scores.add(scored[1]);
    ofDesign.set(key, present + 1);
    pick(scored);
    left--;
  }
}

/** The first of those with the least value. */
function leastBy<T>(items: readonly T[], valueOf: (item: T) => number): T | null {
  let [least, leastValue]: [T | null, number] = [null, Infinity];
  for (const item of items) {
    const value = valueOf(item);
    if (value < leastValue) [least, leastValue] = [item, value];
  }
  return least;
}

const keys = new WeakMap<Trace, string>();

/** Traces of one design have the same steps, annotations included, and differ in decisions. */
function designKey(trace: Trace): string {
  const key = keys.get(trace) ?? JSON.stringify(traceToJson(trace)[0]);
  keys.set(trace, key);
  return key;
}
