/** @file Mathematical functions that JavaScript's Math lacks, in double precision: the references of the interpreter. */

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
/** From here on the continued fraction converges fast and the series starts to cancel. */
const SERIES_LIMIT = 2;

/** The error function, to about 1e-15. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  return a < SERIES_LIMIT ? erfSeries(x) : Math.sign(x) * (1 - erfcFraction(a));
}

/** Maclaurin series with all terms positive: 2/sqrt(pi) * exp(-x^2) * sum 2^n x^(2n+1) / (2n+1)!! */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-x * x) * sum;
}

/** erfc for positive x: the continued fraction of Abramowitz and Stegun 7.1.14, from its tail inward. */
function erfcFraction(x: number): number {
  let fraction = x;
  for (let n = 120; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** To the nearest integer, ties to the even one. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? (floor === 0 && x < 0 ? -0 : floor) : Math.ceil(x);
  const even = floor % 2 === 0 ? floor : floor + 1;
  return even === 0 && x < 0 ? -0 : even;
}
