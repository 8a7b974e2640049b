/** @file The error function. */
import { ERF32, ERF64 } from './constants.js';
import { expOfNegative, horner, withSignOf } from './exp.js';
import type { MathOps, Term } from './ops.js';

/** erf(x). At most 6 ulp. */
export function erf(m: MathOps, x: Term): Term {
  return m.double === null ? erfDouble(m, x) : erfSingle(m, x);
}

/** One quotient of polynomials for all x. */
function erfSingle(m: MathOps, x: Term): Term {
  const { max, p, q } = ERF32;
  const clamped = m.keep(m.atLeast(m.atMost(x, max), -max));
  const z = m.keep(m.mul(clamped, clamped));
  return m.div(m.mul(clamped, horner(m, z, p)), horner(m, z, q));
}

/** A polynomial up to 1, and 1 - exp(-x^2) * (another polynomial) from there on. */
function erfDouble(m: MathOps, x: Term): Term {
  const { max, small, large, c } = ERF64;
  const kept = m.keep(x);
  const magnitude = m.keep(m.atMost(m.abs(kept), max));
  const z = m.keep(m.mul(magnitude, magnitude));
  const near = m.mul(magnitude, horner(m, z, small));
  const t = m.keep(m.div(m.sub(magnitude, m.number(c)), m.add(magnitude, m.number(c))));
  const complement = m.mul(m.keep(expOfNegative(m, z)), horner(m, t, large));
  const far = m.sub(m.number(1), complement);
  return withSignOf(m, m.select(m.less(magnitude, m.number(1)), near, far), kept);
}
