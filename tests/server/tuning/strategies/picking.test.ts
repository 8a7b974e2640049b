import { describe, expect, it } from 'vitest';
import { NO_ORIGIN } from '../../../../db/candidate-record.js';
import { pickCandidates, type Scored } from '../../../../server/tuning/strategies/picking.js';
import { programOf } from '../../../../server/tuning/strategies/program-set.js';
import type { Individual } from '../../../../server/tuning/strategies/search-context.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { matmul } from '../../../shared/schedule/programs.js';

/** A candidate of a design: designs differ in the loop that they unroll, candidates of one in a decision. */
function candidate(design: 0 | 1 | 2, decision: number): Individual {
  const sch = createSchedule(matmul(16));
  const loops = sch.getLoops('C', 3);
  const [outer] = sch.split(
    loops[design],
    sch.samplePerfectTile(loops[design], { n: 2, decision: [16 / decision, decision] }),
  );
  sch.unroll(outer);
  const { func, trace } = sch;
  return { design: trace, trace, func, program: programOf(func), origin: NO_ORIGIN };
}

const scored = (design: 0 | 1 | 2, scores: readonly number[]): Scored[] =>
  scores.map((score, i) => [candidate(design, 2 ** i), score]);

describe('picking', () => {
  const [a, b, c] = [scored(0, [9, 8, 7, 6]), scored(1, [5, 4]), scored(2, [1, 0])];
  const best = [...a, ...b, ...c];

  it('takes the best, but at most half of them of one design', () => {
    const picks = pickCandidates({ count: 4, exploring: 0, best, drawn: [], past: [] });
    expect(picks.map(([, score]) => score)).toEqual([9, 8, 5, 4]);
  });

  it('fills up with what there is when there is only one design', () => {
    const picks = pickCandidates({ count: 4, exploring: 0, best: a, drawn: [], past: [] });
    expect(picks.map(([, score]) => score)).toEqual([9, 8, 7, 6]);
  });

  it('explores the designs that were tried least, the best of each first', () => {
    const past = [candidate(0, 16), candidate(1, 16)];
    const picks = pickCandidates({ count: 3, exploring: 3, best: [], drawn: best, past });
    expect(picks.map(([, score]) => score)).toEqual([1, 9, 5]);
  });

  it('picks none twice, and gives fewer when there are no more', () => {
    const picks = pickCandidates({ count: 20, exploring: 5, best, drawn: best, past: [] });
    expect(picks).toHaveLength(best.length);
    expect(new Set(picks.map(([individual]) => individual)).size).toBe(best.length);
  });
});
