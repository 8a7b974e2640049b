import { describe, expect, it } from 'vitest';
import type { Mutation } from '../../../../server/tuning/mutators/mutator.js';
import { neighbours } from '../../../../server/tuning/mutators/neighbours.js';
import { applyTrace, traceToJson, type Trace } from '../../../../shared/schedule/trace.js';
import { createRng } from '../../../../shared/support/rng.js';
import { expectSameResults } from '../../../shared/schedule/harness.js';
import { twoElementwise, vectorAdd } from '../../../shared/schedule/programs.js';
import {
  annotatedDraw,
  everyKind,
  imperfectTile,
  onlyChange,
  perfectTile,
  sampled,
  withPostprocessing,
  type Sampled,
} from './harness.js';

function neighboursOf({ func, trace }: Sampled, seed = 0): Mutation[] {
  return neighbours(trace, { func, rng: createRng(seed) });
}

/** What the changed decision of each neighbour is. */
function decisionsAround(parent: Sampled): string[] {
  return neighboursOf(parent).map(({ trace }) => String(onlyChange(parent.trace, trace).after));
}

const textOf = (trace: Trace): string => JSON.stringify(traceToJson(trace));

describe('the neighbours of a perfect tile', () => {
  it('are those with one prime factor moved to another level', () => {
    expect(decisionsAround(perfectTile([12, 1], -1))).toEqual(['6,2', '4,3']);
    expect(decisionsAround(perfectTile([4, 1, 5], -1))).toEqual(['2,2,5', '2,1,10', '20,1,1', '4,5,1']);
    expect(decisionsAround(perfectTile([1, 1], 16))).toEqual([]);
  });

  it('have an innermost factor within the limit', () => {
    expect(decisionsAround(perfectTile([4, 3, 2], 4))).toEqual([
      '2,6,2',
      '2,3,4',
      '12,1,2',
      '8,3,1',
      '4,6,1',
    ]);
  });
});

describe('the neighbours of an imperfect tile', () => {
  it('are the next smaller and the next larger candidate that fit the loop', () => {
    const around = (inner: number): string[] => decisionsAround(imperfectTile(7, [8, 4, 6, 2, 3], { inner }));
    expect(around(2)).toEqual(['3,3']);
    expect(around(4)).toEqual(['3,3', '2,6']);
    expect(around(6)).toEqual(['2,4']);
    expect(decisionsAround(imperfectTile(3, [4, 8], { inner: 3 }))).toEqual([]);
  });
});

describe('the neighbours of a categorical draw', () => {
  const around = (candidates: readonly number[], decision: number, probs?: readonly number[]): string[] =>
    decisionsAround(
      annotatedDraw('note', candidates, { decision, ...(probs === undefined ? {} : { probs }) }),
    );

  it('are all others of a few', () => {
    expect(around([0, 16, 64, 512], 0)).toEqual(['1', '2', '3']);
    expect(around([3], 0)).toEqual([]);
  });

  it('are the next smaller and the next larger of many', () => {
    expect(around([1, 2, 4, 8, 16], 2)).toEqual(['1', '3']);
    expect(around([8, 2, 16, 1, 4], 0)).toEqual(['4', '2']);
    expect(around([1, 2, 4, 8, 16], 4)).toEqual(['3']);
  });

  it('can be drawn', () => {
    expect(around([1, 2, 3], 0, [1, 0, 1])).toEqual(['2']);
    expect(around([1, 2, 4, 8, 16], 2, [1, 0, 1, 1, 1])).toEqual(['0', '3']);
  });
});

describe('the neighbours of a compute location', () => {
  it('are the next place further out and the next further in', () => {
    const around = (decision: number): string[] =>
      decisionsAround(
        sampled(twoElementwise(4), (sch) => {
          const block = sch.getBlock('B');
          sch.computeAt(block, sch.sampleComputeLocation(block, decision), { preserveUnitLoops: true });
        }),
      );
    expect([-2, -1, 0, 1].map(around)).toEqual([['-1'], ['-2', '0'], ['-1', '1'], ['0']]);
  });
});

describe('neighbours', () => {
  it('come decision by decision, always in the same order, whatever the seed', () => {
    const parent = everyKind(6, 3);
    const found = neighboursOf(parent);
    const kinds = found.map(({ trace }) => onlyChange(parent.trace, trace).inst);
    const places = kinds.map((inst) => parent.trace.insts.indexOf(inst));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(new Set(kinds).size).toBe(5);
    expect(neighboursOf(parent, 1)).toEqual(found);
  });

  it('are all different, and compute the same', () => {
    for (let seed = 0; seed < 4; seed++) {
      const parent = everyKind(6, seed);
      const found = neighboursOf(parent);
      expect(new Set(found.map(({ trace }) => textOf(trace))).size).toBe(found.length);
      expect(new Set(found.map(({ text }) => text)).size).toBe(found.length);
      for (const { trace } of found) {
        const replayed = applyTrace(parent.func, trace, { verify: true });
        expectSameResults(parent.func, replayed.func);
        const { inst, after } = onlyChange(parent.trace, trace);
        expect(replayed.trace.decisions.get(inst)).toEqual(after);
      }
    }
  });

  it('have the parent as a neighbour', () => {
    for (let seed = 0; seed < 8; seed++) {
      const parent = everyKind(6, seed);
      for (const { trace } of neighboursOf(parent)) {
        const back = neighboursOf({ func: parent.func, trace }).map((next) => textOf(next.trace));
        expect(back).toContain(textOf(parent.trace));
      }
    }
  });

  it('say what was changed', () => {
    expect(neighboursOf(perfectTile([3, 2], 16)).map(({ text }) => text)).toEqual([
      'sample_perfect_tile l1: [3, 2] -> [1, 6]',
      'sample_perfect_tile l1: [3, 2] -> [6, 1]',
    ]);
  });

  it('leave postprocessing out, and decisions that are still to be drawn alone', () => {
    const parent = withPostprocessing(perfectTile([3, 2], 16));
    const found = neighboursOf(parent);
    expect(found).toHaveLength(2);
    for (const { trace } of found)
      expect(trace.insts.map((inst) => inst.kind)).not.toContain('EnterPostproc');
    const undecided = { func: vectorAdd(6), trace: { ...parent.trace, decisions: new Map() } };
    expect(neighboursOf(undecided)).toEqual([]);
  });
});
