/** @file What takes part in a comparison: something that can run a row's program again and again. */
import type { Row } from './suite.js';

export const CONTENDERS = ['ours', 'tfjs', 'ort'] as const;
export type ContenderId = (typeof CONTENDERS)[number];
export type PeerId = Exclude<ContenderId, 'ours'>;

/** A program that is ready to run, its inputs in place. */
export interface Runner {
  readonly run: () => void | Promise<void>;
  /** Of one run, in the layout of our program. */
  readonly output: () => Promise<ArrayLike<number>>;
}

/** @returns null when the contender cannot do this */
export type Prepare = (row: Row, inputs: ReadonlyMap<string, Float32Array>) => Promise<Runner | null>;

/** The input of a name. @throws when the row has none */
export function inputNamed(inputs: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const found = inputs.get(name);
  if (found === undefined) throw new Error(`there is no input ${name}`);
  return found;
}

/** Its axes in another order: axis `i` of the result is axis `order[i]` of the array. */
export function permuted(
  values: ArrayLike<number>,
  shape: readonly number[],
  order: readonly number[],
): Float32Array {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, extent) => product * extent, 1));
  const extents = order.map((axis) => shape[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 1);
  const result = new Float32Array(values.length);
  const position = extents.map(() => 0);
  for (let i = 0; i < result.length; i++) {
    result[i] = values[position.reduce((sum, p, d) => sum + p * (steps[d] ?? 0), 0)] ?? 0;
    for (let d = position.length - 1; d >= 0; d--) {
      const next = (position[d] ?? 0) + 1;
      position[d] = next < (extents[d] ?? 1) ? next : 0;
      if (next < (extents[d] ?? 1)) break;
    }
  }
  return result;
}

/** `(conv + bias) * scale + offset` as a convolution with other weights and another bias; channels are last. */
export function foldNormalisation(inputs: ReadonlyMap<string, Float32Array>): {
  scaled: Float32Array;
  bias: Float32Array;
} {
  const [weight, scale] = [inputNamed(inputs, 'weight'), inputNamed(inputs, 'bn_scale')];
  const [bias, offset] = [inputNamed(inputs, 'bias'), inputNamed(inputs, 'bn_offset')];
  return {
    scaled: weight.map((value, i) => value * (scale[i % scale.length] ?? 1)),
    bias: bias.map((value, i) => value * (scale[i] ?? 1) + (offset[i] ?? 0)),
  };
}
