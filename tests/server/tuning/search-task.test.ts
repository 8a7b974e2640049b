import { describe, expect, it } from 'vitest';
import { createStrategy, keyOf, type SearchSpec } from '../../../server/tuning/search.js';
import { run } from '../../../server/tuning/search-task.js';
import type { RoundPlan } from '../../../server/tuning/strategies/round.js';
import { searchSpec } from './search-specs.js';
import { asHistory } from './strategies/harness.js';

const FIRST = { round: 0, firstTrial: 0, size: 2, spent: 0, history: [], model: null };

function propose(spec: SearchSpec, request: Parameters<typeof run>[0]['request'] = FIRST): RoundPlan {
  return run({ key: keyOf(spec), spec, request }).plan;
}

describe('the compute thread', () => {
  it('proposes what the strategy of the specification proposes', () => {
    const spec = searchSpec({ seed: 100 });
    expect(propose(spec)).toEqual(createStrategy(spec).proposeRound(FIRST));
  });

  it('keeps searches apart, and goes on with those that it has forgotten', () => {
    const specs = Array.from({ length: 10 }, (_, seed) => searchSpec({ seed }));
    const firsts = specs.map((spec) => propose(spec));
    expect(new Set(firsts.map((plan) => JSON.stringify(plan.proposals))).size).toBeGreaterThan(8);
    for (const [i, spec] of specs.entries()) {
      const history = asHistory([], firsts[i]?.proposals ?? []);
      const request = { round: 1, firstTrial: history.length, size: 2, spent: 0, history, model: null };
      expect(propose(spec, request)).toEqual(createStrategy(spec).proposeRound(request));
    }
  });
});
