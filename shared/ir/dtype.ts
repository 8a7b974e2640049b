/** @file Element types of buffers and expressions, with TVM's names. */

export const DTYPES = ['bool', 'int8', 'uint8', 'int32', 'int64', 'float32', 'float64'] as const;

export type DType = (typeof DTYPES)[number];

interface DTypeInfo {
  readonly bytes: number;
  readonly isFloat: boolean;
  /** Inclusive value range of integers; floats have none. `int64` is limited to JavaScript's exact integers. */
  readonly range: readonly [number, number] | null;
}

const INFO: { readonly [D in DType]: DTypeInfo } = {
  bool: { bytes: 1, isFloat: false, range: [0, 1] },
  int8: { bytes: 1, isFloat: false, range: [-128, 127] },
  uint8: { bytes: 1, isFloat: false, range: [0, 255] },
  int32: { bytes: 4, isFloat: false, range: [-(2 ** 31), 2 ** 31 - 1] },
  int64: { bytes: 8, isFloat: false, range: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER] },
  float32: { bytes: 4, isFloat: true, range: null },
  float64: { bytes: 8, isFloat: true, range: null },
};

export function isDType(name: string): name is DType {
  return (DTYPES as readonly string[]).includes(name);
}

export function bytesOf(dtype: DType): number {
  return INFO[dtype].bytes;
}

export function isFloat(dtype: DType): boolean {
  return INFO[dtype].isFloat;
}

/** Integers that take part in arithmetic: every integer type but `bool`. */
export function isInt(dtype: DType): boolean {
  return !INFO[dtype].isFloat && dtype !== 'bool';
}

/** The types loop variables and indices may have. */
export function isIndexType(dtype: DType): boolean {
  return dtype === 'int32' || dtype === 'int64';
}

/** Inclusive range of the values an integer type's literals may have, `null` for floats. */
export function rangeOf(dtype: DType): readonly [number, number] | null {
  return INFO[dtype].range;
}
