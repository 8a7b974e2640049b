/** @file Convolutions of other kinds: transposed, and between capsules (small matrices in place of numbers). */
import { add, allOf, eq, floordiv, floormod, ifThenElse, literal, load, mul, sub } from '../../ir/build.js';
import type { Expr } from '../../ir/expr.js';
import { InputError } from '../../support/errors.js';
import { reduceAxis, sum } from '../reduction.js';
import { compute, type Tensor } from '../tensor.js';
import { windowAlong } from './convolution.js';
import { extentsOf, mismatch } from './shapes.js';
import { pad, padDims, windowCount } from './window.js';

export interface StridedOptions {
  readonly stride: number;
  readonly padding: number;
}

/** One spatial dimension of a transposed convolution. */
interface TransposedAxis {
  readonly out: number;
  /** Zeros on each side of the input, before it is dilated. */
  readonly pad: number;
  /** Where output 0 starts in the padded and dilated input. */
  readonly border: number;
}

/**
 * The transposed convolution is an ordinary one over the input with `stride - 1` zeros between its elements and
 * `kernel - 1 - padding` zeros around it. The input is padded by whole elements, so some of the zeros in front are
 * too many: `border` skips them.
 * @throws InputError `BAD_SHAPE`.
 */
function transposedAxis(
  name: string,
  extent: number,
  kernel: number,
  { stride, padding }: StridedOptions,
): TransposedAxis {
  const around = kernel - 1 - padding;
  if (around < 0) {
    throw new InputError('BAD_SHAPE', `${name}: the padding ${padding} is not below the kernel ${kernel}`);
  }
  const out = (extent - 1) * stride + kernel - 2 * padding;
  if (out < 1) {
    throw new InputError('BAD_SHAPE', `${name}: the padding ${padding} leaves nothing of extent ${extent}`);
  }
  return { out, pad: Math.ceil(around / stride), border: (stride - (around % stride)) % stride };
}

/**
 * Transposed convolution: `inputs` [n, h, w, ci], `weight` [kh, kw, ci, co] to
 * [n, (h - 1) * stride + kh - 2 * padding, ..., co]. The dilated input is not stored: zeros are chosen inside of the
 * reduction, where unrolling can remove their products.
 * @throws InputError `BAD_RANK`, `SHAPE_MISMATCH`, `BAD_SHAPE`.
 */
export function conv2dTransposeNhwc(
  inputs: Tensor,
  weight: Tensor,
  options: StridedOptions,
  name = 'conv2d_transpose_nhwc',
): Tensor {
  const [n, height, width, ci] = extentsOf(inputs, 4);
  const [kh, kw, depth, co] = extentsOf(weight, 4);
  if (ci !== depth) throw mismatch(name, inputs, weight);
  const h = transposedAxis(name, height, kh, options);
  const w = transposedAxis(name, width, kw, options);
  const zero = literal(0, inputs.dtype);
  const padded = pad(
    inputs,
    [
      [0, 0],
      [h.pad, h.pad],
      [w.pad, w.pad],
      [0, 0],
    ],
    zero,
  );
  const { stride } = options;
  /** The padded input with `stride - 1` zeros between its elements. */
  const dilated = (image: Expr, y: Expr, x: Expr, channel: Expr): Expr =>
    ifThenElse(
      allOf([eq(floormod(y, stride), 0), eq(floormod(x, stride), 0)]),
      load(padded, [image, floordiv(y, stride), floordiv(x, stride), channel]),
      zero,
    );
  const [rh, rw, rc] = [reduceAxis(kh, 'rh'), reduceAxis(kw, 'rw'), reduceAxis(ci, 'rc')];
  return compute(
    [n, h.out, w.out, co],
    (image, y, x, channel) =>
      sum(
        mul(
          dilated(image, add(add(y, rh), h.border), add(add(x, rw), w.border), rc),
          load(weight, [sub(kh - 1, rh), sub(kw - 1, rw), rc, channel]),
        ),
        [rh, rw, rc],
      ),
    name,
    ['n', 'h', 'w', 'co'],
  );
}

/**
 * Convolution of capsules, square matrices that are multiplied where numbers would be:
 * `inputs` [n, h, w, cap, cap, ci], `weight` [kh, kw, cap, cap, ci, co] to [n, h, w, cap, cap, co].
 * @throws InputError `BAD_RANK`, `SHAPE_MISMATCH`, `BAD_SHAPE`.
 */
export function conv2dCapsuleNhwijc(
  inputs: Tensor,
  weight: Tensor,
  options: StridedOptions,
  name = 'conv2d_capsule_nhwijc',
): Tensor {
  const [n, height, width, rows, columns, ci] = extentsOf(inputs, 6);
  const [kh, kw, cap, capColumns, depth, co] = extentsOf(weight, 6);
  if ([rows, columns, capColumns].some((extent) => extent !== cap) || ci !== depth) {
    throw mismatch(name, inputs, weight);
  }
  const { stride, padding } = options;
  const h = windowCount(`${name}, axis h`, height, windowAlong(kh, options));
  const w = windowCount(`${name}, axis w`, width, windowAlong(kw, options));
  const padded = pad(inputs, padDims(6, [1, 2], [padding, padding]), literal(0, inputs.dtype));
  const [rh, rw] = [reduceAxis(kh, 'rh'), reduceAxis(kw, 'rw')];
  const [capK, rc] = [reduceAxis(cap, 'cap_k'), reduceAxis(ci, 'rc')];
  return compute(
    [n, h, w, cap, cap, co],
    (...[image, y, x, i, j, channel]) =>
      sum(
        mul(
          load(padded, [image, add(mul(y, stride), rh), add(mul(x, stride), rw), i, capK, rc]),
          load(weight, [rh, rw, capK, j, rc, channel]),
        ),
        [rh, rw, capK, rc],
      ),
    name,
    ['n', 'h', 'w', 'cap_i', 'cap_j', 'co'],
  );
}
