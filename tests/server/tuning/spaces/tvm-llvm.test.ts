import { describe, expect, it } from 'vitest';
import { mutate } from '../../../../server/tuning/mutators/mutator.js';
import { LLVM_MUTATORS, tvmLlvmSpace } from '../../../../server/tuning/spaces/tvm-llvm.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import type { Decision } from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectTraceRoundTrip } from '../../../shared/schedule/harness.js';
import { smallWorkload } from '../../../support/small-workloads.js';
import { nestsOf, redecided, samplingSteps, spaceContext } from '../rules/harness.js';
import { LLVM_SKETCHES } from './tvm-llvm-oracle.js';

const CORES = 18;

function sketchesOf(func: PrimFunc): readonly Schedule[] {
  return tvmLlvmSpace({ cores: CORES })(func, spaceContext());
}

/** `1 1 64 2, C3, L-1` as decisions. */
function readDecisions(text: string): Decision[] {
  return text.split(', ').map((item) => {
    return /^[CL]/.test(item) ? Number(item.slice(1)) : item.split(' ').map(Number);
  });
}

/** The kinds of the sampling steps, by the letters of the oracle: tiles are `T`. */
function shapeOf(sch: Schedule): string {
  const letters = { SamplePerfectTile: 'T', SampleCategorical: 'C', SampleComputeLocation: 'L' };
  return samplingSteps(sch)
    .map(({ kind }) => new Map(Object.entries(letters)).get(kind) ?? '?')
    .join('');
}

function shapeOfText(decisions: string): string {
  return decisions
    .split(', ')
    .map((item) => (/^[CL]/.test(item) ? item.charAt(0) : 'T'))
    .join('');
}

/** The nests of all blocks, without the names of these. */
function extentsOf(func: PrimFunc): string {
  return nestsOf(func)
    .map((nest) => nest.slice(nest.indexOf(': ') + 2))
    .join(', ');
}

describe.each(LLVM_SKETCHES)("TVM's sketches of $name", ({ spec, sketches: expected }) => {
  const { func } = buildWorkload(spec);
  const sketches = sketchesOf(func);

  it('are as many, and draw the same steps', () => {
    expect(sketches).toHaveLength(expected.length);
    expect(sketches.map(shapeOf).toSorted()).toEqual(
      expected.map(([decisions]) => shapeOfText(decisions)).toSorted(),
    );
  });

  it.each(expected)('with the decisions %s have the same loops', (decisions, nests) => {
    const same = sketches
      .filter((sketch) => shapeOf(sketch) === shapeOfText(decisions))
      .map((sketch) => redecided(func, sketch, readDecisions(decisions)));
    expect(same.map((sch) => extentsOf(sch.func))).toContain(nests);
    for (const sch of same) {
      if (extentsOf(sch.func) !== nests) continue;
      expect([...sch.trace.decisions.values()]).toEqual(readDecisions(decisions));
      expectTraceRoundTrip(func, sch);
    }
  });
});

describe('the sketches of a matrix product', () => {
  it('say at the root how to go on, with the steps to unroll as a decision', () => {
    const { func } = buildWorkload('matmul:m=512,n=512,k=512');
    const sketches = sketchesOf(func);
    expect(sketches).toHaveLength(3);
    const decisions = [[1, 8, 2, 32], [8, 1, 8, 8], [16, 32], 1];
    for (const sketch of sketches) {
      expect(redecided(func, sketch, decisions).func.root.annotations).toEqual({
        'meta_schedule.parallel': 288,
        'meta_schedule.vectorize': 64,
        'meta_schedule.unroll_explicit': 16,
      });
    }
  });

  it('gather results in a cache at the first or the second level, or in none', () => {
    const { func } = buildWorkload('matmul:m=512,n=512,k=512');
    const decisions = [[1, 8, 2, 32], [8, 1, 8, 8], [16, 32], 0];
    const programs = sketchesOf(func).map((sketch) => nestsOf(redecided(func, sketch, decisions).func));
    const product = 'C: 1 8 8 1 16 2 8 32 32 8';
    expect(programs).toHaveLength(3);
    expect(programs).toContainEqual([product]);
    expect(programs).toContainEqual([product, 'C_global: 1 8 512 64']);
    expect(programs).toContainEqual([product, 'C_global: 1 8 8 1 64 64']);
  });

  it('for one core go parallel sixteen times at most', () => {
    const { func } = buildWorkload('matmul:m=16,n=16,k=16');
    const sketch = at(tvmLlvmSpace()(func, spaceContext()), 0);
    expect(sketch.func.root.annotations['meta_schedule.parallel']).toBe(16);
  });
});

describe('the mutators', () => {
  const func = smallWorkload('conv2d_nhwc');
  const sketches = tvmLlvmSpace()(func, spaceContext());
  const rng = createRng(0);
  /** What is changed in children of sketches that have steps of every kind. */
  const texts = Array.from({ length: 4000 }, () => {
    const { trace } = at(sketches, rng.nextInt(sketches.length));
    return mutate(trace, LLVM_MUTATORS, { func, rng })?.text ?? 'nothing';
  });

  it.each([
    ['sample_perfect_tile', 0.9],
    ['sample_compute_location', 0.05],
    ['sample_categorical', 0.03],
    ['annotate', 0.02],
  ])('change what %s does with a probability of %f', (step, probability) => {
    const count = texts.filter((text) => text.startsWith(`${step} `)).length;
    const deviation = Math.sqrt(probability * (1 - probability) * texts.length);
    expect(Math.abs(count - probability * texts.length)).toBeLessThan(4 * deviation);
  });

  it('ask for sixteen parallel jobs at most: there is one core', () => {
    const limits = texts
      .filter((text) => text.startsWith('annotate '))
      .map((text) => Number(text.slice(text.lastIndexOf(' '))));
    expect(limits.length).toBeGreaterThan(0);
    for (const limit of limits) expect(limit).toBeLessThanOrEqual(16);
  });
});
