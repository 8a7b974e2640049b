import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import { add, call, cast, div, float, int, load, max, mul, select, ge } from '../../../shared/ir/build.js';
import { primFunc, seq } from '../../../shared/ir/build-stmt.js';
import type { Expr } from '../../../shared/ir/expr.js';
import { exactnessOf, type Exactness } from '../../../worker/measure/exactness.js';
import { computeBlock, elementwise, matmul, matmulStmt } from '../../support/sample-programs.js';

/** `E = (A * B) * D` over squares of side k. */
function chain(k: number): Exactness {
  const [a, b, c] = [buffer('A', [k, k]), buffer('B', [k, k]), buffer('C', [k, k])];
  const [d, e] = [buffer('D', [k, k]), buffer('E', [k, k])];
  const body = seq([matmulStmt('C', a, b, c), matmulStmt('E', c, d, e)]);
  return exactnessOf(primFunc('chain', { params: [a, b, d, e], allocBuffers: [c], body }));
}

/** Whether `C[0] = update(C[0], A[i])` over all i is exact. */
function reduce(extent: number, update: (c: Expr, x: Expr) => Expr, init: number): boolean {
  const [a, c] = [buffer('A', [extent]), buffer('C', [1])];
  const body = computeBlock(
    'C',
    [extent],
    (iters) => ({
      target: c,
      indices: [int(0)],
      value: update(load(c, [0]), load(a, iters)),
      init: float(init),
    }),
    1,
  );
  return exactnessOf(primFunc('reduce', { params: [a, c], body })).exact;
}

describe('exactnessOf', () => {
  it('measures the reduction of a matmul and allows inputs up to 4', () => {
    expect(exactnessOf(matmul(8, 8, 128))).toEqual({ exact: true, magnitude: 4, reduction: 128 });
  });

  it('allows just as large inputs as keep every sum within 2^24', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 25 }), (k) => {
        const { exact, magnitude } = exactnessOf(matmul(2, 2, k));
        const fits = (m: number): boolean => k * m * m <= 2 ** 24;
        expect(exact).toBe(fits(1));
        if (exact) {
          expect(fits(magnitude)).toBe(true);
          expect(magnitude === 4 || !fits(2 * magnitude)).toBe(true);
        }
      }),
    );
  });

  it('follows magnitudes from one block to the next', () => {
    // E is bounded by k^2 * m^3.
    expect(chain(512)).toEqual({ exact: true, magnitude: 4, reduction: 512 });
    expect(chain(1024)).toEqual({ exact: true, magnitude: 2, reduction: 1024 });
    expect(chain(4096)).toEqual({ exact: true, magnitude: 1, reduction: 4096 });
    expect(chain(4097).exact).toBe(false);
  });

  it('takes the products of a reduction into account, and maxima for what they are', () => {
    expect(reduce(12, mul, 1)).toBe(true);
    expect(reduce(100, mul, 1)).toBe(true); // inputs of magnitude 1
    expect(reduce(100, (c, x) => mul(c, mul(x, 3)), 1)).toBe(false);
    expect(reduce(1e6, max, -3.4028234663852886e38)).toBe(true);
    expect(reduce(1e6, max, -Infinity)).toBe(true);
    expect(reduce(1e6, (c, x) => add(c, max(x, 0)), 0)).toBe(true);
    expect(reduce(1e6, (c, x) => add(c, mul(x, 0.5)), 0)).toBe(false);
  });

  it.each<[string, (x: Expr) => Expr, boolean]>([
    ['relu', (x) => max(x, 0), true],
    ['choice', (x) => select(ge(x, 1), mul(x, 3), x), true],
    ['abs', (x) => call('abs', [x]), true],
    ['integer steps', (x) => cast('float32', cast('int32', x)), true],
    ['a fraction', (x) => mul(x, 0.1), false],
    ['exp', (x) => call('exp', [x]), false],
    ['division', (x) => div(x, 3), false],
    ['a large constant', (x) => add(x, 2 ** 24), false],
  ])('decides about %s', (_, f, exact) => {
    expect(exactnessOf(elementwise('f', 16, f)).exact).toBe(exact);
  });

  it('finds integer arithmetic exact however large', () => {
    expect(exactnessOf(matmul(4, 4, 1 << 20, 'int32')).exact).toBe(true);
    expect(exactnessOf(elementwise('f', 16, (x) => mul(x, mul(x, 1e9)), 'int32')).exact).toBe(true);
  });
});
