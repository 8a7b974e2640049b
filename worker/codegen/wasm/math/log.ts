/**
 * @file log, log2 and pow. A positive x is written as 2^e * (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2); then
 * log(1 + f) = f - h + s * (h + R) with s = f / (2 + f), h = f^2 / 2 and an even polynomial R of s.
 */
import { at } from '../../../../shared/support/errors.js';
import { LOG2_E } from './constants.js';
import { exp2, horner } from './exp.js';
import type { MathOps, Term } from './ops.js';

interface Split {
  /** The exponent, as a float. */
  readonly e: Term;
  readonly f: Term;
  /** `f^2 / 2`. */
  readonly h: Term;
  /** `log(1 + f) - f + h`. */
  readonly rest: Term;
}

/** Takes a positive finite float apart, normal or not; garbage for others. */
function split(m: MathOps, x: Term): Split {
  const { mantissaBits, exponentBias, magic, magicBits, sqrtHalfBits, mantissaMask, minNormal } = m.format;
  const isTiny = m.keep(m.less(x, m.number(minNormal)));
  const normal = m.select(isTiny, m.mul(x, m.number(2 ** mantissaBits)), x);
  const one = BigInt(exponentBias) << BigInt(mantissaBits);
  const shifted = m.keep(m.bitsAdd(m.toBits(normal), m.bits(one - sqrtHalfBits)));
  const exponent = m.fromBits(m.or(m.shrU(shifted, mantissaBits), m.bits(magicBits)));
  const e = m.sub(
    exponent,
    m.select(isTiny, m.number(magic + exponentBias + mantissaBits), m.number(magic + exponentBias)),
  );
  const mantissa = m.fromBits(m.bitsAdd(m.and(shifted, m.bits(mantissaMask)), m.bits(sqrtHalfBits)));
  const f = m.keep(m.sub(mantissa, m.number(1)));
  const s = m.keep(m.div(f, m.add(m.number(2), f)));
  const z = m.keep(m.mul(s, s));
  const h = m.keep(m.mul(m.mul(m.number(0.5), f), f));
  const rest = m.mul(s, m.add(h, m.mul(z, horner(m, z, m.format.log))));
  return { e: m.keep(e), f, h, rest };
}

/** Gives a logarithm its special values: -infinity at 0, NaN below, infinity and NaN where x is. */
function withSpecials(m: MathOps, x: Term, finite: Term): Term {
  const zero = m.number(0);
  const isUsual = m.both(m.less(zero, x), m.less(x, m.number(Infinity)));
  const unusual = m.select(m.less(x, zero), m.number(NaN), x);
  return m.select(isUsual, finite, m.select(m.equal(x, zero), m.number(-Infinity), unusual));
}

/** Natural logarithm. At most 2 ulp. */
export function log(m: MathOps, x: Term): Term {
  const kept = m.keep(x);
  const { e, f, h, rest } = split(m, kept);
  const [high, low] = m.format.ln2;
  const correction = m.sub(h, m.add(rest, m.mul(e, m.number(low))));
  return withSpecials(m, kept, m.sub(m.mul(e, m.number(high)), m.sub(correction, f)));
}

/** Logarithm to base 2. At most 3 ulp, exact for powers of two. */
export function log2(m: MathOps, x: Term): Term {
  const kept = m.keep(x);
  const { e, f, h, rest } = split(m, kept);
  const natural = m.sub(f, m.sub(h, rest));
  return withSpecials(m, kept, m.add(e, m.mul(natural, m.number(LOG2_E))));
}

/**
 * x^y with the special values of JavaScript's Math.pow. In float32 at most 1 ulp, because it is computed in float64;
 * there the relative error grows with the logarithm of the result: 2^-52 * (2 + |y * log2(x)|).
 */
export function pow(m: MathOps, x: Term, y: Term): Term {
  const { double } = m;
  if (double === null) return powDouble(m, m.keep(x), m.keep(y));
  const bases = double.widen(m.keep(x));
  const exponents = double.widen(m.keep(y));
  const wide = double.ops;
  const powers = bases.map((base, n) =>
    wide.keep(powDouble(wide, wide.keep(base), wide.keep(at(exponents, n)))),
  );
  return double.narrow(powers);
}

function powDouble(m: MathOps, x: Term, y: Term): Term {
  const zero = m.number(0);
  const magnitude = m.keep(m.abs(x));
  const exponent = m.mul(y, m.keep(log2(m, magnitude)));
  const power = m.keep(exp2(m, m.keep(exponent)));
  const isFractional = m.keep(m.unequal(m.nearest(y), y));
  const half = m.keep(m.mul(y, m.number(0.5)));
  // An odd integer is one whose half is not an integer. Infinite and huge y are even.
  const flips = m.select(
    isFractional,
    m.bits(0n),
    m.select(m.unequal(m.nearest(half), half), m.bits(-1n), m.bits(0n)),
  );
  const sign = m.and(m.and(m.toBits(x), m.bits(m.format.signBit)), flips);
  const signed = m.fromBits(m.xor(m.toBits(power), sign));
  const isNegative = m.both(m.less(x, zero), m.less(magnitude, m.number(Infinity)));
  const real = m.select(m.both(isNegative, isFractional), m.number(NaN), signed);
  return m.select(m.equal(y, zero), m.number(1), real);
}
