import { describe, expect, it } from 'vitest';
import type { Intrinsic } from '../../../../shared/ir/expr.js';
import {
  applyIntrinsic,
  DOUBLE,
  evenly,
  floatsByBits,
  SINGLE,
  ulpAt,
  type Precision,
} from './math-harness.js';

/** Series and continued fraction, good to about 1e-16. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (a > 6 || Number.isNaN(x)) return Math.sign(x);
  if (a > 1) {
    let fraction = 0;
    for (let k = 300; k > 0; k--) fraction = k / 2 / (a + fraction);
    return Math.sign(x) * (1 - Math.exp(-a * a) / Math.sqrt(Math.PI) / (a + fraction));
  }
  let [sum, term] = [a, a];
  for (let n = 1; n < 100; n++) {
    term *= (-a * a) / n;
    sum += term / (2 * n + 1);
  }
  return Object.is(x, -0) ? -0 : (Math.sign(x) * sum * 2) / Math.sqrt(Math.PI);
}

function sigmoid(x: number): number {
  return x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));
}

function roundEven(x: number): number {
  const rounded = Math.round(x);
  const isTie = Math.abs(x - Math.trunc(x)) === 0.5;
  return isTie ? 2 * Math.round(x / 2) : rounded;
}

interface Claim {
  readonly op: Intrinsic;
  readonly exact: (x: number) => number;
  /** Largest error in ulp, for float32 and float64. */
  readonly ulps: readonly [number, number];
  /** Results below this magnitude may be 0. */
  readonly flushes?: boolean;
  /** Arguments beyond this magnitude give NaN, for float32 and float64. */
  readonly domain?: readonly [number, number];
  /** Absolute error that is allowed besides, for float64: near the zeros of a periodic function. */
  readonly absolute?: number;
}

const CLAIMS: readonly Claim[] = [
  { op: 'exp', exact: Math.exp, ulps: [2, 2], flushes: true },
  { op: 'exp2', exact: (x) => 2 ** x, ulps: [2, 2], flushes: true },
  { op: 'log', exact: Math.log, ulps: [2, 2] },
  { op: 'log2', exact: Math.log2, ulps: [3, 3] },
  { op: 'tanh', exact: Math.tanh, ulps: [3, 3] },
  { op: 'sigmoid', exact: sigmoid, ulps: [3, 3], flushes: true },
  { op: 'erf', exact: erf, ulps: [6, 6] },
  { op: 'sin', exact: Math.sin, ulps: [2, 2], domain: [2 ** 26, 2 ** 20], absolute: 2 ** -60 },
  { op: 'cos', exact: Math.cos, ulps: [2, 2], domain: [2 ** 26, 2 ** 20], absolute: 2 ** -60 },
  { op: 'rsqrt', exact: (x) => 1 / Math.sqrt(x), ulps: [2, 2] },
  { op: 'sqrt', exact: Math.sqrt, ulps: [0.5, 0.5] },
  { op: 'abs', exact: Math.abs, ulps: [0, 0] },
  { op: 'ceil', exact: Math.ceil, ulps: [0, 0] },
  { op: 'floor', exact: Math.floor, ulps: [0, 0] },
  { op: 'trunc', exact: Math.trunc, ulps: [0, 0] },
  { op: 'round', exact: roundEven, ulps: [0, 0] },
];

/** Arguments where special things happen. */
const SPECIALS = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  0.5,
  1.5,
  2.5,
  -0.5,
  -2.5,
  88.72,
  88.73,
  88.8,
  -87.3,
  -87.4,
  -90,
  128,
  -126,
  -125,
  709.78,
  709.79,
  -708,
  -710,
  1e-40,
  -1e-40,
  2 ** -149,
  3.4e38,
];

/** The first result that breaks a claim, or the largest error otherwise. */
function worstError(
  claim: Claim,
  precision: Precision,
  args: Float32Array | Float64Array,
  results: Float32Array | Float64Array,
) {
  const isSingle = precision === SINGLE;
  const domain = claim.domain?.[isSingle ? 0 : 1] ?? Infinity;
  const smallest = 2 ** (precision.minExponent + 1);
  let worst = 0;
  for (let n = 0; n < args.length; n++) {
    const [x, y] = [args[n] ?? 0, results[n] ?? 0];
    const exact = Math.abs(x) < domain ? claim.exact(x) : claim.domain === undefined ? claim.exact(x) : NaN;
    const rounded = isSingle ? Math.fround(exact) : exact;
    if (Object.is(y, rounded) || (claim.flushes === true && Object.is(y, 0) && Math.abs(exact) < smallest))
      continue;
    if (!Number.isFinite(rounded) || !Number.isFinite(y) || (y === 0 && rounded === 0)) {
      return `${claim.op}(${x}) is ${y}, not ${rounded}`;
    }
    const error = Math.max(0, Math.abs(y - exact) - (isSingle ? 0 : (claim.absolute ?? 0)));
    worst = Math.max(worst, error / ulpAt(exact, precision));
  }
  return worst;
}

/** Drops what is left over at the front. */
function inFours(values: readonly number[]): readonly number[] {
  return values.slice(values.length % 4);
}

/** The first index where two arrays differ, -1 where they do not. NaNs are equal. */
function firstDifference(a: Float32Array | Float64Array, b: Float32Array | Float64Array): number {
  return a.findIndex((x, n) => !Object.is(x, b[n]));
}

const singles = Float32Array.from(
  inFours([...floatsByBits(4099), ...evenly(-20, 20, 100_000), ...evenly(-1.5, 1.5, 50_000), ...SPECIALS]),
);
const doubles = Float64Array.from(
  inFours([
    ...floatsByBits(65_537),
    ...[1.5, 30, 700, 1e5].flatMap((end) => evenly(-end, end, 50_000)),
    ...SPECIALS,
  ]),
);

describe.each(CLAIMS)('$op', (claim) => {
  it('keeps to its error on float32', () => {
    const results = applyIntrinsic(claim.op, 'f32', singles);
    const worst = worstError(claim, SINGLE, singles, results);
    expect(worst).toBeTypeOf('number');
    expect(worst).toBeLessThanOrEqual(claim.ulps[0]);
  });

  it('keeps to its error on float64', () => {
    const worst = worstError(claim, DOUBLE, doubles, applyIntrinsic(claim.op, 'f64', doubles));
    expect(worst).toBeTypeOf('number');
    expect(worst).toBeLessThanOrEqual(claim.ulps[1]);
  });

  it('gives the same for vectors', () => {
    expect(
      firstDifference(applyIntrinsic(claim.op, 'f32x4', singles), applyIntrinsic(claim.op, 'f32', singles)),
    ).toBe(-1);
    expect(
      firstDifference(applyIntrinsic(claim.op, 'f64x2', doubles), applyIntrinsic(claim.op, 'f64', doubles)),
    ).toBe(-1);
  });
});

describe('pow', () => {
  const bases = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, 1e-3, 7.5, 1e20, -1e20, Infinity, -Infinity, NaN];
  const exponents = [
    0,
    -0,
    1,
    2,
    3,
    -1,
    -2,
    -3,
    0.5,
    -0.5,
    1.5,
    2 ** 24 + 2,
    2 ** 24 - 1,
    1e30,
    Infinity,
    -Infinity,
    NaN,
  ];
  const pairs = bases.flatMap((x) => exponents.map((y) => [x, y] as const));
  const ordinary = evenly(0.01, 30, 200).flatMap((x) => evenly(-20, 20, 200).map((y) => [x, y] as const));
  const column = (n: 0 | 1): readonly number[] => inFours([...pairs, ...ordinary].map((pair) => pair[n]));

  it('is that of JavaScript on float32, to within 1 ulp', () => {
    const [x, y] = [Float32Array.from(column(0)), Float32Array.from(column(1))];
    const results = applyIntrinsic('pow', 'f32', x, y);
    results.forEach((result, n) => {
      const exact = (x[n] ?? 0) ** (y[n] ?? 0);
      const isSame =
        Object.is(result, Math.fround(exact)) || Math.abs(result - exact) <= ulpAt(exact, SINGLE);
      expect(isSame, `${x[n]} ** ${y[n]} is ${result}, not ${exact}`).toBe(true);
    });
    expect(firstDifference(applyIntrinsic('pow', 'f32x4', x, y), results)).toBe(-1);
  });

  it('is that of JavaScript on float64, to an error that grows with the logarithm', () => {
    const [x, y] = [Float64Array.from(column(0)), Float64Array.from(column(1))];
    const results = applyIntrinsic('pow', 'f64', x, y);
    results.forEach((result, n) => {
      const exact = (x[n] ?? 0) ** (y[n] ?? 0);
      const bound = Math.abs(exact) * 2 ** -52 * (2 + Math.abs(Math.log2(Math.abs(exact))));
      const isSame = Object.is(result, exact) || Math.abs(result - exact) <= bound;
      expect(isSame, `${x[n]} ** ${y[n]} is ${result}, not ${exact}`).toBe(true);
    });
    expect(firstDifference(applyIntrinsic('pow', 'f64x2', x, y), results)).toBe(-1);
  });
});
