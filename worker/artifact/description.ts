/** @file What an artifact's texts are made from, and the words both of them use. */
import type { DType } from '../../shared/ir/dtype.js';
import type { KernelAbi, KernelParam } from '../../shared/protocol/kernel.js';
import { TARGETS, type TargetId } from '../../shared/protocol/target.js';

export interface ArtifactDescription {
  readonly abi: KernelAbi;
  readonly target: TargetId;
  /** Of the `.wasm` file beside the loader, without the extension. */
  readonly fileName: string;
}

/** The JavaScript array that holds elements of a type. */
export const ARRAY_TYPES: { readonly [D in DType]: string } = {
  bool: 'Uint8Array',
  int8: 'Int8Array',
  uint8: 'Uint8Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
  float32: 'Float32Array',
  float64: 'Float64Array',
};

/** The type of one element in TypeScript. */
export function elementTypeOf(dtype: DType): 'number' | 'bigint' {
  return dtype === 'int64' ? 'bigint' : 'number';
}

export function elementCount(param: KernelParam): number {
  return param.shape.reduce((product, extent) => product * extent, 1);
}

/** What the engine must offer, for messages: "WebAssembly", "WebAssembly SIMD", ... */
export function requirementOf(target: TargetId): string {
  const { simd128, relaxedSimd } = TARGETS[target].features;
  if (relaxedSimd) return 'WebAssembly relaxed SIMD';
  return simd128 ? 'WebAssembly SIMD' : 'WebAssembly';
}

/** Text made safe for a comment: names are the user's. */
export function commentText(text: string): string {
  return text.replaceAll(/[^\w .,:;()[\]-]/g, '_');
}

/** `float32 [128, 128]`. */
export function typeText(param: KernelParam): string {
  return `${param.dtype} [${param.shape.join(', ')}]`;
}
