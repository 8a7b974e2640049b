import { describe, expect, it } from 'vitest';
import { addRfactor } from '../../../../server/tuning/rules/add-rfactor.js';
import { RANDOM_COMPUTE_PRODUCER } from '../../../../server/tuning/rules/random-compute-location.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSound } from '../../../shared/schedule/harness.js';
import { matmul, twoElementwise } from '../../../shared/schedule/programs.js';
import { designsOf, nestsOf, redecided, redrawn } from './harness.js';

const rule = addRfactor({ cores: 32, maxJobsPerCore: 16, maxInnermostFactor: 64 });

/** The designs as TVM lists them: untouched, parts per inner iteration, parts per outer iteration. */
function designsByParts(func: PrimFunc): Schedule[] {
  const designs = designsOf(func, rule);
  expect(designs).toHaveLength(3);
  return [...designs];
}

function factorsOf(func: PrimFunc, sch: Schedule): number[] {
  const known = new Set(func.root.allocBuffers.map((b) => b.name));
  const added = sch.func.root.allocBuffers.find((b) => !known.has(b.name));
  return [...(added?.shape ?? [])];
}

describe('add-rfactor', () => {
  it('gives a product with few results parts per outer and per inner iteration, and leaves it as it is', () => {
    const func = matmul(4, 4, 512);
    const [untouched, ...factored] = designsByParts(func);
    expect(untouched?.func).toBe(func);
    const decided = factored.map((sch) => redecided(func, sch, [[4, 128]]));
    const shapes = decided.map((sch) => factorsOf(func, sch));
    expect(shapes).toEqual([
      [4, 4, 128],
      [4, 4, 4],
    ]);
    expect(decided.map((sch) => nestsOf(sch.func))).toEqual([
      ['C_rf: 4 4 4 128', 'C: 4 4 128'],
      ['C_rf: 4 4 4 128', 'C: 4 4 4'],
    ]);
    for (const sch of decided) {
      expect(sch.get(sch.getBlock('C')).annotations).toEqual({ [RANDOM_COMPUTE_PRODUCER]: 1 });
      expect(sch.get(sch.getBlock('C_rf')).annotations).toEqual({});
    }
  });

  it('makes one loop of several reduce loops first', () => {
    const { func } = buildWorkload('norm:b=2,m=6,n=4');
    const decided = redecided(func, at(designsByParts(func), 1), [[6, 4]]);
    expect(nestsOf(decided.func).slice(0, 2)).toEqual(['C_rf: 2 6 4', 'C: 2 4']);
  });

  it('keeps the meaning, whatever is drawn', () => {
    const { func } = buildWorkload('norm:b=2,m=6,n=4');
    for (const design of designsByParts(func)) {
      for (const seed of [1, 2, 3]) expectSound(func, redrawn(func, design, seed));
    }
  });

  it('leaves blocks alone that have enough to run in parallel, or nothing to reduce', () => {
    for (const func of [matmul(16, 16, 16), twoElementwise(8)]) {
      expect(designsOf(func, rule).map((sch) => sch.func)).toEqual([func]);
    }
    const oneCore = addRfactor({ cores: 1, maxJobsPerCore: 16, maxInnermostFactor: 64 });
    expect(designsOf(matmul(5, 4, 512), oneCore)).toHaveLength(1);
    expect(designsOf(matmul(4, 4, 512), oneCore)).toHaveLength(3);
  });
});
