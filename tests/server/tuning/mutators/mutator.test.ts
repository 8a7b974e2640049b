import { describe, expect, it } from 'vitest';
import { mutateCategorical } from '../../../../server/tuning/mutators/mutate-categorical.js';
import { mutateComputeLocation } from '../../../../server/tuning/mutators/mutate-compute-location.js';
import { mutateImperfectTile } from '../../../../server/tuning/mutators/mutate-imperfect-tile.js';
import { mutateTileSize } from '../../../../server/tuning/mutators/mutate-tile-size.js';
import { mutateUnroll } from '../../../../server/tuning/mutators/mutate-unroll.js';
import {
  mutate,
  type Mutation,
  type Mutator,
  type WeightedMutators,
} from '../../../../server/tuning/mutators/mutator.js';
import { traceToJson } from '../../../../shared/schedule/trace.js';
import { createRng } from '../../../../shared/support/rng.js';
import { everyKind, onlyChange, perfectTile, withPostprocessing } from './harness.js';

const ALL: WeightedMutators = [
  [mutateTileSize, 1],
  [mutateImperfectTile, 1],
  [mutateCategorical, 1],
  [mutateUnroll, 1],
  [mutateComputeLocation, 1],
];

const { func, trace } = perfectTile([4, 2], 16);

/** A mutator that can always, or never, change something. */
const always =
  (text: string): Mutator =>
  (parent): Mutation => ({ trace: parent, text });
const never: Mutator = () => null;

/** The texts of what happened in `count` draws. */
function texts(mutators: WeightedMutators, count: number): (string | undefined)[] {
  const rng = createRng(0);
  return Array.from({ length: count }, () => mutate(trace, mutators, { func, rng })?.text);
}

describe('mutate', () => {
  it('draws mutators by their weights, which are relative', () => {
    const drawn = texts(
      [
        [always('a'), 18],
        [always('b'), 2],
        [always('c'), 0],
      ],
      2000,
    );
    const share = drawn.filter((text) => text === 'a').length / drawn.length;
    expect(share).toBeGreaterThan(0.87);
    expect(share).toBeLessThan(0.93);
    expect(new Set(drawn)).toEqual(new Set(['a', 'b']));
  });

  it('tries the others in random order when the drawn one has nothing to change', () => {
    const drawn = texts(
      [
        [never, 1000],
        [always('a'), 1],
        [always('b'), 1],
      ],
      200,
    );
    expect(new Set(drawn)).toEqual(new Set(['a', 'b']));
    const share = drawn.filter((text) => text === 'a').length / drawn.length;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.7);
  });

  it('gives null when nothing can be changed', () => {
    const nothing: WeightedMutators[] = [[], [[never, 1]], [[always('a'), 0]], [[mutateComputeLocation, 1]]];
    for (const mutators of nothing) expect(texts(mutators, 3)).toEqual([undefined, undefined, undefined]);
  });

  it('depends on the seed alone', () => {
    const parent = everyKind(6, 0);
    const family = (seed: number): unknown[] => {
      const rng = createRng(seed);
      return Array.from({ length: 12 }, () => {
        const mutation = mutate(parent.trace, ALL, { func: parent.func, rng });
        return mutation === null ? null : [mutation.text, traceToJson(mutation.trace)];
      });
    };
    expect(family(1)).toEqual(family(1));
    expect(family(1)).not.toEqual(family(2));
  });

  it('leaves postprocessing out, and its draws alone', () => {
    const whole = withPostprocessing(everyKind(6, 0));
    const end = whole.trace.insts.findIndex((inst) => inst.kind === 'EnterPostproc');
    const design = { ...whole.trace, insts: whole.trace.insts.slice(0, end) };
    const rng = createRng(0);
    for (let n = 0; n < 50; n++) {
      const mutation = mutate(whole.trace, ALL, { func: whole.func, rng });
      if (mutation === null) throw new Error('nothing was changed');
      onlyChange(design, mutation.trace);
    }
  });

  it('does not touch decisions that are still to be drawn', () => {
    const undecided = { ...everyKind(6, 0).trace, decisions: new Map() };
    expect(mutate(undecided, ALL, { func: everyKind(6, 0).func, rng: createRng(0) })).toBeNull();
  });

  it('says what it changed, in the words of the trace', () => {
    const parent = everyKind(6, 0);
    const rng = createRng(0);
    const subjects = new Set<string>();
    for (let n = 0; n < 300; n++) {
      const text = mutate(parent.trace, ALL, { func: parent.func, rng })?.text ?? '';
      expect(text).toMatch(/^sample_\w+ [blv]\d+: (?<before>.+) -> (?!\k<before>$).+$/);
      subjects.add(text.slice(0, text.indexOf(':')));
    }
    expect([...subjects].toSorted()).toEqual([
      'sample_categorical v14',
      'sample_categorical v16',
      'sample_compute_location b0',
      'sample_imperfect_tile l3',
      'sample_perfect_tile l2',
    ]);
  });
});
