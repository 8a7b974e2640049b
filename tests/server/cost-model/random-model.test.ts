import { describe, expect, it } from 'vitest';
import { randomModel } from '../../../server/cost-model/random-model.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { createRng } from '../../../shared/support/rng.js';
import { matmul, vectorAdd } from '../../shared/schedule/programs.js';

const funcs = Array.from({ length: 40 }, (_, i) => vectorAdd(i + 1));

function scores(programs: readonly PrimFunc[], seed = 0): number[] {
  return [...(randomModel.fit([], createRng(seed))?.predict(programs) ?? [])];
}

describe('the model that knows nothing', () => {
  it('has an opinion without samples, and the same with any', () => {
    const samples = funcs.map((func) => ({ func, group: 'g', score: 1 }));
    expect([...(randomModel.fit(samples, createRng(0))?.predict(funcs) ?? [])]).toEqual(scores(funcs));
  });

  it('scores a program by itself and the generator alone', () => {
    const all = scores(funcs);
    expect(scores(funcs.toReversed())).toEqual(all.toReversed());
    expect(funcs.flatMap((func) => scores([func]))).toEqual(all);
    expect(scores([matmul(4), matmul(4)])).toEqual([...scores([matmul(4)]), ...scores([matmul(4)])]);
    expect(scores(funcs, 1)).not.toEqual(all);
  });

  it('scores uniformly from 0 to 1', () => {
    const all = scores(funcs);
    expect(new Set(all).size).toBe(funcs.length);
    for (const score of all) expect(score >= 0 && score < 1).toBe(true);
    const mean = all.reduce((sum, score) => sum + score, 0) / all.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.25);
  });
});
