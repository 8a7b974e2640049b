import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAffineBinding, isOneToOne } from '../../../shared/arith/iter-map.js';
import { add, floordiv, floormod, mul, variable } from '../../../shared/ir/build.js';
import { EMPTY, forLoop } from '../../../shared/ir/build-stmt.js';
import type { Expr } from '../../../shared/ir/expr.js';
import type { For } from '../../../shared/ir/stmt.js';
import { at } from '../../../shared/support/errors.js';

/** A value as a function of the loop variables' values, beside its expression. */
interface Value {
  readonly expr: Expr;
  readonly of: (loops: readonly number[]) => number;
}

function loopsOf(extents: readonly number[]): For[] {
  return extents.map((extent, i) => forLoop(variable(`l${i}`), extent, EMPTY));
}

/** Every combination of values of loops with these extents. */
function iterations(extents: readonly number[]): number[][] {
  return extents.reduce<number[][]>(
    (prefixes, extent) =>
      prefixes.flatMap((prefix) => Array.from({ length: extent }, (_, i) => [...prefix, i])),
    [[]],
  );
}

/** Joins of digits and cuts of joins, with constants that mostly, but not always, are those of real splits and fusions. */
function valueOf(loops: readonly For[], extents: readonly number[]): fc.Arbitrary<Value> {
  const constant = fc.constantFrom(1, 2, 2, 3, 4, 6, ...extents);
  const loop = fc
    .nat({ max: loops.length - 1 })
    .map((i): Value => ({ expr: at(loops, i).loopVar, of: (values) => at(values, i) }));
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      { weight: 2, arbitrary: loop },
      {
        weight: 2,
        arbitrary: fc.tuple(tie('value'), constant, tie('value')).map(([a, c, b]): Value => ({
          expr: add(mul(a.expr, c), b.expr),
          of: (v) => a.of(v) * c + b.of(v),
        })),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie('value'), constant)
          .map(([a, c]): Value => ({ expr: floordiv(a.expr, c), of: (v) => Math.floor(a.of(v) / c) })),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie('value'), constant)
          .map(([a, c]): Value => ({ expr: floormod(a.expr, c), of: (v) => a.of(v) % c })),
      },
    ),
  }));
  return value;
}

const binding = fc.array(fc.constantFrom(1, 2, 3, 4, 6), { minLength: 1, maxLength: 4 }).chain((extents) => {
  const loops = loopsOf(extents);
  return fc.record({
    extents: fc.constant(extents),
    loops: fc.constant(loops),
    values: fc.array(valueOf(loops, extents), { minLength: 1, maxLength: 3 }),
  });
});

const countDistinct = (items: readonly unknown[]): number => new Set(items.map(String)).size;

describe('isAffineBinding', () => {
  it('accepts only values that are independent: each combination of theirs occurs, equally often', () => {
    let accepted = 0;
    fc.assert(
      fc.property(binding, ({ extents, loops, values }) => {
        if (
          !isAffineBinding(
            values.map((v) => v.expr),
            loops,
          )
        )
          return;
        accepted++;
        const all = iterations(extents);
        const results = all.map((iteration) => values.map((v) => v.of(iteration)));
        const combinations = values.reduce(
          (product, v) => product * countDistinct(all.map((iteration) => v.of(iteration))),
          1,
        );
        const times = new Map<string, number>();
        for (const result of results) times.set(String(result), (times.get(String(result)) ?? 0) + 1);
        expect(times.size).toBe(combinations);
        expect(countDistinct([...times.values()])).toBe(1);
      }),
      { numRuns: 2000 },
    );
    expect(accepted).toBeGreaterThan(300);
  });

  it('wants digits of one radix', () => {
    const i = variable('i');
    const loops = [forLoop(i, 6, EMPTY)];
    expect(isAffineBinding([floormod(i, 2), floordiv(i, 2)], loops)).toBe(true);
    expect(isAffineBinding([floormod(i, 3), floordiv(i, 3)], loops)).toBe(true);
    expect(isAffineBinding([floormod(i, 2), floordiv(i, 3)], loops)).toBe(false);
    expect(isAffineBinding([floormod(i, 3), floordiv(i, 2)], loops)).toBe(false);
  });
});

describe('isOneToOne', () => {
  it('never says yes when the loops, or the inner ones of them, give the same values twice', () => {
    let yes = 0;
    fc.assert(
      fc.property(binding, fc.nat({ max: 3 }), ({ extents, loops, values }, cut) => {
        const from = Math.min(cut, loops.length - 1);
        if (
          !isOneToOne(
            values.map((v) => v.expr),
            loops,
            from,
          )
        )
          return;
        yes++;
        for (const outer of iterations(extents.slice(0, from))) {
          const inner = iterations(extents.slice(from)).map((rest) => [...outer, ...rest]);
          const distinct = countDistinct(inner.map((iteration) => values.map((v) => v.of(iteration))));
          expect(distinct).toBe(inner.length);
        }
      }),
      { numRuns: 2000 },
    );
    expect(yes).toBeGreaterThan(100);
  });

  it('wants a loop of unknown length as a digit of its own', () => {
    const [i, j, k] = [variable('i'), variable('j'), variable('k')];
    const loops = [forLoop(i, 4, EMPTY), forLoop(j, add(i, 1), EMPTY), forLoop(k, 4, EMPTY)];
    expect(isOneToOne([i, j, k], loops, 0)).toBe(true);
    expect(isOneToOne([j, k], loops, 1)).toBe(true);
    expect(isOneToOne([j, k], loops, 0)).toBe(false);
    expect(isOneToOne([i, k], loops, 0)).toBe(false);
    expect(isOneToOne([i, floormod(j, 4)], loops, 0)).toBe(false);
    expect(isOneToOne([i, floordiv(j, 2), k], loops, 0)).toBe(false);
  });
});
