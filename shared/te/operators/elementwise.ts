/** @file Operators on tensors element by element, of any rank. */
import { add as plus, call, float, literal, load, max as maximum, mul } from '../../ir/build.js';
import type { Expr } from '../../ir/expr.js';
import { compute, type Tensor } from '../tensor.js';
import { mismatch } from './shapes.js';

/** `f(x[...])` at every element of `x`. */
export function mapElements(x: Tensor, f: (element: Expr) => Expr, name: string): Tensor {
  return compute(x.shape, (...indices) => f(load(x, indices)), name);
}

/**
 * `a + b`, element by element.
 * @throws InputError `SHAPE_MISMATCH` when the shapes differ.
 */
export function add(a: Tensor, b: Tensor, name = 'T_add'): Tensor {
  if (a.shape.length !== b.shape.length || a.shape.some((extent, d) => extent !== b.shape[d])) {
    throw mismatch(name, a, b);
  }
  return compute(a.shape, (...indices) => plus(load(a, indices), load(b, indices)), name);
}

/** `max(x, 0)`. */
export function relu(x: Tensor, name = 'relu'): Tensor {
  return mapElements(x, (element) => maximum(element, literal(0, x.dtype)), name);
}

/** The exact (erf) form of the Gaussian error linear unit: `x * (0.5 + 0.5 * erf(x / sqrt(2)))`, float32. */
export function gelu(x: Tensor, name = 'gelu'): Tensor {
  return mapElements(x, (e) => mul(e, plus(mul(call('erf', [mul(e, float(Math.SQRT1_2))]), 0.5), 0.5)), name);
}
