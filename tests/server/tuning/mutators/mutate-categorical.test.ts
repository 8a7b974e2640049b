import { describe, expect, it } from 'vitest';
import { mutateCategorical } from '../../../../server/tuning/mutators/mutate-categorical.js';
import { mutateUnroll } from '../../../../server/tuning/mutators/mutate-unroll.js';
import { annotatedDraw, decisionCounts, decisionsAfter, drawMutations } from './harness.js';

const EXPLICIT = 'meta_schedule.unroll_explicit';
const IMPLICIT = 'meta_schedule.unroll_implicit';

describe.each([
  ['mutateUnroll', mutateUnroll, EXPLICIT],
  ['mutateUnroll', mutateUnroll, IMPLICIT],
  ['mutateCategorical', mutateCategorical, 'pragma_of_ours'],
])('%s', (_name, mutator, key) => {
  it('draws every other candidate', () => {
    const parent = annotatedDraw(key, [0, 16, 64, 512], { decision: 0 });
    expect(decisionsAfter(mutator, parent, 100)).toEqual(['1', '2', '3']);
  });

  it('draws by the probabilities of the others', () => {
    const parent = annotatedDraw(key, [0, 16, 64, 512], { decision: 1, probs: [0.1, 0.6, 0.3, 0] });
    const counts = decisionCounts(mutator, parent, 2000);
    expect([...counts.keys()].toSorted()).toEqual(['0', '2']);
    expect(counts.get('2')).toBeGreaterThan(1400);
    expect(counts.get('2')).toBeLessThan(1600);
  });

  it('has nothing to change where there is one candidate, or one that can be drawn', () => {
    const one = annotatedDraw(key, [4], { decision: 0 });
    const oneLikely = annotatedDraw(key, [4, 8], { decision: 1, probs: [0, 1] });
    expect([...drawMutations(mutator, one, 2), ...drawMutations(mutator, oneLikely, 2)]).toEqual(
      Array.from({ length: 4 }, () => null),
    );
  });

  it('says which candidate took the place of which', () => {
    const parent = annotatedDraw(key, [0, 16], { decision: 1 });
    expect(drawMutations(mutator, parent, 1).map((mutation) => mutation?.text)).toEqual([
      'sample_categorical v1: 16 -> 0',
    ]);
  });
});

describe('the two mutators of categorical draws', () => {
  it('have different draws to change', () => {
    const unroll = annotatedDraw(EXPLICIT, [1, 2], { decision: 0 });
    const other = annotatedDraw('pragma_of_ours', [1, 2], { decision: 0 });
    expect(drawMutations(mutateCategorical, unroll, 2)).toEqual([null, null]);
    expect(drawMutations(mutateUnroll, other, 2)).toEqual([null, null]);
  });
});
