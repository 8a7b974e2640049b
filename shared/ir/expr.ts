/**
 * @file Expressions of TensorIR: a closed grammar of readonly plain objects, discriminated by `kind`.
 *
 * Build them with the smart constructors of `build.ts`, which check types and fold integer constants; nobody
 * writes object literals. A `Var` and a `Buffer` are identified by object identity, as in TVM: two variables are
 * the same exactly when they are the same object, whatever their names. Structured cloning keeps that identity.
 */
import type { Buffer } from './buffer.js';
import type { DType } from './dtype.js';

export type Expr =
  IntImm | FloatImm | Var | Binary | Compare | Logical | Not | Select | IfThenElse | Cast | Call | BufferLoad;

/** An integer or boolean literal. `value` is an exact JavaScript integer inside the range of `dtype`. */
export interface IntImm {
  readonly kind: 'IntImm';
  readonly dtype: DType;
  readonly value: number;
}

/** A float literal, already rounded to `dtype`. May be infinite or NaN. */
export interface FloatImm {
  readonly kind: 'FloatImm';
  readonly dtype: 'float32' | 'float64';
  readonly value: number;
}

/** A scalar variable: of a loop, of a block's iterator, or bound by a `Let`. Identity is the object itself. */
export interface Var {
  readonly kind: 'Var';
  readonly name: string;
  readonly dtype: DType;
}

/**
 * Operators on two operands of one type, whose result has that type.
 * `div` is for floats only. Integers have `floordiv`/`floormod` (rounding down, sign of the divisor) and
 * `truncdiv`/`truncmod` (rounding to zero, sign of the dividend). The `bit*` and `sh*` group is for integers only.
 */
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'floordiv'
  | 'floormod'
  | 'truncdiv'
  | 'truncmod'
  | 'min'
  | 'max'
  | 'bitand'
  | 'bitor'
  | 'bitxor'
  | 'shl'
  | 'shr';

export interface Binary {
  readonly kind: 'Binary';
  readonly op: BinaryOp;
  readonly dtype: DType;
  readonly a: Expr;
  readonly b: Expr;
}

export type CompareOp = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';

/** Comparison of two operands of one type. */
export interface Compare {
  readonly kind: 'Compare';
  readonly op: CompareOp;
  readonly dtype: 'bool';
  readonly a: Expr;
  readonly b: Expr;
}

/** `a and b`, `a or b`. Both sides may be evaluated. */
export interface Logical {
  readonly kind: 'Logical';
  readonly op: 'and' | 'or';
  readonly dtype: 'bool';
  readonly a: Expr;
  readonly b: Expr;
}

export interface Not {
  readonly kind: 'Not';
  readonly dtype: 'bool';
  readonly a: Expr;
}

/** Both values are evaluated, one is chosen. */
export interface Select {
  readonly kind: 'Select';
  readonly dtype: DType;
  readonly condition: Expr;
  readonly whenTrue: Expr;
  readonly whenFalse: Expr;
}

/** Only the chosen side is evaluated: the other may read out of bounds (padding is written this way). */
export interface IfThenElse {
  readonly kind: 'IfThenElse';
  readonly dtype: DType;
  readonly condition: Expr;
  readonly whenTrue: Expr;
  readonly whenFalse: Expr;
}

/** Value conversion. Float to integer truncates toward zero and saturates; bool is 0 or 1. */
export interface Cast {
  readonly kind: 'Cast';
  readonly dtype: DType;
  readonly value: Expr;
}

/** The pure functions that may be called, with their number of arguments. All arguments and the result have one type. */
export const INTRINSICS = {
  abs: 1,
  ceil: 1,
  cos: 1,
  erf: 1,
  exp: 1,
  exp2: 1,
  floor: 1,
  log: 1,
  log2: 1,
  pow: 2,
  round: 1, // to nearest, ties to even
  rsqrt: 1,
  sigmoid: 1,
  sin: 1,
  sqrt: 1,
  tanh: 1,
  trunc: 1,
} as const;

export type Intrinsic = keyof typeof INTRINSICS;

/** A call of a pure function. Float types only, except `abs`, which also takes signed integers. */
export interface Call {
  readonly kind: 'Call';
  readonly op: Intrinsic;
  readonly dtype: DType;
  readonly args: readonly Expr[];
}

/** `buffer[indices]`, one index per dimension. */
export interface BufferLoad {
  readonly kind: 'BufferLoad';
  readonly dtype: DType;
  readonly buffer: Buffer;
  readonly indices: readonly Expr[];
}
