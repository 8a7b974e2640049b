/** @file Depthwise, transposed and capsule convolutions. Defaults are layers of well-known networks. */
import { createPrimFunc } from '../create-prim-func.js';
import { depthwiseConv2dNhwc, windowAlong } from '../operators/convolution.js';
import { conv2dCapsuleNhwijc, conv2dTransposeNhwc } from '../operators/special-convolution.js';
import { windowCount } from '../operators/window.js';
import { placeholder } from '../tensor.js';
import { dilationOf, extent, kernelSize, paddingOf, strideOf, workload } from './workload.js';

export const depthwiseConv2d = workload({
  name: 'depthwise_conv2d_nhwc',
  summary:
    'depth_conv2d_nhwc[n, h, w, c]: convolution of each channel of inputs[n, h, w, c] with weight[k, k, c]',
  params: {
    n: extent(1, 'images'),
    h: extent(112, 'height'),
    w: extent(112, 'width'),
    c: extent(32, 'channels'),
    k: kernelSize(3),
    s: strideOf(1),
    p: paddingOf(1),
    d: dilationOf(1),
  },
  build: ({ n, h, w, c, k, s, p, d }) => {
    const inputs = placeholder([n, h, w, c], { name: 'inputs' });
    const weight = placeholder([k, k, c], { name: 'weight' });
    const output = depthwiseConv2dNhwc(inputs, weight, { stride: s, padding: p, dilation: d });
    return createPrimFunc('depthwise_conv2d_nhwc', [inputs, weight, output]);
  },
  flops: ({ n, h, w, c, k, s, p, d }) => {
    const window = windowAlong(k, { stride: s, padding: p, dilation: d });
    return 2 * n * windowCount('h', h, window) * windowCount('w', w, window) * c * k * k;
  },
});

export const conv2dTranspose = workload({
  name: 'conv2d_transpose_nhwc',
  summary:
    'conv2d_transpose_nhwc[n, (h - 1) * s + k - 2 * p, ..., co]: transposed convolution of inputs[n, h, w, ci] ' +
    'with weight[k, k, ci, co]',
  params: {
    n: extent(1, 'images'),
    h: extent(8, 'height'),
    w: extent(8, 'width'),
    ci: extent(256, 'input channels'),
    co: extent(128, 'output channels'),
    k: kernelSize(4),
    s: strideOf(2),
    p: paddingOf(1),
  },
  build: ({ n, h, w, ci, co, k, s, p }) => {
    const inputs = placeholder([n, h, w, ci], { name: 'inputs' });
    const weight = placeholder([k, k, ci, co], { name: 'weight' });
    const output = conv2dTransposeNhwc(inputs, weight, { stride: s, padding: p });
    return createPrimFunc('conv2d_transpose_nhwc', [inputs, weight, output]);
  },
  // The products with the zeros between the elements count: the program as written computes them.
  flops: ({ n, h, w, ci, co, k, s, p }) => {
    const extentOf = (size: number): number => (size - 1) * s + k - 2 * p;
    return 2 * n * extentOf(h) * extentOf(w) * co * k * k * ci;
  },
});

export const conv2dCapsule = workload({
  name: 'conv2d_capsule_nhwijc',
  summary:
    'conv2d_capsule_nhwijc[n, h, w, cap, cap, co]: convolution of inputs[n, h, w, cap, cap, ci] with ' +
    'weight[k, k, cap, cap, ci, co], multiplying cap x cap matrices',
  params: {
    n: extent(1, 'images'),
    h: extent(16, 'height'),
    w: extent(16, 'width'),
    ci: extent(32, 'input channels'),
    co: extent(32, 'output channels'),
    k: kernelSize(3),
    s: strideOf(2),
    p: paddingOf(1),
    cap: extent(4, 'rows and columns of a capsule'),
  },
  build: ({ n, h, w, ci, co, k, s, p, cap }) => {
    const inputs = placeholder([n, h, w, cap, cap, ci], { name: 'inputs' });
    const weight = placeholder([k, k, cap, cap, ci, co], { name: 'weight' });
    const output = conv2dCapsuleNhwijc(inputs, weight, { stride: s, padding: p });
    return createPrimFunc('conv2d_capsule_nhwijc', [inputs, weight, output]);
  },
  flops: ({ n, h, w, ci, co, k, s, p, cap }) => {
    const window = windowAlong(k, { stride: s, padding: p });
    const capsules = n * windowCount('h', h, window) * windowCount('w', w, window) * co;
    return 2 * capsules * k * k * ci * cap ** 3;
  },
});
