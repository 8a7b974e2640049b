/** @file Workloads that relate each element to the others of its row or matrix. */
import { createPrimFunc } from '../create-prim-func.js';
import { layerNorm, norm, softmax } from '../operators/normalization.js';
import { placeholder } from '../tensor.js';
import { extent, workload } from './workload.js';

const MATRIX = { m: extent(512, 'rows'), n: extent(512, 'columns') };

/** What is added to a variance before its root is taken, as in most networks. */
const EPSILON = 1e-5;

export const softmaxRows = workload({
  name: 'softmax',
  summary: 'T_softmax_norm[m, n] = exp(A[m, n]) / sum of exp over n',
  params: MATRIX,
  build: ({ m, n }) => {
    const a = placeholder([m, n], { name: 'A' });
    return createPrimFunc('softmax', [a, softmax(a)]);
  },
  // Per element: maximum, difference and exponential, sum, quotient.
  flops: ({ m, n }) => 5 * m * n,
});

export const normBatch = workload({
  name: 'norm',
  summary: 'D[b] = square root of the sum over m and n of A[b, m, n] squared',
  params: { b: extent(1, 'matrices'), m: extent(256, 'rows'), n: extent(256, 'columns') },
  build: ({ b, m, n }) => {
    const a = placeholder([b, m, n], { name: 'A' });
    return createPrimFunc('norm', [a, norm(a)]);
  },
  flops: ({ b, m, n }) => 2 * b * m * n + b,
});

export const layerNormRows = workload({
  name: 'layer_norm',
  summary: 'T_layer_norm[m, n] = (X[m, n] - mean) / sqrt(variance + 1e-5) * gamma[n] + beta[n], by rows',
  params: MATRIX,
  build: ({ m, n }) => {
    const x = placeholder([m, n], { name: 'X' });
    const [gamma, beta] = [placeholder([n], { name: 'gamma' }), placeholder([n], { name: 'beta' })];
    const output = layerNorm(x, { gamma, beta, epsilon: EPSILON });
    return createPrimFunc('layer_norm', [x, gamma, beta, output]);
  },
  // Per element: one sum, square and sum, and the four operations of the last stage; per row: mean and deviation.
  flops: ({ m, n }) => 7 * m * n + 6 * m,
});
