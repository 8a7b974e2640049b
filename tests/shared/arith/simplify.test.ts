import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundsOf } from '../../../shared/arith/bounds.js';
import { sameExpr } from '../../../shared/arith/same-expr.js';
import {
  linearOf,
  provablyEqual,
  provablyTrue,
  simplifiedBounds,
  simplify,
} from '../../../shared/arith/simplify.js';
import { add, and, floordiv, floormod, ge, ifThenElse, int, lt, mul, sub } from '../../../shared/ir/build.js';
import type { Expr } from '../../../shared/ir/expr.js';
import { at } from '../../../shared/support/errors.js';
import { BOUNDS, condition, index, point, valueAt, VARIABLES } from './random-index.js';

const RUNS = { numRuns: 3000 };
const [i, j, k] = [at(VARIABLES, 0).v, at(VARIABLES, 1).v, at(VARIABLES, 2).v];

describe('simplifying', () => {
  it('keeps the value of every index and condition', () => {
    fc.assert(
      fc.property(fc.oneof(index, condition), point, (e, p) => {
        expect(valueAt(simplify(e, BOUNDS), p)).toBe(valueAt(e, p));
      }),
      RUNS,
    );
  });

  it('has nothing left to do the second time', () => {
    fc.assert(
      fc.property(fc.oneof(index, condition), (e) => {
        const once = simplify(e, BOUNDS);
        expect(simplify(once, BOUNDS)).toBe(once);
      }),
      RUNS,
    );
  });

  it.each<[string, Expr, Expr]>([
    ['a split that is fused again', add(mul(floordiv(i, 4), 4), floormod(i, 4)), i],
    ['digits of a split', add(mul(floordiv(i, 8), 4), floordiv(floormod(i, 8), 2)), floordiv(i, 2)],
    ['terms that cancel', sub(add(i, j), i), j],
    ['a quotient of multiples', floordiv(add(mul(i, 8), mul(j, 4)), 4), add(mul(i, 2), j)],
    ['a remainder below the divisor', floormod(j, 4), j],
    ['a quotient below the divisor', floordiv(j, 4), int(0)],
    ['a quotient of digits', floordiv(add(mul(i, 4), j), 4), i],
    ['a remainder of digits', floormod(add(mul(i, 4), j), 4), j],
    ['a quotient of a quotient', floordiv(floordiv(i, 2), 3), floordiv(i, 6)],
    ['a quotient of high digits', floordiv(add(mul(i, 4), j), 8), floordiv(i, 2)],
    ['a remainder of high digits', floormod(add(mul(i, 4), j), 8), add(mul(floormod(i, 2), 4), j)],
    ['a comparison that ranges decide', ifThenElse(and(ge(i, 0), lt(i, 12)), i, k), i],
  ])('knows %s', (_, e, expected) => {
    expect(sameExpr(simplify(e, BOUNDS), expected)).toBe(true);
  });
});

describe('ranges', () => {
  it('hold every value', () => {
    fc.assert(
      fc.property(index, point, (e, p) => {
        const value = valueAt(e, p);
        for (const range of [boundsOf(e, BOUNDS), simplifiedBounds(e, BOUNDS)]) {
          expect(value).toBeGreaterThanOrEqual(range.min);
          expect(value).toBeLessThanOrEqual(range.max);
        }
      }),
      RUNS,
    );
  });

  it('are exact for sums of variables', () => {
    expect(boundsOf(add(mul(i, 4), sub(j, k)), BOUNDS)).toEqual({ min: -4, max: 52 });
  });
});

describe('proofs', () => {
  it('are never wrong', () => {
    let proven = 0;
    fc.assert(
      fc.property(condition, index, index, point, (c, a, b, p) => {
        if (provablyTrue(c, BOUNDS)) {
          proven++;
          expect(valueAt(c, p)).toBe(1);
        }
        if (provablyEqual(a, b, BOUNDS)) expect(valueAt(a, p)).toBe(valueAt(b, p));
      }),
      RUNS,
    );
    expect(proven).toBeGreaterThan(RUNS.numRuns / 20);
  });

  it('see through other ways to write the same', () => {
    const doubled = add(mul(floordiv(i, 2), 2), floormod(i, 2));
    expect(provablyEqual(doubled, i, BOUNDS)).toBe(true);
    expect(provablyEqual(add(i, j), add(j, i), BOUNDS)).toBe(true);
    expect(provablyEqual(i, j, BOUNDS)).toBe(false);
    expect(linearOf(sub(mul(add(i, j), 3), mul(i, 3)), BOUNDS).terms).toEqual([[j, 3]]);
  });
});
