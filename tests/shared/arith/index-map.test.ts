import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  indexMap,
  isIndexMap,
  layoutChange,
  mapIndices,
  type IndexMap,
} from '../../../shared/arith/index-map.js';
import { add, floordiv, floormod, int, mul, sub, variable } from '../../../shared/ir/build.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import { substitute } from '../../../shared/ir/visit.js';
import { printExpr } from '../../../shared/script/print.js';
import { at } from '../../../shared/support/errors.js';

/** Shape, rounded old shape and inverse of a change, as text. */
function changeOf(map: IndexMap, shape: readonly number[]): unknown {
  const change = layoutChange(map, shape);
  if (change === null) return null;
  const indices = change.shape.map((_, d) => variable(`n${d}`));
  return [change.shape, change.padded, change.inverse(indices).map(printExpr)];
}

function valueOf(e: Expr, values: ReadonlyMap<Var, number>): number {
  const literals = new Map([...values].map(([v, value]) => [v, int(value)]));
  const folded = substitute(e, literals);
  if (folded.kind !== 'IntImm') throw new Error(`${printExpr(e)} is no number`);
  return folded.value;
}

/** All index lists of a shape. */
function elementsOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (lists, extent) => lists.flatMap((list) => Array.from({ length: extent }, (_, i) => [...list, i])),
    [[]],
  );
}

describe('layoutChange', () => {
  it('gives the new shape and the way back', () => {
    const tiled = indexMap((i, j) => [floordiv(i, 16), floordiv(j, 16), floormod(i, 16), floormod(j, 16)]);
    expect(changeOf(tiled, [128, 128])).toEqual([
      [8, 8, 16, 16],
      [128, 128],
      ['n0 * 16 + n2', 'n1 * 16 + n3'],
    ]);
    expect(
      changeOf(
        indexMap((i, j) => [j, i]),
        [3, 7],
      ),
    ).toEqual([
      [7, 3],
      [3, 7],
      ['n1', 'n0'],
    ]);
    expect(
      changeOf(
        indexMap((i, j) => [add(mul(i, 7), j)]),
        [3, 7],
      ),
    ).toEqual([[21], [3, 7], ['n0 // 7', 'n0 % 7']]);
    const recut = indexMap((i, j) => [floordiv(add(mul(i, 8), j), 4), floormod(add(mul(i, 8), j), 4)]);
    expect(changeOf(recut, [3, 8])).toEqual([
      [6, 4],
      [3, 8],
      ['n0 // 2', 'n1 + n0 % 2 * 4'],
    ]);
  });

  it('rounds extents up to what the divisors divide', () => {
    const map = indexMap((i, j) => [floordiv(i, 8), j, floormod(floordiv(i, 2), 4), floormod(i, 2)]);
    expect(changeOf(map, [13, 3])).toEqual([
      [2, 3, 4, 2],
      [16, 3],
      ['n0 * 8 + n3 + n2 * 2', 'n1'],
    ]);
  });

  it('refuses what is no rearrangement', () => {
    expect(
      changeOf(
        indexMap((i, j) => [add(i, j)]),
        [3, 8],
      ),
    ).toBeNull();
    expect(
      changeOf(
        indexMap((i, _j) => [i]),
        [3, 8],
      ),
    ).toBeNull();
    expect(
      changeOf(
        indexMap((i) => [sub(13, i)]),
        [14],
      ),
    ).toBeNull();
    expect(
      changeOf(
        indexMap((i) => [mul(i, 2)]),
        [14],
      ),
    ).toBeNull();
    expect(
      changeOf(
        indexMap((i) => [floordiv(i, 2), floormod(i, 4)]),
        [16],
      ),
    ).toBeNull();
    expect(
      changeOf(
        indexMap((i) => [add(i, variable('x'))]),
        [14],
      ),
    ).toBeNull();
    expect(
      changeOf(
        indexMap((i) => [i]),
        [14, 2],
      ),
    ).toBeNull();
  });

  it('is a bijection of the rounded shape, with the inverse that it gives', () => {
    const tile = fc.integer({ min: 1, max: 4 });
    const size = fc.integer({ min: 1, max: 9 });
    const maps = fc.constantFrom<((s: number, t: number, m: number) => IndexMap)[]>(
      (s, t) => indexMap((i, j) => [floordiv(i, s), floordiv(j, t), floormod(j, t), floormod(i, s)]),
      (s, t) => indexMap((i, j) => [floordiv(i, s * t), j, floormod(i, t), floormod(floordiv(i, t), s)]),
      (s, _t, m) => indexMap((i, j) => [floormod(i, s), add(mul(floordiv(i, s), m), j)]),
      (s, _t, m) => indexMap((i, j) => [floordiv(add(mul(i, m), j), s), floormod(add(mul(i, m), j), s)]),
    );
    fc.assert(
      fc.property(maps, tile, tile, size, size, (make, s, t, n, m) => {
        const map = make(s, t, m);
        const change = layoutChange(map, [n, m]);
        if (change === null) return; // fused indices that a divisor does not divide
        const indices = change.shape.map((_, d) => variable(`n${d}`));
        const inverse = change.inverse(indices);
        const places = elementsOf(change.padded).map((element) => {
          const place = mapIndices(
            map,
            element.map((i) => int(i)),
            new Map(),
          ).map((e) => valueOf(e, new Map()));
          place.forEach((p, d) => expect(p).toBeLessThan(at(change.shape, d)));
          const values = new Map(indices.map((v, d) => [v, at(place, d)]));
          expect(inverse.map((e) => valueOf(e, values))).toEqual(element);
          return place.join();
        });
        expect(new Set(places).size).toBe(elementsOf(change.shape).length);
      }),
    );
  });
});

describe('isIndexMap', () => {
  it('tells maps from objects that look like one', () => {
    const map = indexMap((i) => [i]);
    expect(isIndexMap(map)).toBe(true);
    expect(isIndexMap({ inputs: map.inputs, outputs: map.outputs })).toBe(false);
  });
});
