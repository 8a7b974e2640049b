/** @file Against values of 60 decimal digits, which are computed here in integers. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { erf, roundHalfEven, sigmoid } from '../../../shared/support/special-functions.js';

const BITS = 220n;
const ONE = 1n << BITS;

/** A double as a fixed-point number, exactly if it is not tiny. */
function fixed(x: number): bigint {
  let [mantissa, exponent] = [x, 0];
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent++;
  }
  return (BigInt(mantissa) << BITS) >> BigInt(exponent);
}

/** The nearest double to the quotient of two fixed-point numbers; 64 bits of the quotient are enough to say. */
function toNumber(x: bigint): number {
  const sign = x < 0n ? -1 : 1;
  const a = x < 0n ? -x : x;
  const excess = Math.max(0, a.toString(2).length - 64);
  return sign * Number(a >> BigInt(excess)) * 2 ** (excess - Number(BITS));
}

/** 2/sqrt(pi) * sum of (-1)^n x^(2n+1) / (n! (2n+1)): cancels, but there are digits enough. */
function exactErf(x: number): number {
  const z = fixed(x);
  const square = (z * z) >> BITS;
  let [power, sum] = [z, z];
  for (let n = 1n; power !== 0n && n < 400n; n++) {
    power = (-power * square) / ONE / n;
    sum += power / (2n * n + 1n);
  }
  return toNumber((sum * TWO_OVER_SQRT_PI) / ONE);
}

/** exp(x) for |x| < 40, by halving the argument until the series is short. */
function exactExp(x: number): bigint {
  const z = fixed(x) >> 10n;
  let [term, sum] = [ONE, ONE];
  for (let n = 1n; term !== 0n && n < 200n; n++) {
    term = (term * z) / ONE / n;
    sum += term;
  }
  for (let i = 0; i < 10; i++) sum = (sum * sum) / ONE;
  return sum;
}

/** 2/sqrt(pi) to 60 decimal digits. */
const TWO_OVER_SQRT_PI = (1128379167095512573896158903121545171688101258657997713688171n * ONE) / 10n ** 60n;

/** The distance in units of the last place of the exact value. */
function ulps(actual: number, exact: number): number {
  const exponent = Math.max(-1022, Math.floor(Math.log2(Math.abs(exact))));
  return Math.abs(actual - exact) / 2 ** (exponent - 52);
}

const within = (bound: number): fc.Arbitrary<number> =>
  fc.double({ min: -bound, max: bound, noNaN: true }).filter((x) => Math.abs(x) > 1e-9);

describe('erf', () => {
  it('is exact to 1e-15, and to 8 units in the last place', () => {
    const check = (x: number): void => {
      const exact = exactErf(x);
      expect(Math.abs(erf(x) - exact), `erf(${x})`).toBeLessThanOrEqual(1e-15);
      expect(ulps(erf(x), exact), `erf(${x})`).toBeLessThanOrEqual(8);
    };
    fc.assert(fc.property(within(6), check), { numRuns: 400 });
    // Where it changes from one formula to the other, and from the second to a constant.
    for (const x of [2 - 2 ** -52, 2, 2 + 2 ** -51, 5.9, 6 - 2 ** -50, 6, 6 + 2 ** -50]) check(x);
  });

  it('has the values of the tables', () => {
    expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 15);
    expect(erf(1)).toBeCloseTo(0.8427007929497149, 15);
    expect(erf(3)).toBeCloseTo(0.9999779095030014, 15);
  });

  it('is odd, monotonous and within -1 and 1', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (x, y) => {
        expect(erf(-x)).toBe(-erf(x));
        expect(Math.abs(erf(x))).toBeLessThanOrEqual(1);
        if (x + 1e-14 < y) expect(erf(x)).toBeLessThanOrEqual(erf(y) + 1e-15);
      }),
    );
  });

  it('keeps zeros, infinities and what is no number', () => {
    expect(erf(0)).toBe(0);
    expect(erf(-0)).toBe(-0);
    expect(erf(Infinity)).toBe(1);
    expect(erf(-Infinity)).toBe(-1);
    expect(erf(NaN)).toBeNaN();
    expect(ulps(erf(Number.MIN_VALUE), Number.MIN_VALUE)).toBeLessThanOrEqual(1);
    expect(ulps(erf(1e-300), 1.1283791670955126e-300)).toBeLessThanOrEqual(2);
  });
});

describe('sigmoid', () => {
  it('is exact to 4 units in the last place', () => {
    fc.assert(
      fc.property(within(36), (x) => {
        const exact = toNumber((ONE * ONE) / (ONE + exactExp(-x)));
        expect(ulps(sigmoid(x), exact), `sigmoid(${x})`).toBeLessThanOrEqual(4);
      }),
      { numRuns: 400 },
    );
  });

  it('goes from 0 to 1 without overflowing', () => {
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(-0)).toBe(0.5);
    expect(sigmoid(-Infinity)).toBe(0);
    expect(sigmoid(Infinity)).toBe(1);
    expect(sigmoid(-1e6)).toBe(0);
    expect(sigmoid(1e6)).toBe(1);
    expect(sigmoid(NaN)).toBeNaN();
  });
});

describe('roundHalfEven', () => {
  it('takes the even one of two integers that are equally near', () => {
    const halves = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 4503599627370495.5];
    expect(halves.map(roundHalfEven)).toEqual([-4, -2, -2, -0, 0, 2, 2, 4, 4503599627370496]);
  });

  it('is off by half at most, keeps the sign, and leaves integers alone', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
        const rounded = roundHalfEven(x);
        expect(Number.isInteger(rounded)).toBe(true);
        expect(Math.abs(rounded - x)).toBeLessThanOrEqual(0.5);
        expect(Object.is(Math.sign(rounded), -0) || Math.sign(rounded) < 0).toBe(x < 0 || Object.is(x, -0));
        expect(roundHalfEven(rounded)).toBe(rounded);
      }),
    );
  });

  it('is not misled by the neighbours of a half', () => {
    for (const [below, above] of [
      [0.49999999999999994, 0.5000000000000001],
      [2.4999999999999996, 2.5000000000000004],
    ] as const) {
      const floor = Math.floor(below);
      expect([below, above].map(roundHalfEven)).toEqual([floor, floor + 1]);
      expect([-below, -above].map(roundHalfEven)).toEqual([-floor, -floor - 1]);
    }
  });

  it('keeps zeros, infinities and what is no number', () => {
    expect([0, -0, Infinity, -Infinity, NaN].map(roundHalfEven)).toEqual([0, -0, Infinity, -Infinity, NaN]);
  });
});
