/**
 * @file Convolutions over images with any number of spatial dimensions.
 *
 * Vocabulary: n images, ci input channels, co output channels, g groups. Channels of a group see only each other:
 * output channel `co` reads the ci / g input channels from `co / (CO / g) * (CI / g)` on.
 */
import { add, floordiv, literal, load, mul } from '../../ir/build.js';
import type { Expr } from '../../ir/expr.js';
import { at } from '../../support/errors.js';
import { reduceAxis, sum } from '../reduction.js';
import { compute, type Tensor } from '../tensor.js';
import { extentsOf, mismatch } from './shapes.js';
import { pad, padDims, windowCount, type Window } from './window.js';

/** How a kernel moves, in the same way along every spatial dimension. */
export interface ConvOptions {
  readonly stride?: number;
  /** Zeros on both sides. */
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

/** Names of the spatial axes by their number: length; height, width; depth, height, width. */
const SPATIAL_AXES: readonly (readonly string[])[] = [[], ['l'], ['h', 'w'], ['d', 'h', 'w']];

export function windowAlong(kernel: number, options: ConvOptions): Window {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  return { kernel, stride, padding, dilation };
}

/** The position in the padded image that output position `out` reads at kernel position `offset`. */
function positionOf(out: Expr, offset: Expr, { stride = 1, dilation = 1 }: ConvOptions): Expr {
  return add(mul(out, stride), mul(offset, dilation));
}

/**
 * Channels-last convolution in 1, 2 or 3 spatial dimensions:
 * `inputs` [n, ...spatial, ci], `weight` [...kernel, ci / g, co] to [n, ...spatial, co].
 * @throws InputError `BAD_RANK`, `SHAPE_MISMATCH` when the channels do not fit, `BAD_SHAPE` when the kernel does not.
 */
export function convChannelsLast(inputs: Tensor, weight: Tensor, options: ConvOptions, name: string): Tensor {
  const letters = SPATIAL_AXES[inputs.shape.length - 2] ?? [];
  const rank = letters.length;
  if (rank === 0 || weight.shape.length !== rank + 2) throw mismatch(name, inputs, weight);
  const [n, ci] = [at(inputs.shape, 0), at(inputs.shape, rank + 1)];
  const [ciPerGroup, co] = [at(weight.shape, rank), at(weight.shape, rank + 1)];
  const { groups = 1, padding = 0 } = options;
  if (ci !== ciPerGroup * groups || co % groups !== 0) throw mismatch(name, inputs, weight);

  const out = letters.map((letter, d) =>
    windowCount(
      `${name}, axis ${letter}`,
      at(inputs.shape, d + 1),
      windowAlong(at(weight.shape, d), options),
    ),
  );
  const spatialDims = letters.map((_, d) => d + 1);
  const padded = pad(inputs, padDims(rank + 2, spatialDims, [padding, padding]), literal(0, inputs.dtype));
  const kernel = letters.map((letter, d) => reduceAxis(at(weight.shape, d), `r${letter}`));
  const rc = reduceAxis(ciPerGroup, 'rc');
  return compute(
    [n, ...out, co],
    (...indices) => {
      const image = at(indices, 0);
      const channel = at(indices, rank + 1);
      const positions = kernel.map((offset, d) => positionOf(at(indices, d + 1), offset, options));
      // With one group the first channel is 0, which is better said than left to be simplified.
      const firstChannel =
        groups === 1 ? literal(0, 'int32') : mul(floordiv(channel, co / groups), ciPerGroup);
      return sum(
        mul(
          load(padded, [image, ...positions, add(firstChannel, rc)]),
          load(weight, [...kernel, rc, channel]),
        ),
        [...kernel, rc],
      );
    },
    name,
    ['n', ...letters, 'co'],
  );
}

/**
 * Channels-first convolution: `inputs` [n, ci, h, w], `weight` [co, ci, kh, kw] to [n, co, h, w]; one group.
 * @throws InputError as `convChannelsLast`.
 */
export function conv2dNchw(
  inputs: Tensor,
  weight: Tensor,
  options: Omit<ConvOptions, 'groups'>,
  name = 'conv2d_nchw',
): Tensor {
  const [n, ci, height, width] = extentsOf(inputs, 4);
  const [co, depth, kh, kw] = extentsOf(weight, 4);
  if (ci !== depth) throw mismatch(name, inputs, weight);
  const h = windowCount(`${name}, axis h`, height, windowAlong(kh, options));
  const w = windowCount(`${name}, axis w`, width, windowAlong(kw, options));
  const { padding = 0 } = options;
  const padded = pad(inputs, padDims(4, [2, 3], [padding, padding]), literal(0, inputs.dtype), 'pad_temp');
  const [rc, ry, rx] = [reduceAxis(ci, 'rc'), reduceAxis(kh, 'ry'), reduceAxis(kw, 'rx')];
  return compute(
    [n, co, h, w],
    (image, channel, y, x) =>
      sum(
        mul(
          load(padded, [image, rc, positionOf(y, ry, options), positionOf(x, rx, options)]),
          load(weight, [channel, rc, ry, rx]),
        ),
        [rc, ry, rx],
      ),
    name,
    ['n', 'co', 'h', 'w'],
  );
}

/**
 * Every channel by its own kernel: `inputs` [n, h, w, c], `weight` [kh, kw, c] to [n, h, w, c].
 * @throws InputError as `convChannelsLast`.
 */
export function depthwiseConv2dNhwc(
  inputs: Tensor,
  weight: Tensor,
  options: Omit<ConvOptions, 'groups'>,
  name = 'depth_conv2d_nhwc',
): Tensor {
  const [n, height, width, c] = extentsOf(inputs, 4);
  const [kh, kw, channels] = extentsOf(weight, 3);
  if (c !== channels) throw mismatch(name, inputs, weight);
  const h = windowCount(`${name}, axis h`, height, windowAlong(kh, options));
  const w = windowCount(`${name}, axis w`, width, windowAlong(kw, options));
  const { padding = 0 } = options;
  const padded = pad(inputs, padDims(4, [1, 2], [padding, padding]), literal(0, inputs.dtype));
  const [rh, rw] = [reduceAxis(kh, 'rh'), reduceAxis(kw, 'rw')];
  return compute(
    [n, h, w, c],
    (image, y, x, channel) =>
      sum(
        mul(
          load(padded, [image, positionOf(y, rh, options), positionOf(x, rw, options), channel]),
          load(weight, [rh, rw, channel]),
        ),
        [rh, rw],
      ),
    name,
    ['n', 'h', 'w', 'c'],
  );
}
