/**
 * @file How Loop IR values are represented in Wasm.
 *
 * Scalars: `bool`, `int8`, `uint8` and `int32` are i32 (normalised: 0 or 1, sign-extended, zero-extended), the others
 * their namesakes. Vectors are v128; conditions with lanes are masks as wide as what they compare: all bits or none.
 * Two lanes of int32, which indices have next to 64-bit data, are the low lanes of an i32x4.
 */
import type { DType } from '../../../shared/ir/dtype.js';
import { invariant } from '../../../shared/support/errors.js';
import type { ValueType } from '../../lower/loop-ir.js';
import type { WasmType } from './op-row.js';
import type { MemoryOp } from './opcodes.js';

export type ScalarShape = 'i32' | 'i64' | 'f32' | 'f64';
export type VectorShape = 'i32x4' | 'i64x2' | 'f32x4' | 'f64x2';
/** A prefix of instruction names. */
export type Shape = ScalarShape | VectorShape;

const SCALARS: { readonly [D in DType]: ScalarShape } = {
  bool: 'i32',
  int8: 'i32',
  uint8: 'i32',
  int32: 'i32',
  int64: 'i64',
  float32: 'f32',
  float64: 'f64',
};

const VECTORS: { readonly [S in ScalarShape]: VectorShape } = {
  i32: 'i32x4',
  i64: 'i64x2',
  f32: 'f32x4',
  f64: 'f64x2',
};

export function scalarShape(dtype: DType): ScalarShape {
  return SCALARS[dtype];
}

/** @throws InternalError for vectors that do not fill 16 bytes, other than two lanes of int32. */
export function vectorShape({ dtype, lanes }: ValueType): VectorShape {
  if (dtype === 'bool') {
    invariant(lanes === 4 || lanes === 2, `there are no conditions of ${lanes} lanes`);
    return lanes === 4 ? 'i32x4' : 'i64x2';
  }
  const shape = VECTORS[SCALARS[dtype]];
  const isNarrow = dtype === 'int8' || dtype === 'uint8';
  const fits = isHalf({ dtype, lanes }) || lanes === lanesOf(shape);
  invariant(!isNarrow && fits, `there are no vectors of ${lanes} ${dtype}`);
  return shape;
}

export function shapeOf(type: ValueType): Shape {
  return type.lanes === 1 ? scalarShape(type.dtype) : vectorShape(type);
}

export function lanesOf(shape: VectorShape): number {
  return shape === 'i32x4' || shape === 'f32x4' ? 4 : 2;
}

export function isHalf({ dtype, lanes }: ValueType): boolean {
  return dtype === 'int32' && lanes === 2;
}

export function wasmTypeOf(type: ValueType): WasmType {
  return type.lanes === 1 ? scalarShape(type.dtype) : 'v128';
}

interface Access {
  readonly load: MemoryOp;
  readonly store: MemoryOp;
}

const ACCESS: { readonly [D in DType]: Access } = {
  bool: { load: 'i32.load8_u', store: 'i32.store8' },
  int8: { load: 'i32.load8_s', store: 'i32.store8' },
  uint8: { load: 'i32.load8_u', store: 'i32.store8' },
  int32: { load: 'i32.load', store: 'i32.store' },
  int64: { load: 'i64.load', store: 'i64.store' },
  float32: { load: 'f32.load', store: 'f32.store' },
  float64: { load: 'f64.load', store: 'f64.store' },
};

const VECTOR_ACCESS: Access = { load: 'v128.load', store: 'v128.store' };

/** The instructions that move a value from and to memory. @throws InternalError for vectors that are not 16 bytes there. */
export function accessOf(type: ValueType): Access {
  if (type.lanes === 1) return ACCESS[type.dtype];
  invariant(
    type.dtype !== 'bool' && !isHalf(type),
    `vectors of ${type.lanes} ${type.dtype} are not kept in memory`,
  );
  vectorShape(type);
  return VECTOR_ACCESS;
}
