/** @file Buffers: named multi-dimensional arrays of a static shape, row-major and compact. */
import { InputError } from '../support/errors.js';
import { bytesOf, type DType } from './dtype.js';

/**
 * A tensor in memory. Identity is the object itself. Shapes are static: a kernel is specialised to its shape
 * (docs/adr/0002).
 */
export interface Buffer {
  readonly kind: 'Buffer';
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Storage scope: `global` is main memory; `local`, `shared` and `global.<tag>` say where a cache lives. */
  readonly scope: string;
}

/** @throws InputError `BAD_SHAPE` when an extent is not an integer of at least 1. */
export function buffer(
  name: string,
  shape: readonly number[],
  dtype: DType = 'float32',
  scope = 'global',
): Buffer {
  for (const extent of shape) {
    if (!Number.isSafeInteger(extent) || extent < 1) {
      throw new InputError(
        'BAD_SHAPE',
        `buffer ${name}: extent ${extent} of shape [${shape.join(', ')}] is not a positive integer`,
      );
    }
  }
  return { kind: 'Buffer', name, dtype, shape, scope };
}

/** Number of elements; a scalar buffer (rank 0) has one. */
export function elementsOf(b: Buffer): number {
  return b.shape.reduce((product, extent) => product * extent, 1);
}

export function byteSizeOf(b: Buffer): number {
  return elementsOf(b) * bytesOf(b.dtype);
}

/** Row-major strides in elements. */
export function stridesOf(b: Buffer): number[] {
  const strides: number[] = Array.from({ length: b.shape.length }, () => 1);
  for (let d = b.shape.length - 2; d >= 0; d--) strides[d] = (strides[d + 1] ?? 1) * (b.shape[d + 1] ?? 1);
  return strides;
}
