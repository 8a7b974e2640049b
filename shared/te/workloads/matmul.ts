/** @file Matrix products and what is fused with them. */
import { add, load } from '../../ir/build.js';
import { createPrimFunc } from '../create-prim-func.js';
import { relu } from '../operators/elementwise.js';
import { batchMatmul, matmul as product, matmulNt } from '../operators/matmul.js';
import { compute, placeholder } from '../tensor.js';
import { extent, workload } from './workload.js';

const PRODUCT_PARAMS = {
  m: extent(128, 'rows of the result'),
  n: extent(128, 'columns of the result'),
  k: extent(128, 'length of the sums'),
};

export const matmul = workload({
  name: 'matmul',
  summary: 'C[m, n] = sum over k of A[m, k] * B[k, n]',
  params: PRODUCT_PARAMS,
  build: ({ m, n, k }) => {
    const [a, b] = [placeholder([m, k], { name: 'A' }), placeholder([k, n], { name: 'B' })];
    return createPrimFunc('matmul', [a, b, product(a, b)]);
  },
  flops: ({ m, n, k }) => 2 * m * n * k,
});

export const matmulRelu = workload({
  name: 'matmul_relu',
  summary: 'C[m, n] = max(sum over k of A[m, k] * B[k, n], 0)',
  params: PRODUCT_PARAMS,
  build: ({ m, n, k }) => {
    const [a, b] = [placeholder([m, k], { name: 'A' }), placeholder([k, n], { name: 'B' })];
    return createPrimFunc('matmul_relu', [a, b, relu(product(a, b, 'Y'), 'C')]);
  },
  flops: ({ m, n, k }) => 2 * m * n * k + m * n,
});

export const mmNt = workload({
  name: 'mm_nt',
  summary: 'C[m, n] = sum over k of A[m, k] * B[n, k]',
  params: PRODUCT_PARAMS,
  build: ({ m, n, k }) => {
    const [a, b] = [placeholder([m, k], { name: 'A' }), placeholder([n, k], { name: 'B' })];
    return createPrimFunc('mm_nt', [a, b, matmulNt(a, b)]);
  },
  flops: ({ m, n, k }) => 2 * m * n * k,
});

export const linear = workload({
  name: 'linear',
  summary: 'Z[b, o] = sum over i of X[b, i] * W[o, i] + B[o]',
  params: {
    b: extent(1, 'batch'),
    i: extent(784, 'input features'),
    o: extent(128, 'output features'),
  },
  build: ({ b, i, o }) => {
    const x = placeholder([b, i], { name: 'X' });
    const w = placeholder([o, i], { name: 'W' });
    const bias = placeholder([o], { name: 'B' });
    const y = matmulNt(x, w, 'Y');
    const z = compute([b, o], (r, c) => add(load(y, [r, c]), load(bias, [c])), 'Z', ['i', 'j']);
    return createPrimFunc('linear', [x, w, bias, z]);
  },
  flops: ({ b, i, o }) => 2 * b * i * o + b * o,
});

export const batchMatmulWorkload = workload({
  name: 'batch_matmul',
  summary: 'Z[b, m, n] = sum over k of X[b, m, k] * Y[b, k, n]',
  params: { b: extent(1, 'batch'), ...PRODUCT_PARAMS },
  build: ({ b, m, n, k }) => {
    const [x, y] = [placeholder([b, m, k], { name: 'X' }), placeholder([b, k, n], { name: 'Y' })];
    return createPrimFunc('batch_matmul', [x, y, batchMatmul(x, y, 'Z')]);
  },
  flops: ({ b, m, n, k }) => 2 * b * m * n * k,
});

export const transposeBatchMatmul = workload({
  name: 'transpose_batch_matmul',
  summary: 'C[b, h, i, j] = sum over d of query[b, i, h, d] * value[b, j, h, d]: the scores of attention',
  params: {
    b: extent(1, 'batch'),
    l: extent(128, 'length of the sequence: i and j'),
    h: extent(12, 'heads'),
    d: extent(64, 'features per head'),
  },
  build: ({ b, l, h, d }) => {
    const query = placeholder([b, l, h, d], { name: 'query' });
    const value = placeholder([b, l, h, d], { name: 'value' });
    const queryT = compute([b, h, l, d], (n, head, i, f) => load(query, [n, i, head, f]), 'query_T');
    const valueT = compute([b, h, d, l], (n, head, f, j) => load(value, [n, j, head, f]), 'value_T');
    return createPrimFunc('transpose_batch_matmul', [query, value, batchMatmul(queryT, valueT)]);
  },
  flops: ({ b, l, h, d }) => 2 * b * h * l * l * d,
});
