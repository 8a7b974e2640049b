/** @file Operators that relate each element to the others of its row. */
import { add as plus, call, div, load, mul, sub } from '../../ir/build.js';
import { max, reduceAxis, sum } from '../reduction.js';
import { compute, type Tensor } from '../tensor.js';
import { mapElements } from './elementwise.js';
import { extentsOf } from './shapes.js';

/**
 * `exp(x - max) / sum(exp(x - max))` along the rows of `x` [m, n]. Four stages: maximum, exponential, sum, quotient.
 * @throws InputError `BAD_RANK`.
 */
export function softmax(x: Tensor): Tensor {
  const [m, n] = extentsOf(x, 2);
  const k = reduceAxis(n, 'k');
  const largest = compute([m], (i) => max(load(x, [i, k]), [k]), 'T_softmax_maxelem');
  const exp = compute(
    [m, n],
    (i, j) => call('exp', [sub(load(x, [i, j]), load(largest, [i]))]),
    'T_softmax_exp',
  );
  const total = compute([m], (i) => sum(load(exp, [i, k]), [k]), 'T_softmax_expsum');
  return compute([m, n], (i, j) => div(load(exp, [i, j]), load(total, [i])), 'T_softmax_norm');
}

/**
 * The Frobenius norm of each matrix of `x` [b, m, n], shape [b].
 * @throws InputError `BAD_RANK`.
 */
export function norm(x: Tensor): Tensor {
  const [b, m, n] = extentsOf(x, 3);
  const [i, j] = [reduceAxis(m, 'i'), reduceAxis(n, 'j')];
  const squares = compute([b], (r) => sum(mul(load(x, [r, i, j]), load(x, [r, i, j])), [i, j]), 'C', ['b']);
  return mapElements(squares, (e) => call('sqrt', [e]), 'D');
}

export interface LayerNormOperands {
  /** Scale, [n]. */
  readonly gamma: Tensor;
  /** Offset, [n]. */
  readonly beta: Tensor;
  /** Added to the variance. */
  readonly epsilon: number;
}

/**
 * `(x - mean) / sqrt(variance + epsilon) * gamma + beta` along the rows of `x` [m, n]. The variance is the mean of
 * the squares less the square of the mean, so that one pass over the row is enough for both.
 * @throws InputError `BAD_RANK`.
 */
export function layerNorm(x: Tensor, operands: LayerNormOperands): Tensor {
  const [m, n] = extentsOf(x, 2);
  const { gamma, beta, epsilon } = operands;
  const k = reduceAxis(n, 'k');
  const total = compute([m], (i) => sum(load(x, [i, k]), [k]), 'x_sum');
  const squares = compute([m], (i) => sum(mul(load(x, [i, k]), load(x, [i, k])), [k]), 'x_square_sum');
  const mean = mapElements(total, (e) => div(e, n), 'x_mean');
  const rstd = compute(
    [m],
    (i) => {
      const variance = sub(div(load(squares, [i]), n), mul(load(mean, [i]), load(mean, [i])));
      return call('rsqrt', [plus(variance, epsilon)]);
    },
    'x_rstd',
  );
  return compute(
    [m, n],
    (i, j) => {
      const normalised = mul(sub(load(x, [i, j]), load(mean, [i])), load(rstd, [i]));
      return plus(mul(normalised, load(gamma, [j])), load(beta, [j]));
    },
    'T_layer_norm',
  );
}
