/** @file Convolutions with one kernel per pair of channels. Defaults are layers of well-known networks. */
import { add, load, mul } from '../../ir/build.js';
import type { Expr } from '../../ir/expr.js';
import { InputError } from '../../support/errors.js';
import { createPrimFunc } from '../create-prim-func.js';
import { conv2dNchw, convChannelsLast, windowAlong } from '../operators/convolution.js';
import { relu } from '../operators/elementwise.js';
import { windowCount } from '../operators/window.js';
import { compute, placeholder, type Tensor } from '../tensor.js';
import {
  dilationOf,
  extent,
  groupsOf,
  kernelSize,
  paddingOf,
  strideOf,
  workload,
  type Workload,
} from './workload.js';

/** Parameters that all convolutions have. */
interface Conv {
  readonly n: number;
  readonly ci: number;
  readonly co: number;
  readonly k: number;
  readonly s: number;
  readonly p: number;
  readonly d: number;
  readonly g: number;
}

/** The stage of a channels-last convolution of an image with extents `spatial`, and its operands. */
function convStage(name: string, spatial: readonly number[], conv: Conv): [Tensor, Tensor, Tensor] {
  const { n, ci, co, k, s, p, d, g } = conv;
  checkGroups(conv);
  const inputs = placeholder([n, ...spatial, ci], { name: 'inputs' });
  const kernel = spatial.map(() => k);
  const weight = placeholder([...kernel, ci / g, co], { name: 'weight' });
  const options = { stride: s, padding: p, dilation: d, groups: g };
  return [inputs, weight, convChannelsLast(inputs, weight, options, name)];
}

/** @throws InputError `BAD_PARAMETER` when the groups do not divide the channels. */
function checkGroups({ ci, co, g }: Conv): void {
  for (const [name, channels] of Object.entries({ ci, co })) {
    if (channels % g !== 0) {
      throw new InputError('BAD_PARAMETER', `g=${g} does not divide ${name}=${channels}`);
    }
  }
}

/** One product and one sum per output element, kernel element and input channel of the group. */
function convFlops(spatial: readonly number[], conv: Conv): number {
  return 2 * outputs(spatial, conv) * conv.k ** spatial.length * (conv.ci / conv.g);
}

function outputs(spatial: readonly number[], { n, co, k, s, p, d }: Conv): number {
  const window = windowAlong(k, { stride: s, padding: p, dilation: d });
  return spatial.reduce((product, size) => product * windowCount('output', size, window), n * co);
}

const CHANNELS = {
  ci: extent(64, 'input channels'),
  co: extent(64, 'output channels'),
};
const IMAGE = { n: extent(1, 'images'), h: extent(56, 'height'), w: extent(56, 'width'), ...CHANNELS };
const WINDOW = { k: kernelSize(3), s: strideOf(1), p: paddingOf(1) };

export const conv1dNlc = workload({
  name: 'conv1d_nlc',
  summary: 'conv1d_nlc[n, l, co]: 1-D convolution of inputs[n, l, ci] with weight[k, ci / g, co]',
  params: {
    n: extent(1, 'images'),
    l: extent(256, 'length'),
    ...CHANNELS,
    co: extent(128, 'output channels'),
    ...WINDOW,
    s: strideOf(2),
    d: dilationOf(1),
    g: groupsOf(1),
  },
  build: (params) => createPrimFunc('conv1d_nlc', convStage('conv1d_nlc', [params.l], params)),
  flops: (params) => convFlops([params.l], params),
});

/** A workload of conv2d_nhwc with other defaults. */
function conv2dNhwcRow(name: string, summary: string, dilation: number, groups: number): Workload {
  return workload({
    name,
    summary,
    params: { ...IMAGE, ...WINDOW, d: dilationOf(dilation), g: groupsOf(groups) },
    build: (params) => createPrimFunc(name, convStage('conv2d_nhwc', [params.h, params.w], params)),
    flops: (params) => convFlops([params.h, params.w], params),
  });
}

const CONV2D_SUMMARY =
  'conv2d_nhwc[n, h, w, co]: convolution of inputs[n, h, w, ci] with weight[k, k, ci / g, co]';

export const conv2dNhwc = conv2dNhwcRow('conv2d_nhwc', CONV2D_SUMMARY, 1, 1);
export const groupConv2dNhwc = conv2dNhwcRow('group_conv2d_nhwc', `${CONV2D_SUMMARY}, in groups`, 1, 4);
export const dilatedConv2dNhwc = conv2dNhwcRow('dilated_conv2d_nhwc', `${CONV2D_SUMMARY}, dilated`, 2, 1);

export const conv3dNdhwc = workload({
  name: 'conv3d_ndhwc',
  summary:
    'conv3d_ndhwc[n, d, h, w, co]: convolution of inputs[n, d, h, w, ci] with weight[k, k, k, ci / g, co]',
  params: {
    n: extent(1, 'images'),
    depth: extent(16, 'depth'),
    h: extent(14, 'height'),
    w: extent(14, 'width'),
    ...CHANNELS,
    ...WINDOW,
    d: dilationOf(1),
    g: groupsOf(1),
  },
  build: (params) =>
    createPrimFunc('conv3d_ndhwc', convStage('conv3d_ndhwc', [params.depth, params.h, params.w], params)),
  flops: (params) => convFlops([params.depth, params.h, params.w], params),
});

export const conv2dNchwWorkload = workload({
  name: 'conv2d_nchw',
  summary: 'conv2d_nchw[n, co, h, w]: convolution of inputs[n, ci, h, w] with weight[co, ci, k, k]',
  params: { ...IMAGE, ...WINDOW, d: dilationOf(1) },
  build: ({ n, h, w, ci, co, k, s, p, d }) => {
    const inputs = placeholder([n, ci, h, w], { name: 'inputs' });
    const weight = placeholder([co, ci, k, k], { name: 'weight' });
    const output = conv2dNchw(inputs, weight, { stride: s, padding: p, dilation: d });
    return createPrimFunc('conv2d_nchw', [inputs, weight, output]);
  },
  flops: (params) => convFlops([params.h, params.w], { ...params, g: 1 }),
});

/** `f(x[n, h, w, c], operand[c])`. */
function withChannel(x: Tensor, operand: Tensor, f: (a: Expr, b: Expr) => Expr, name: string): Tensor {
  return compute(x.shape, (...indices) => f(load(x, indices), load(operand, indices.slice(-1))), name);
}

export const conv2dBiasBnRelu = workload({
  name: 'conv2d_bias_bn_relu',
  summary:
    'relu[n, h, w, co] = max((conv(inputs[n, h, w, ci], weight[k, k, ci, co]) + bias[co]) * bn_scale[co] ' +
    '+ bn_offset[co], 0)',
  params: { ...IMAGE, ...WINDOW, d: dilationOf(1) },
  build: (params) => {
    const image = [params.h, params.w];
    const [inputs, weight, conv] = convStage('conv2d_nhwc', image, { ...params, g: 1 });
    const perChannel = (name: string): Tensor => placeholder([params.co], { name });
    const [bias, scale, offset] = [perChannel('bias'), perChannel('bn_scale'), perChannel('bn_offset')];
    const biased = withChannel(conv, bias, add, 'bias_add');
    const normalised = withChannel(withChannel(biased, scale, mul, 'bn_mul'), offset, add, 'bn_add');
    return createPrimFunc('conv2d_bias_bn_relu', [inputs, weight, bias, scale, offset, relu(normalised)]);
  },
  flops: (params) => {
    const image = [params.h, params.w];
    const conv = { ...params, g: 1 };
    return convFlops(image, conv) + 4 * outputs(image, conv);
  },
});
