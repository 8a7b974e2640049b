/**
 * @file exp, exp2, tanh and sigmoid. All write x as `n * log(2) + r` with an integer n and |r| <= log(2)/2, approximate
 * exp(r) by a polynomial and multiply by 2^n.
 */
import { LOG2_E } from './constants.js';
import type { MathOps, Term } from './ops.js';

/** `c[0] + x * (c[1] + x * (...))`, in this order of operations. */
export function horner(m: MathOps, x: Term, coefficients: readonly number[]): Term {
  return coefficients
    .toReversed()
    .map((c) => m.number(c))
    .reduce((sum, c) => m.add(c, m.mul(x, sum)));
}

/** A value with the sign of another; `magnitude` must not be negative. */
export function withSignOf(m: MathOps, magnitude: Term, x: Term): Term {
  const sign = m.and(m.toBits(x), m.bits(m.format.signBit));
  return m.fromBits(m.or(m.toBits(magnitude), sign));
}

interface Reduced {
  /** Bits that end in `n + bias`. */
  readonly biased: Term;
  readonly r: Term;
}

/** Reduces x modulo log(2). The bias must keep `n + bias` from becoming negative. */
function reduce(m: MathOps, x: Term, bias: number): Reduced {
  const { magic, ln2 } = m.format;
  const shifter = m.number(magic + bias);
  const rounded = m.keep(m.add(m.mul(x, m.number(LOG2_E)), shifter));
  const n = m.keep(m.sub(rounded, shifter));
  const r = m.sub(m.sub(x, m.mul(n, m.number(ln2[0]))), m.mul(n, m.number(ln2[1])));
  return { biased: m.toBits(rounded), r: m.keep(r) };
}

/** `exp(r) - 1` for a reduced argument. */
function expm1Reduced(m: MathOps, r: Term): Term {
  return m.add(r, m.mul(m.mul(r, r), horner(m, r, m.format.exp)));
}

/**
 * `p * 2^n` for `n - 1` given with the exponent bias. Doubling p keeps the power of two finite up to the largest float;
 * the power is 0 where the result would come close to the subnormals, so these never appear (they are slow).
 */
function scale(m: MathOps, p: Term, biased: Term): Term {
  const kept = m.keep(p);
  return m.mul(m.add(kept, kept), m.fromBits(m.shl(biased, m.format.mantissaBits)));
}

/** `exp(x)` for x not below `expRange`; NaN passes. */
function expAbove(m: MathOps, x: Term): Term {
  const { biased, r } = reduce(m, x, m.format.exponentBias - 1);
  return scale(m, m.add(m.number(1), expm1Reduced(m, r)), biased);
}

/** e^x. At most 2 ulp; results below twice the smallest normal number are 0. */
export function exp(m: MathOps, x: Term): Term {
  const [min, max] = m.format.expRange;
  return expAbove(m, m.keep(m.atLeast(m.atMost(x, max), min)));
}

/** `exp(-|x|)`: as `exp`. */
export function expOfNegative(m: MathOps, magnitude: Term): Term {
  const [min] = m.format.expRange;
  const negative = m.sub(m.number(0), m.atMost(magnitude, -min));
  return expAbove(m, m.keep(negative));
}

/** 2^x. At most 2 ulp, exact for integers; results below twice the smallest normal number are 0. */
export function exp2(m: MathOps, x: Term): Term {
  const { exp2Range, magic, exponentBias } = m.format;
  const clamped = m.keep(m.atLeast(m.atMost(x, exp2Range[1]), exp2Range[0]));
  const shifter = m.number(magic + exponentBias - 1);
  const rounded = m.keep(m.add(clamped, shifter));
  const r = m.keep(m.sub(clamped, m.sub(rounded, shifter)));
  const p = m.add(m.number(1), m.mul(r, horner(m, r, m.format.exp2)));
  return scale(m, p, m.toBits(rounded));
}

/** tanh(x) = -u / (u + 2) with u = exp(-2|x|) - 1, and the sign of x. At most 3 ulp. */
export function tanh(m: MathOps, x: Term): Term {
  const { tanhMax, exponentBias, mantissaBits } = m.format;
  const kept = m.keep(x);
  const twice = m.keep(m.mul(m.atMost(m.abs(kept), tanhMax), m.number(-2)));
  const { biased, r } = reduce(m, twice, exponentBias);
  const power = m.keep(m.fromBits(m.shl(biased, mantissaBits)));
  const u = m.keep(m.add(m.mul(power, expm1Reduced(m, r)), m.sub(power, m.number(1))));
  const quotient = m.div(m.sub(m.number(0), u), m.add(u, m.number(2)));
  return withSignOf(m, quotient, kept);
}

/** 1 / (1 + exp(-x)), computed from u = exp(-|x|) as 1 / (1 + u) or u / (1 + u). At most 3 ulp. */
export function sigmoid(m: MathOps, x: Term): Term {
  const kept = m.keep(x);
  const u = m.keep(expOfNegative(m, m.abs(kept)));
  const numerator = m.select(m.less(kept, m.number(0)), u, m.number(1));
  return m.div(numerator, m.add(m.number(1), u));
}
