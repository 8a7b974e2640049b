/**
 * @file The machine on which the elementary functions are written, so that one definition serves scalars and vectors,
 * float32 and float64. A `Term` appends the instructions that push a value; terms are composed like expressions, and
 * `keep` puts a value that is used more than once into a temp.
 */
import type { Assembler } from '../assembler.js';
import type { PlainOp } from '../opcodes.js';
import type { FloatFormat } from './constants.js';

/** Appends instructions that push one value. */
export type Term = () => void;

export const FLOAT_SHAPES = ['f32', 'f64', 'f32x4', 'f64x2'] as const;
export type FloatShape = (typeof FLOAT_SHAPES)[number];

/** Operations whose instructions differ by shape in their prefix only. Bits are integers of the floats' width. */
export interface Arithmetic {
  readonly add: (a: Term, b: Term) => Term;
  readonly sub: (a: Term, b: Term) => Term;
  readonly mul: (a: Term, b: Term) => Term;
  readonly div: (a: Term, b: Term) => Term;
  readonly sqrt: (a: Term) => Term;
  readonly abs: (a: Term) => Term;
  readonly ceil: (a: Term) => Term;
  readonly floor: (a: Term) => Term;
  readonly trunc: (a: Term) => Term;
  /** To the nearest integer, ties to even. */
  readonly nearest: (a: Term) => Term;
  /** Conditions, for `select` and `both`. */
  readonly less: (a: Term, b: Term) => Term;
  readonly equal: (a: Term, b: Term) => Term;
  readonly unequal: (a: Term, b: Term) => Term;
  readonly bitsAdd: (a: Term, b: Term) => Term;
  readonly bitsSub: (a: Term, b: Term) => Term;
  /** Computes a value now, to be used any number of times. */
  readonly keep: (a: Term) => Term;
}

/** Operations that scalars and vectors have different instructions for. */
export interface ShapeOps {
  readonly format: FloatFormat;
  readonly number: (value: number) => Term;
  readonly bits: (value: bigint) => Term;
  /** The smaller (larger) of a value and a constant other than 0; NaN when the value is. */
  readonly atMost: (a: Term, limit: number) => Term;
  readonly atLeast: (a: Term, limit: number) => Term;
  readonly toBits: (a: Term) => Term;
  readonly fromBits: (bits: Term) => Term;
  readonly and: (a: Term, b: Term) => Term;
  readonly or: (a: Term, b: Term) => Term;
  readonly xor: (a: Term, b: Term) => Term;
  readonly shl: (bits: Term, by: number) => Term;
  readonly shrU: (bits: Term, by: number) => Term;
  /** Condition: whether the lowest of the bits is set. */
  readonly isOdd: (bits: Term) => Term;
  readonly both: (a: Term, b: Term) => Term;
  readonly select: (condition: Term, whenTrue: Term, whenFalse: Term) => Term;
  /** How float32 values are computed on in float64; `null` for float64. */
  readonly double: DoubleOps | null;
}

export type MathOps = Arithmetic & ShapeOps;

/** The float64 values, one or two vectors of them, that belong to one float32 value. */
export interface DoubleOps {
  readonly ops: MathOps;
  readonly widen: (a: Term) => readonly Term[];
  readonly narrow: (parts: readonly Term[]) => Term;
  /** The low halves of the bits of float64 values, as bits of a float32 value. */
  readonly lowBits: (parts: readonly Term[]) => Term;
}

/** Composes terms with instructions. */
export interface Composer {
  readonly unary: (op: PlainOp, a: Term) => Term;
  readonly binary: (op: PlainOp, a: Term, b: Term) => Term;
}

export function composer(as: Assembler): Composer {
  return {
    unary: (op, a) => () => {
      a();
      as.op(op);
    },
    binary: (op, a, b) => () => {
      a();
      b();
      as.op(op);
    },
  };
}
