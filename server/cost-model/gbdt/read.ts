/**
 * @file Checked reads of typed arrays for inner loops.
 *
 * `at` of shared/support does the same for arrays of every kind; because it meets them all, the engine compiles its
 * access generically. One function per kind of array stays as fast as an unchecked access.
 */
import { InternalError } from '../../../shared/support/errors.js';

export function float64At(array: Float64Array, index: number): number {
  const value = array[index];
  return value === undefined ? outside(index, array.length) : value;
}

export function float32At(array: Float32Array, index: number): number {
  const value = array[index];
  return value === undefined ? outside(index, array.length) : value;
}

export function int32At(array: Int32Array, index: number): number {
  const value = array[index];
  return value === undefined ? outside(index, array.length) : value;
}

export function uint8At(array: Uint8Array, index: number): number {
  const value = array[index];
  return value === undefined ? outside(index, array.length) : value;
}

function outside(index: number, length: number): never {
  throw new InternalError(`index ${index} is outside of an array of ${length}`);
}
