/** @file Pooling of channels-first images. */
import { add, div, literal, load, mul } from '../../ir/build.js';
import type { Expr } from '../../ir/expr.js';
import { lowest, max, reduceAxis, sum, type ReduceAxis, type Reduction } from '../reduction.js';
import { compute, type Tensor } from '../tensor.js';
import { mapElements } from './elementwise.js';
import { extentsOf } from './shapes.js';
import { pad, padDims, windowCount } from './window.js';

/** A square window without dilation. */
export interface PoolOptions {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
}

interface Pool extends PoolOptions {
  readonly combine: (value: Expr, axes: readonly ReduceAxis[]) => Reduction;
  /** Value of the padding. */
  readonly fill: Expr;
}

/** Combines the elements of each window: [n, c, h, w] to [n, c, h', w']. */
function pool2dNchw(x: Tensor, pool: Pool, name: string): Tensor {
  const [n, c, height, width] = extentsOf(x, 4);
  const { kernel, stride, padding } = pool;
  const window = { kernel, stride, padding, dilation: 1 };
  const h = windowCount(`${name}, axis h`, height, window);
  const w = windowCount(`${name}, axis w`, width, window);
  const padded = pad(x, padDims(4, [2, 3], [padding, padding]), pool.fill, 'pad_temp');
  const [rh, rw] = [reduceAxis(kernel, 'rh'), reduceAxis(kernel, 'rw')];
  return compute(
    [n, c, h, w],
    (image, channel, i, j) =>
      pool.combine(load(padded, [image, channel, add(mul(i, stride), rh), add(mul(j, stride), rw)]), [
        rh,
        rw,
      ]),
    name,
    ['n', 'c', 'h', 'w'],
  );
}

/**
 * The largest element of each window; padding never wins.
 * @throws InputError `BAD_RANK`, `BAD_SHAPE`.
 */
export function maxPool2dNchw(x: Tensor, options: PoolOptions, name = 'pool_max'): Tensor {
  return pool2dNchw(x, { ...options, combine: max, fill: lowest(x.dtype) }, name);
}

/**
 * The mean of each window, in which padding counts as zeros. Float types only.
 * @throws InputError `BAD_RANK`, `BAD_SHAPE`.
 */
export function avgPool2dNchw(x: Tensor, options: PoolOptions, name = 'pool_avg'): Tensor {
  const total = pool2dNchw(x, { ...options, combine: sum, fill: literal(0, x.dtype) }, 'pool_sum');
  return mapElements(total, (e) => div(e, options.kernel * options.kernel), name);
}
