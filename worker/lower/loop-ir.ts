/**
 * @file Loop IR: what lowering hands to a code generator. A kernel is a list of statements over scalar and short-vector
 * values, mutable locals, and memory reached through affine byte addresses. There are no blocks, predicates or
 * multi-dimensional buffers any more; every decision about tiles, vectors and registers has been taken.
 *
 * A vector of `lanes` elements of `dtype` fills at most 16 bytes. A condition has dtype `bool` and the lanes of what it
 * compares: code generators represent vector conditions as lane masks.
 */
import type { DType } from '../../shared/ir/dtype.js';
import type { BinaryOp, CompareOp, Intrinsic } from '../../shared/ir/expr.js';

export interface ValueType {
  readonly dtype: DType;
  /** 1 for scalars, otherwise 2, 4, ... with `lanes * bytesOf(dtype) = 16` (conditions: the lanes of their operands). */
  readonly lanes: number;
}

/** A mutable register. Identity is the object itself. */
export interface Local {
  readonly kind: 'Local';
  readonly name: string;
  readonly type: ValueType;
}

/** A region of linear memory: a parameter of the kernel, or a temporary at a fixed offset of the workspace. */
export interface MemoryRegion {
  readonly kind: 'MemoryRegion';
  readonly name: string;
  readonly dtype: DType;
  readonly bytes: number;
  readonly place:
    | { readonly kind: 'param'; readonly index: number }
    | { readonly kind: 'workspace'; readonly offset: number };
}

/**
 * A byte address: `base(region) + sum(terms) + offset (+ dynamic)`. Terms are sorted by the order in which their loops
 * nest, outermost first, with non-zero coefficients; `offset` may be negative. `dynamic` is an int32 value in bytes
 * for what is not affine.
 */
export interface Address {
  readonly region: MemoryRegion;
  readonly terms: readonly AddressTerm[];
  readonly offset: number;
  readonly dynamic: Value | null;
}

export interface AddressTerm {
  /** An int32 scalar: the index of an enclosing loop, or a local that is assigned once. */
  readonly local: Local;
  readonly bytes: number;
}

export type Value =
  | ConstValue
  | LocalValue
  | LoadValue
  | SplatValue
  | LanesValue
  | UnaryValue
  | BinaryValue
  | CompareValue
  | LogicalValue
  | SelectValue
  | IfValue
  | CastValue
  | CallValue;

/** A scalar literal. */
export interface ConstValue {
  readonly kind: 'Const';
  readonly type: ValueType;
  readonly value: number;
}

export interface LocalValue {
  readonly kind: 'LocalValue';
  readonly type: ValueType;
  readonly local: Local;
}

/** `lanes` consecutive elements from `address`. */
export interface LoadValue {
  readonly kind: 'Load';
  readonly type: ValueType;
  readonly address: Address;
}

/** A scalar in every lane. A splat of a `Load` is one instruction on most targets. */
export interface SplatValue {
  readonly kind: 'Splat';
  readonly type: ValueType;
  readonly value: Value;
}

/** A vector of separately computed scalars, lane 0 first. */
export interface LanesValue {
  readonly kind: 'Lanes';
  readonly type: ValueType;
  readonly values: readonly Value[];
}

/** `not` is for conditions. */
export interface UnaryValue {
  readonly kind: 'Unary';
  readonly op: 'not';
  readonly type: ValueType;
  readonly a: Value;
}

/** Semantics of TensorIR's operators, lane by lane. */
export interface BinaryValue {
  readonly kind: 'Binary';
  readonly op: BinaryOp;
  readonly type: ValueType;
  readonly a: Value;
  readonly b: Value;
}

export interface CompareValue {
  readonly kind: 'Compare';
  readonly op: CompareOp;
  readonly type: ValueType;
  readonly a: Value;
  readonly b: Value;
}

export interface LogicalValue {
  readonly kind: 'Logical';
  readonly op: 'and' | 'or';
  readonly type: ValueType;
  readonly a: Value;
  readonly b: Value;
}

/** Lane-wise choice; both sides are evaluated. */
export interface SelectValue {
  readonly kind: 'Select';
  readonly type: ValueType;
  readonly condition: Value;
  readonly whenTrue: Value;
  readonly whenFalse: Value;
}

/** Choice by a scalar condition; only the chosen side is evaluated (it may be a load that would be out of bounds). */
export interface IfValue {
  readonly kind: 'IfValue';
  readonly type: ValueType;
  readonly condition: Value;
  readonly whenTrue: Value;
  readonly whenFalse: Value;
}

/** TensorIR's cast, lane by lane. */
export interface CastValue {
  readonly kind: 'Cast';
  readonly type: ValueType;
  readonly value: Value;
}

export interface CallValue {
  readonly kind: 'Call';
  readonly op: Intrinsic;
  readonly type: ValueType;
  readonly args: readonly Value[];
}

export type Statement = AssignStatement | StoreStatement | LoopStatement | IfStatement;

/** `local = value`. */
export interface AssignStatement {
  readonly kind: 'Assign';
  readonly local: Local;
  readonly value: Value;
}

/** Stores `value.type.lanes` consecutive elements at `address`. */
export interface StoreStatement {
  readonly kind: 'Store';
  readonly address: Address;
  readonly value: Value;
}

/** `for index in [0, extent)`; never runs when the extent is not positive. `index` is not assigned in the body. */
export interface LoopStatement {
  readonly kind: 'Loop';
  readonly index: Local;
  /** An int32 scalar that the loop does not change. */
  readonly extent: Value;
  readonly body: readonly Statement[];
}

export interface IfStatement {
  readonly kind: 'IfStatement';
  readonly condition: Value;
  readonly then: readonly Statement[];
  readonly else: readonly Statement[];
}

/** A lowered kernel. `regions` lists the parameters in order, then the temporaries. */
export interface Kernel {
  readonly name: string;
  readonly regions: readonly MemoryRegion[];
  readonly workspaceBytes: number;
  readonly body: readonly Statement[];
}
