/** @file What convolutions and pooling share: padding, and windows that slide over an image. */
import { allOf, ge, ifThenElse, load, lt, sub } from '../../ir/build.js';
import type { Expr } from '../../ir/expr.js';
import { at, InputError } from '../../support/errors.js';
import { compute, type Tensor } from '../tensor.js';
import { shapeText } from './shapes.js';

/** A window of `kernel` points, `dilation` apart, that moves by `stride`. All of them in elements. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/**
 * Number of places a window has in a dimension of `extent` that is padded on both sides.
 * @throws InputError `BAD_SHAPE` when it has none: the window is larger than the padded dimension.
 */
export function windowCount(what: string, extent: number, window: Window): number {
  const { kernel, stride, padding, dilation } = window;
  const padded = extent + 2 * padding;
  const span = dilation * (kernel - 1) + 1;
  if (span > padded) {
    throw new InputError(
      'BAD_SHAPE',
      `${what}: a window of ${span} (kernel ${kernel}, dilation ${dilation}) is larger than the padded extent ` +
        `${padded} (${extent} + 2 * ${padding})`,
    );
  }
  return Math.floor((padded - span) / stride) + 1;
}

/** By how much a dimension is extended before its first and after its last element. */
export type Padding = readonly [before: number, after: number];

/**
 * `x` with each dimension extended by elements of value `fill`. Where nothing is to be padded, `x` itself: a stage
 * would only copy.
 * @param padding one per dimension
 * @throws InputError `BAD_RANK`.
 */
export function pad(x: Tensor, padding: readonly Padding[], fill: Expr, name = 'PadInput'): Tensor {
  if (padding.length !== x.shape.length) {
    throw new InputError('BAD_RANK', `${shapeText(x)} cannot be padded along ${padding.length} dimension(s)`);
  }
  if (padding.every(([before, after]) => before === 0 && after === 0)) return x;
  const shape = x.shape.map((extent, d) => at(padding, d)[0] + extent + at(padding, d)[1]);
  return compute(
    shape,
    (...indices) => {
      const inside = indices.flatMap((index, d) => insideOf(index, at(x.shape, d), at(padding, d)));
      const source = indices.map((index, d) => sub(index, at(padding, d)[0]));
      return ifThenElse(allOf(inside), load(x, source), fill);
    },
    name,
  );
}

/** The conditions under which `index` of the padded dimension lies in the original one. */
function insideOf(index: Expr, extent: number, [before, after]: Padding): Expr[] {
  const conditions: Expr[] = [];
  if (before > 0) conditions.push(ge(index, before));
  if (after > 0) conditions.push(lt(index, before + extent));
  return conditions;
}

/** Padding of the dimensions in `dims` alike, and of the others not at all. */
export function padDims(rank: number, dims: readonly number[], padding: Padding): Padding[] {
  return Array.from({ length: rank }, (_, d) => (dims.includes(d) ? padding : [0, 0]));
}
