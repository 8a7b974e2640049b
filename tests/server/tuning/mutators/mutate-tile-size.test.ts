import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutateTileSize } from '../../../../server/tuning/mutators/mutate-tile-size.js';
import { applyTrace } from '../../../../shared/schedule/trace.js';
import { createRng } from '../../../../shared/support/rng.js';
import { vectorAdd } from '../../../shared/schedule/programs.js';
import {
  decisionCounts,
  decisionsAfter,
  drawMutations,
  onlyChange,
  perfectTile,
  sampled,
} from './harness.js';

const productOf = (tile: readonly number[]): number => tile.reduce((product, factor) => product * factor, 1);

describe('mutateTileSize', () => {
  it("reaches as many tiles as TVM's does, and keeps the product", () => {
    const tiles = decisionsAfter(mutateTileSize, perfectTile([4, 32, 4, 1], 64));
    expect(tiles.length).toBeGreaterThan(15);
    for (const tile of tiles) expect(productOf(tile.split(',').map(Number))).toBe(512);
  });

  it('moves every divisor that may be moved, and no other', () => {
    expect(decisionsAfter(mutateTileSize, perfectTile([6, 1], -1))).toEqual(['1,6', '2,3', '3,2']);
    expect(decisionsAfter(mutateTileSize, perfectTile([6, 1], 2))).toEqual(['3,2']);
    expect(decisionsAfter(mutateTileSize, perfectTile([8, 16], 16))).toEqual([
      '128,1',
      '16,8',
      '32,4',
      '64,2',
    ]);
    expect(decisionsAfter(mutateTileSize, perfectTile([1, 6, 1], 1))).toEqual(['2,3,1', '3,2,1', '6,1,1']);
  });

  it('draws the two levels first, and then the divisor', () => {
    // 16 has four divisors to move inwards, the innermost level one to move outwards: both levels count alike.
    const counts = decisionCounts(mutateTileSize, perfectTile([16, 2], -1), 2000);
    expect(counts.get('32,1')).toBeGreaterThan(900);
    expect(counts.get('32,1')).toBeLessThan(1100);
    expect(counts.size).toBe(5);
  });

  it('has nothing to change in a loop of one iteration, nor where the limit leaves no room', () => {
    expect(drawMutations(mutateTileSize, perfectTile([1, 1, 1], 16), 3)).toEqual([null, null, null]);
    expect(drawMutations(mutateTileSize, perfectTile([5, 1], 4), 3)).toEqual([null, null, null]);
  });

  it('passes over tiles that cannot be changed', () => {
    const parent = sampled(vectorAdd(10), (sch) => {
      const [loop] = sch.getLoops('C', 1);
      const [outer, inner] = sch.split(loop, [2, 5]);
      sch.samplePerfectTile(inner, { n: 2, maxInnermostFactor: 4, decision: [5, 1] });
      sch.samplePerfectTile(outer, { n: 2, decision: [2, 1] });
    });
    expect(decisionsAfter(mutateTileSize, parent, 50)).toEqual(['1,2']);
  });

  it('says which loop it tiles how', () => {
    const texts = drawMutations(mutateTileSize, perfectTile([3, 1], 16), 1).map((mutation) => mutation?.text);
    expect(texts).toEqual(['sample_perfect_tile l1: [3, 1] -> [1, 3]']);
  });

  it('makes tiles that replay as they are, and from which the parent can be reached again', () => {
    const tile = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(tile, fc.constantFrom(-1, 4, 12, 64), fc.nat(), (decision, limit, seed) => {
        const parent = perfectTile(decision, limit);
        const mutation = mutateTileSize(parent.trace, { func: parent.func, rng: createRng(seed) });
        if (mutation === null) return;
        const { inst, before, after } = onlyChange(parent.trace, mutation.trace);
        const [from, to] = [before, after].map((tiles) => (typeof tiles === 'object' ? tiles : []));
        expect(applyTrace(parent.func, mutation.trace).trace.decisions.get(inst)).toEqual(to);
        expect(to?.filter((factor, i) => factor !== from?.[i])).toHaveLength(2);
        const innermost = [from, to].map((tiles) => tiles?.at(-1) ?? 1);
        if (limit !== -1) expect(innermost[1]).toBeLessThanOrEqual(Math.max(limit, innermost[0] ?? 1));
      }),
    );
  });
});
