import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutateImperfectTile } from '../../../../server/tuning/mutators/mutate-imperfect-tile.js';
import { applyTrace } from '../../../../shared/schedule/trace.js';
import { createRng } from '../../../../shared/support/rng.js';
import { vectorAdd } from '../../../shared/schedule/programs.js';
import { decisionCounts, decisionsAfter, drawMutations, imperfectTile, onlyChange } from './harness.js';

describe('mutateImperfectTile', () => {
  it('reaches every other candidate that fits the loop', () => {
    const parent = imperfectTile(7, [8, 4, 6, 2, 3], { inner: 4 });
    expect(decisionsAfter(mutateImperfectTile, parent)).toEqual(['2,6', '3,3', '4,2']);
  });

  it('takes the next size up or down three times in four', () => {
    const sizes = [1, 2, 3, 4, 5, 6, 7, 8];
    const counts = decisionCounts(mutateImperfectTile, imperfectTile(8, sizes, { inner: 4 }), 2800);
    // Of the leaps, two in seven go to a neighbour, too.
    const stepping = (counts.get('3,3') ?? 0) + (counts.get('2,5') ?? 0);
    expect(stepping / 2800).toBeGreaterThan(0.75 + 0.25 * (2 / 7) - 0.03);
    expect(stepping / 2800).toBeLessThan(0.75 + 0.25 * (2 / 7) + 0.03);
    expect(counts.size).toBe(7);
  });

  it('steps the only way that there is from the smallest and the largest', () => {
    for (const [inner, next] of [
      [1, '4,2'],
      [8, '2,4'],
    ] as const) {
      const counts = decisionCounts(mutateImperfectTile, imperfectTile(8, [1, 2, 4, 8], { inner }), 400);
      expect(counts.get(next)).toBeGreaterThan(280);
    }
  });

  it('does not draw what has no weight', () => {
    const parent = imperfectTile(8, [1, 2, 4, 8], { inner: 2, weights: [1, 1, 0, 1] });
    expect(decisionsAfter(mutateImperfectTile, parent)).toEqual(['1,8', '8,1']);
    const unweighted = imperfectTile(4, [1, 2, 4, 8], { inner: 2, weights: [0, 0, 0, 1] });
    expect(decisionsAfter(mutateImperfectTile, unweighted)).toEqual(['1,4', '4,1']);
  });

  it('has nothing to change where one size fits, or none', () => {
    expect(drawMutations(mutateImperfectTile, imperfectTile(3, [2, 4], { inner: 2 }), 2)).toEqual([
      null,
      null,
    ]);
    expect(drawMutations(mutateImperfectTile, imperfectTile(3, [4, 8], { inner: 3 }), 2)).toEqual([
      null,
      null,
    ]);
  });

  it('starts from the size that a decision for another extent comes to', () => {
    const { trace } = imperfectTile(16, [1, 2, 4, 8, 16], { inner: 16 });
    // In a loop of 5 iterations, 16 becomes 4: that is not another decision, and 2 is the next.
    expect(decisionsAfter(mutateImperfectTile, { func: vectorAdd(5), trace }, 400)).toEqual(['3,2', '5,1']);
  });

  it('says which loop it tiles how', () => {
    const parent = imperfectTile(9, [4, 6], { inner: 4 });
    expect(drawMutations(mutateImperfectTile, parent, 1).map((mutation) => mutation?.text)).toEqual([
      'sample_imperfect_tile l1: [3, 4] -> [2, 6]',
    ]);
  });

  it('makes tiles that replay as they are', () => {
    const candidates = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(candidates, fc.integer({ min: 1, max: 24 }), fc.nat(), (sizes, extent, seed) => {
        const parent = imperfectTile(extent, sizes, { inner: sizes[0] ?? 1 });
        const mutation = mutateImperfectTile(parent.trace, { func: parent.func, rng: createRng(seed) });
        if (mutation === null) return;
        const { inst, after } = onlyChange(parent.trace, mutation.trace);
        expect(applyTrace(parent.func, mutation.trace).trace.decisions.get(inst)).toEqual(after);
      }),
    );
  });
});
