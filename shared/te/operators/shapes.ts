/** @file Shapes of operands: taken apart with their rank checked, and shown in messages. */
import { InputError } from '../../support/errors.js';
import type { Tensor } from '../tensor.js';

interface Extents {
  readonly 2: [number, number];
  readonly 3: [number, number, number];
  readonly 4: [number, number, number, number];
  readonly 6: [number, number, number, number, number, number];
}

/**
 * The extents of a tensor that must have `rank` dimensions.
 * @throws InputError `BAD_RANK`.
 */
export function extentsOf<R extends keyof Extents>(x: Tensor, rank: R): Extents[R] {
  if (x.shape.length !== rank) {
    throw new InputError('BAD_RANK', `${shapeText(x)} does not have ${rank} dimensions`);
  }
  return [...x.shape] as Extents[R];
}

/** How messages show a tensor: `A[128, 64]`. */
export function shapeText(x: Tensor): string {
  return `${x.name}[${x.shape.join(', ')}]`;
}

/** The refusal of operands whose extents do not agree, e.g. a weight that does not fit the input. */
export function mismatch(operator: string, a: Tensor, b: Tensor): InputError {
  return new InputError(
    'SHAPE_MISMATCH',
    `${operator}: the shapes of ${shapeText(a)} and ${shapeText(b)} do not fit together`,
  );
}
