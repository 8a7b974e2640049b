import { describe, expect, it } from 'vitest';
import {
  parallelizeVectorizeUnroll,
  type ParallelizeVectorizeUnrollConfig,
} from '../../../../server/tuning/rules/parallelize-vectorize-unroll.js';
import { matmul, twoElementwise } from '../../../shared/schedule/programs.js';
import { onlyDesignOf, redecided, samplingSteps } from './harness.js';

const CONFIG: ParallelizeVectorizeUnrollConfig = {
  cores: 32,
  maxJobsPerCore: 16,
  maxVectorizeExtent: 32,
  unrollMaxSteps: [0, 16, 64, 512],
  unrollExplicit: true,
};

function notesOn(config: Partial<ParallelizeVectorizeUnrollConfig>, func = matmul(8)): unknown {
  return onlyDesignOf(func, parallelizeVectorizeUnroll({ ...CONFIG, ...config })).func.root.annotations;
}

describe('parallelize-vectorize-unroll', () => {
  it('notes on the root what to do, and draws the steps to unroll', () => {
    const func = matmul(8);
    const design = onlyDesignOf(func, parallelizeVectorizeUnroll(CONFIG));
    expect(samplingSteps(design).map(({ kind }) => kind)).toEqual(['SampleCategorical']);
    const decided = redecided(func, design, [1]);
    expect(decided.func.root.annotations).toEqual({
      'meta_schedule.parallel': 512,
      'meta_schedule.vectorize': 32,
      'meta_schedule.unroll_explicit': 16,
    });
    expect(decided.get(decided.getBlock('C')).annotations).toEqual({});
  });

  it('leaves to the code generator to unroll, if told to', () => {
    expect(notesOn({ unrollExplicit: false, unrollMaxSteps: [64] })).toEqual({
      'meta_schedule.parallel': 512,
      'meta_schedule.vectorize': 32,
      'meta_schedule.unroll_implicit': 64,
    });
  });

  it('notes nothing that it is told to leave', () => {
    expect(notesOn({ maxJobsPerCore: null, unrollMaxSteps: [] })).toEqual({ 'meta_schedule.vectorize': 32 });
    expect(notesOn({ maxVectorizeExtent: null, unrollMaxSteps: [] })).toEqual({
      'meta_schedule.parallel': 512,
    });
  });

  it('draws nothing for functions that reduce nothing', () => {
    const func = twoElementwise(8);
    expect(notesOn({}, func)).toEqual({ 'meta_schedule.parallel': 512, 'meta_schedule.vectorize': 32 });
    const off = { ...CONFIG, maxJobsPerCore: null, maxVectorizeExtent: null };
    expect(onlyDesignOf(func, parallelizeVectorizeUnroll(off)).func).toBe(func);
  });
});
