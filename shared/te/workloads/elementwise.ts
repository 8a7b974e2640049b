/** @file Workloads that compute each element from its neighbours at most. */
import { add as plus, load } from '../../ir/build.js';
import { createPrimFunc } from '../create-prim-func.js';
import { add, gelu, relu } from '../operators/elementwise.js';
import { compute, placeholder } from '../tensor.js';
import { extent, workload } from './workload.js';

export const vecadd = workload({
  name: 'vecadd',
  summary: 'C[n] = A[n] + B[n]',
  params: { n: extent(128, 'elements') },
  build: ({ n }) => {
    const [a, b] = [placeholder([n], { name: 'A' }), placeholder([n], { name: 'B' })];
    return createPrimFunc('vecadd', [a, b, add(a, b, 'C')]);
  },
  flops: ({ n }) => n,
});

export const addMatrices = workload({
  name: 'add',
  summary: 'T_add[m, n] = A[m, n] + B[m, n]',
  params: { m: extent(512, 'rows'), n: extent(512, 'columns') },
  build: ({ m, n }) => {
    const [a, b] = [placeholder([m, n], { name: 'A' }), placeholder([m, n], { name: 'B' })];
    return createPrimFunc('add', [a, b, add(a, b)]);
  },
  flops: ({ m, n }) => m * n,
});

export const reluMatrix = workload({
  name: 'relu',
  summary: 'relu[m, n] = max(X[m, n], 0)',
  params: { m: extent(1, 'rows'), n: extent(128, 'columns') },
  build: ({ m, n }) => {
    const x = placeholder([m, n], { name: 'X' });
    return createPrimFunc('relu', [x, relu(x)]);
  },
  flops: ({ m, n }) => m * n,
});

export const geluMatrix = workload({
  name: 'gelu',
  summary: 'gelu[m, n] = X[m, n] * (0.5 + 0.5 * erf(X[m, n] / sqrt(2)))',
  params: { m: extent(512, 'rows'), n: extent(512, 'columns') },
  build: ({ m, n }) => {
    const x = placeholder([m, n], { name: 'X' });
    return createPrimFunc('gelu', [x, gelu(x)]);
  },
  flops: ({ m, n }) => 5 * m * n,
});

export const windowSum = workload({
  name: 'window_sum',
  summary: 'B[n] = A[n] + A[n + 1] + A[n + 2]; A has n + 3 elements, of which the last is not read',
  params: { n: extent(1024, 'elements of the output') },
  build: ({ n }) => {
    const a = placeholder([n + 3], { name: 'A' });
    const b = compute(
      [n],
      (i) => plus(plus(load(a, [i]), load(a, [plus(i, 1)])), load(a, [plus(i, 2)])),
      'B',
    );
    return createPrimFunc('window_sum', [a, b]);
  },
  flops: ({ n }) => 2 * n,
});
