import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fittingFactors,
  nearestFactor,
} from '../../../../shared/schedule/primitives/sample-imperfect-tile.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import {
  applyTrace,
  simplified,
  traceFromJson,
  traceToJson,
  traceToText,
} from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { expectRefused, expectSound } from '../harness.js';
import { program, vectorAdd } from '../programs.js';

const extents = fc.integer({ min: 1, max: 100 });
const candidates = fc.uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

/** The tile drawn for a vector of `n` elements. */
function tileOf(
  n: number,
  sizes: readonly number[],
  options: { weights?: readonly number[]; decision?: readonly number[]; seed?: number } = {},
): [number, number] {
  const { seed = 0, ...rest } = options;
  const sch = createSchedule(vectorAdd(n), { seed });
  const [i] = sch.getLoops('C', 1);
  const [outer, inner] = sch.sampleImperfectTile(i, sizes, rest);
  return [sch.get(outer), sch.get(inner)];
}

describe('fittingFactors and nearestFactor', () => {
  it('leave out what is larger than the extent, or take the extent for want of anything smaller', () => {
    expect(fittingFactors(6, [1, 2, 4, 6, 8])).toEqual([1, 2, 4, 6]);
    expect(fittingFactors(3, [4, 8])).toEqual([3]);
  });

  it('go by ratio, and down when in doubt', () => {
    expect(nearestFactor([1, 2, 4, 8], 3)).toBe(4);
    expect(nearestFactor([8, 2], 4)).toBe(2);
    expect(nearestFactor([1, 3, 6], 100)).toBe(6);
  });
});

describe('sample_imperfect_tile', () => {
  it('draws a fitting candidate and covers the extent', () => {
    fc.assert(
      fc.property(extents, candidates, fc.integer(), (n, sizes, seed) => {
        const [outer, inner] = tileOf(n, sizes, { seed });
        expect(fittingFactors(n, sizes)).toContain(inner);
        expect(outer).toBe(Math.ceil(n / inner));
      }),
    );
  });

  it('reaches all fitting candidates equally often, or as often as their weights say', () => {
    const count = (weights: readonly number[]): number[] => {
      const sch = createSchedule(vectorAdd(7), { seed: 3 });
      const [i] = sch.getLoops('C', 1);
      const inner = Array.from({ length: 3000 }, () =>
        sch.get(sch.sampleImperfectTile(i, [2, 3, 5, 8], { weights })[1]),
      );
      return [2, 3, 5, 8].map((size) => inner.filter((drawn) => drawn === size).length / 3000);
    };
    const expectNear = (found: readonly number[], wanted: readonly number[]): void =>
      found.forEach((share, i) => expect(Math.abs(share - at(wanted, i))).toBeLessThan(0.04));
    expectNear(count([]), [1 / 3, 1 / 3, 1 / 3, 0]);
    expectNear(count([3, 1, 0, 5]), [0.75, 0.25, 0, 0]);
    expectNear(count([0, 0, 0, 1]), [1 / 3, 1 / 3, 1 / 3, 0]);
  });

  it('gives factors to split by, records them, and leaves the program alone', () => {
    const original = vectorAdd(13);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 1);
    const { state } = sch;
    const factors = sch.sampleImperfectTile(i, [3, 5], { weights: [1, 2], decision: [3, 5] });
    expect(sch.state).toBe(state);
    expect([...sch.trace.decisions.values()]).toEqual([[3, 5]]);
    sch.split(i, factors);
    const [insts, decisions] = traceToJson(sch.trace);
    expect(insts[2]).toEqual([
      'SampleImperfectTile',
      ['l1'],
      [
        [3, 5],
        [1, 2],
      ],
      ['v2', 'v3'],
    ]);
    expect(decisions).toEqual([[2, [3, 5]]]);
    expect(traceToText(sch.trace)).toContain(
      'v2, v3 = sch.sample_imperfect_tile(loop=l1, candidates=[3, 5], weights=[1, 2], decision=[3, 5])',
    );
    expectSound(original, sch);
  });

  it('mends a decision: the nearest candidate, and an outer factor that covers', () => {
    expect(tileOf(100, [4, 6, 8], { decision: [1, 6] })).toEqual([17, 6]);
    expect(tileOf(100, [4, 6, 8], { decision: [7, 16] })).toEqual([13, 8]);
    expect(tileOf(5, [2, 4, 6], { decision: [17, 6] })).toEqual([2, 4]);
    expect(tileOf(3, [4, 6], { decision: [17, 6] })).toEqual([1, 3]);
  });

  it('keeps what fits when a trace is applied to another shape, and records what it took', () => {
    const sch = createSchedule(vectorAdd(100));
    const [i] = sch.getLoops('C', 1);
    sch.split(i, sch.sampleImperfectTile(i, [2, 6, 8], { decision: [17, 6] }));
    const trace = traceFromJson(JSON.parse(JSON.stringify(traceToJson(sch.trace))));
    for (const [n, tile] of [
      [50, [9, 6]],
      [7, [2, 6]],
      [5, [3, 2]],
    ] as const) {
      const replayed = applyTrace(vectorAdd(n), trace, { verify: true });
      expect([...replayed.trace.decisions.values()]).toEqual([tile]);
      expectSound(vectorAdd(n), replayed);
    }
  });

  it('draws anew when a replay asks for it, and is dropped when nobody uses it', () => {
    const sch = createSchedule(vectorAdd(64));
    const [i] = sch.getLoops('C', 1);
    sch.sampleImperfectTile(i, [1, 2, 3, 4, 5], { decision: [64, 1] });
    const redrawn = Array.from({ length: 40 }, (_, seed) => {
      const { decisions } = applyTrace(vectorAdd(64), sch.trace, { seed, decide: () => null }).trace;
      return String([...decisions.values()]);
    });
    expect(new Set(redrawn).size).toBe(5);
    expect(simplified(sch.trace, { removePostproc: false }).insts).toEqual([]);
  });

  it('leaves the outer factor of a loop of unknown extent to be inferred', () => {
    const original = program(
      'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")',
      `
    for i in range(8):
        for j in range(i + 1):
            with T.block("C"):
                vi, vj = T.axis.remap("SS", [i, j])
                C[vi, vj] = A[vi, vj]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [, j] = sch.getLoops('C', 2);
    sch.split(j, sch.sampleImperfectTile(j, [3, 5]));
    expect([...sch.trace.decisions.values()]).toEqual([[-1, expect.any(Number)]]);
    expectSound(original, sch);
  });

  it('refuses candidates, weights and decisions that make no sense', () => {
    const sch = createSchedule(vectorAdd(8));
    const [i] = sch.getLoops('C', 1);
    for (const sizes of [[], [0], [-2], [1.5], [2, 2]])
      expectRefused(sch, 'BAD_ARGUMENT', () => sch.sampleImperfectTile(i, sizes));
    for (const weights of [[1], [0, 0], [-1, 2], [NaN, 1], [Infinity, 1]])
      expectRefused(sch, 'BAD_ARGUMENT', () => sch.sampleImperfectTile(i, [2, 4], { weights }));
    for (const decision of [[], [2], [4, 2, 1], [4, 0], [4, 1.5]])
      expectRefused(sch, 'BAD_DECISION', () => sch.sampleImperfectTile(i, [2, 4], { decision }));
    const [i0] = sch.split(i, [2, 4]);
    expectRefused(sch, 'UNKNOWN_LOOP', () => sch.sampleImperfectTile(i, [2]));
    sch.sampleImperfectTile(i0, [2]);
  });
});
