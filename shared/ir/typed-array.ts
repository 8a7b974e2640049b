/** @file The typed arrays that stand for buffers: flat, row-major. */
import type { DType } from './dtype.js';

export type TypedArray = Float32Array | Float64Array | Int8Array | Uint8Array | Int32Array | BigInt64Array;

/** An array of zeros for `length` elements; `bool` is a byte of 0 or 1. */
export function typedArrayFor(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return new Uint8Array(length);
    case 'int8':
      return new Int8Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
  }
}
