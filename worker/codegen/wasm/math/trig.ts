/**
 * @file sin and cos. x is written as `q * pi/2 + r` with |r| <= pi/4, in float64 for either format; the quadrant q
 * chooses between the polynomials of sine and cosine, and the sign.
 */
import { HALF_PI, TRIG_MAX } from './constants.js';
import { horner } from './exp.js';
import type { MathOps, Term } from './ops.js';

interface Reduced {
  readonly r: Term;
  /** Bits whose lowest two are the quadrant. */
  readonly quadrant: Term;
}

/**
 * Sine. In float32 at most 2 ulp for |x| <= 2^26; in float64 at most 2 ulp or 2^-60, whichever is more, for
 * |x| <= 2^20. NaN beyond.
 */
export function sin(m: MathOps, x: Term): Term {
  const kept = m.keep(x);
  const { r, quadrant } = reduce(m, m.keep(m.abs(kept)));
  return m.fromBits(m.xor(fromQuadrant(m, r, quadrant), m.and(m.toBits(kept), m.bits(m.format.signBit))));
}

/** Cosine, with the errors of `sin`. */
export function cos(m: MathOps, x: Term): Term {
  const { r, quadrant } = reduce(m, m.keep(m.abs(x)));
  return m.fromBits(fromQuadrant(m, r, m.keep(m.bitsAdd(quadrant, m.bits(1n)))));
}

/** The bits of the sine of `quadrant * pi/2 + r`. */
function fromQuadrant(m: MathOps, r: Term, quadrant: Term): Term {
  const { mantissaBits, signBit, sin: sine, cos: cosine } = m.format;
  const z = m.keep(m.mul(r, r));
  const sinR = m.add(r, m.mul(m.mul(r, z), horner(m, z, sine)));
  const cosR = m.add(m.sub(m.number(1), m.mul(z, m.number(0.5))), m.mul(m.mul(z, z), horner(m, z, cosine)));
  const magnitude = m.select(m.isOdd(quadrant), cosR, sinR);
  const topBit = mantissaBits === 23 ? 31 : 63;
  const sign = m.and(m.shl(quadrant, topBit - 1), m.bits(signBit));
  return m.xor(m.toBits(magnitude), sign);
}

/** Reduces an x that is not negative, and kept. */
function reduce(m: MathOps, x: Term): Reduced {
  const { double } = m;
  if (double === null) {
    const { r, rounded } = reduceDouble(m, x, HALF_PI.long);
    return { r: m.keep(within(m, x, r, TRIG_MAX.long)), quadrant: m.keep(m.toBits(rounded)) };
  }
  const parts = double.widen(x).map((part) => reduceDouble(double.ops, double.ops.keep(part), HALF_PI.short));
  const r = double.narrow(parts.map((part) => part.r));
  return {
    r: m.keep(within(m, x, r, TRIG_MAX.short)),
    quadrant: m.keep(double.lowBits(parts.map((part) => part.rounded))),
  };
}

function within(m: MathOps, x: Term, r: Term, max: number): Term {
  return m.select(m.less(x, m.number(max)), r, m.number(NaN));
}

/** `x - n * pi/2` in float64; the low bits of `rounded` are n. */
function reduceDouble(m: MathOps, x: Term, halfPi: readonly number[]): { r: Term; rounded: Term } {
  const shifter = m.number(m.format.magic);
  const rounded = m.keep(m.add(m.mul(x, m.number(2 / Math.PI)), shifter));
  const n = m.keep(m.sub(rounded, shifter));
  const r = halfPi.reduce((rest, part) => m.sub(rest, m.mul(n, m.number(part))), x);
  return { r, rounded };
}
