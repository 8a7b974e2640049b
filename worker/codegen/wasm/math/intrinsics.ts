/** @file The intrinsics of TensorIR on floats, as a table. Their errors are stated where they are defined. */
import type { Intrinsic } from '../../../../shared/ir/expr.js';
import { at } from '../../../../shared/support/errors.js';
import { erf } from './erf.js';
import { exp, exp2, sigmoid, tanh } from './exp.js';
import { log, log2, pow } from './log.js';
import type { MathOps, Term } from './ops.js';
import { cos, sin } from './trig.js';

type Expansion = (m: MathOps, args: readonly Term[]) => Term;

function unary(f: (m: MathOps, x: Term) => Term): Expansion {
  return (m, args) => f(m, at(args, 0));
}

const EXPANSIONS: { readonly [I in Intrinsic]: Expansion } = {
  abs: unary((m, x) => m.abs(x)),
  ceil: unary((m, x) => m.ceil(x)),
  cos: unary(cos),
  erf: unary(erf),
  exp: unary(exp),
  exp2: unary(exp2),
  floor: unary((m, x) => m.floor(x)),
  log: unary(log),
  log2: unary(log2),
  pow: (m, args) => pow(m, at(args, 0), at(args, 1)),
  round: unary((m, x) => m.nearest(x)),
  rsqrt: unary((m, x) => m.div(m.number(1), m.sqrt(x))),
  sigmoid: unary(sigmoid),
  sin: unary(sin),
  sqrt: unary((m, x) => m.sqrt(x)),
  tanh: unary(tanh),
  trunc: unary((m, x) => m.trunc(x)),
};

/** @returns a term for `op(args)`; temps are taken when this is called, so call it inside of a `scope` */
export function intrinsic(m: MathOps, op: Intrinsic, args: readonly Term[]): Term {
  return EXPANSIONS[op](m, args);
}
