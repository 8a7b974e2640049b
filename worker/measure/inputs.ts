/**
 * @file Inputs of the checked run: the same for every candidate of a program, and on every machine.
 *
 * Exact programs get integers of small magnitude (see exactness.ts). Others get floats in [-1, 1), or in [0.5, 1.5)
 * when the program divides or takes logarithms, roots or powers, whose domain is the positive numbers.
 */
import type { DType } from '../../shared/ir/dtype.js';
import type { Expr } from '../../shared/ir/expr.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { walkExpr, walkStmt } from '../../shared/ir/visit.js';
import type { KernelParam } from '../../shared/protocol/kernel.js';
import { exactnessOf, type Exactness } from './exactness.js';

export interface InputPlan extends Exactness {
  readonly positive: boolean;
}

export function planInputs(func: PrimFunc): InputPlan {
  let positive = false;
  walkStmt(func.root.body, {
    expr: (e) => {
      if (needsPositive(e)) positive = true;
    },
  });
  return { ...exactnessOf(func), positive };
}

function needsPositive(e: Expr): boolean {
  if (e.kind === 'Call') return ['log', 'log2', 'pow', 'rsqrt', 'sqrt'].includes(e.op);
  if (e.kind !== 'Binary') return false;
  switch (e.op) {
    case 'div':
      return true;
    case 'floordiv':
    case 'floormod':
    case 'truncdiv':
    case 'truncmod':
    case 'shl':
    case 'shr':
      return readsMemory(e.b);
    default:
      return false;
  }
}

function readsMemory(e: Expr): boolean {
  let reads = false;
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad') reads = true;
    return !reads;
  });
  return reads;
}

type NumberArray = Int8Array | Uint8Array | Int32Array | Float32Array | Float64Array;

const ARRAYS: { readonly [D in Exclude<DType, 'int64'>]: new (length: number) => NumberArray } = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** Contents of the parameter at `index`, as the bytes of its elements. */
export function inputBytes(param: KernelParam, index: number, plan: InputPlan): Uint8Array {
  const elements = param.shape.reduce((product, extent) => product * extent, 1);
  const draw = drawer(param.dtype, plan);
  const seed = Math.imul(index + 1, 0x9e3779b9);
  if (param.dtype === 'int64') {
    const array = new BigInt64Array(elements);
    for (let i = 0; i < elements; i++) array[i] = BigInt(draw(hash(seed + i)));
    return new Uint8Array(array.buffer);
  }
  const array = new ARRAYS[param.dtype](elements);
  for (let i = 0; i < elements; i++) array[i] = draw(hash(seed + i));
  return new Uint8Array(array.buffer);
}

/** Turns 32 random bits into an element. */
function drawer(dtype: DType, plan: InputPlan): (bits: number) => number {
  const { magnitude, positive, exact } = plan;
  if (dtype === 'bool') return (bits) => bits & 1;
  const isFloatDraw = !exact && (dtype === 'float32' || dtype === 'float64');
  if (isFloatDraw) return positive ? (bits) => 0.5 + bits / 2 ** 32 : (bits) => bits / 2 ** 31 - 1;
  if (positive) return (bits) => 1 + (bits % magnitude);
  if (dtype === 'uint8') return (bits) => bits % (magnitude + 1);
  return (bits) => (bits % (2 * magnitude + 1)) - magnitude;
}

/** A well-mixed 32-bit hash (Wellons' lowbias32 constants). */
function hash(n: number): number {
  let x = n | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
