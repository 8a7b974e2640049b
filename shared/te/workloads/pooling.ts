/** @file Pooling of images. */
import type { PrimFunc } from '../../ir/prim-func.js';
import { createPrimFunc } from '../create-prim-func.js';
import { avgPool2dNchw, maxPool2dNchw, type PoolOptions } from '../operators/pooling.js';
import { windowCount } from '../operators/window.js';
import { placeholder, type Tensor } from '../tensor.js';
import { extent, kernelSize, paddingOf, strideOf, workload } from './workload.js';

const POOL_PARAMS = {
  n: extent(1, 'images'),
  c: extent(64, 'channels'),
  h: extent(56, 'height'),
  w: extent(56, 'width'),
  k: kernelSize(2),
  s: strideOf(2),
  p: paddingOf(0),
};

type PoolParams = { readonly [P in keyof typeof POOL_PARAMS]: number };

function poolFunc(
  name: string,
  pool: (x: Tensor, options: PoolOptions) => Tensor,
  { n, c, h, w, k, s, p }: PoolParams,
): PrimFunc {
  const x = placeholder([n, c, h, w], { name: 'X' });
  return createPrimFunc(name, [x, pool(x, { kernel: k, stride: s, padding: p })]);
}

function outputs({ n, c, h, w, k, s, p }: PoolParams): number {
  const window = { kernel: k, stride: s, padding: p, dilation: 1 };
  return n * c * windowCount('h', h, window) * windowCount('w', w, window);
}

export const maxPool2d = workload({
  name: 'max_pool2d_nchw',
  summary: 'pool_max[n, c, h, w]: the largest element of each k x k window of X[n, c, h, w]',
  params: POOL_PARAMS,
  build: (params) => poolFunc('max_pool2d_nchw', maxPool2dNchw, params),
  flops: (params) => outputs(params) * params.k ** 2,
});

export const avgPool2d = workload({
  name: 'avg_pool2d_nchw',
  summary: 'pool_avg[n, c, h, w]: the mean of each k x k window of X[n, c, h, w], padding counted as zeros',
  params: POOL_PARAMS,
  build: (params) => poolFunc('avg_pool2d_nchw', avgPool2dNchw, params),
  flops: (params) => outputs(params) * (params.k ** 2 + 1),
});
