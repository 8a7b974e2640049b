/** @file The mathematical machine on vectors of 16 bytes. */
import { at } from '../../../../shared/support/errors.js';
import type { Assembler } from '../assembler.js';
import type { VectorConstants } from '../literals.js';
import { arithmeticOps } from './arithmetic.js';
import { FLOAT32, FLOAT64 } from './constants.js';
import { composer, type DoubleOps, type MathOps, type ShapeOps, type Term } from './ops.js';

/** Operations that append to `as`, inside of a `scope`, with constants of the same function. */
export function vectorMath(as: Assembler, constants: VectorConstants, shape: 'f32x4' | 'f64x2'): MathOps {
  return { ...arithmeticOps(as, shape), ...vectorOps(as, constants, shape) };
}

function vectorOps(as: Assembler, constants: VectorConstants, shape: 'f32x4' | 'f64x2'): ShapeOps {
  const { binary } = composer(as);
  const isShort = shape === 'f32x4';
  const i = isShort ? 'i32x4' : 'i64x2';
  const number = (value: number): Term => {
    return () => {
      constants.splat(shape, value);
    };
  };
  const bits = (value: bigint): Term => {
    return () => {
      constants.splat(i, value);
    };
  };
  const shift = (op: 'shl' | 'shr_u' | 'shr_s', a: Term, by: number): Term =>
    binary(`${i}.${op}`, a, () => {
      as.i32(by);
    });
  return {
    format: isShort ? FLOAT32 : FLOAT64,
    number,
    bits,
    // The "pseudo" minimum `b < a ? b : a` is one machine instruction, and passes on a NaN in its first operand.
    atMost: (a, limit) => binary(`${shape}.pmin`, a, number(limit)),
    atLeast: (a, limit) => binary(`${shape}.pmax`, a, number(limit)),
    toBits: (a) => a,
    fromBits: (a) => a,
    and: (a, b) => binary('v128.and', a, b),
    or: (a, b) => binary('v128.or', a, b),
    xor: (a, b) => binary('v128.xor', a, b),
    shl: (a, by) => shift('shl', a, by),
    shrU: (a, by) => shift('shr_u', a, by),
    isOdd: (a) => binary(`${i}.sub`, bits(0n), binary('v128.and', a, bits(1n))),
    both: (a, b) => binary('v128.and', a, b),
    select: (condition, whenTrue, whenFalse) => () => {
      whenTrue();
      whenFalse();
      condition();
      as.op('v128.bitselect');
    },
    double: isShort ? vectorDouble(as, constants) : null,
  };
}

/** Bytes of lanes 2 and 3 of float32, then anything. */
const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7];
/** The first halves of two vectors. */
const BOTH_LOW = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
/** The low words of the 64-bit lanes of two vectors. */
const LOW_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];

function vectorDouble(as: Assembler, constants: VectorConstants): DoubleOps {
  const { unary } = composer(as);
  const shuffled = (a: Term, b: Term, bytes: readonly number[]): Term => {
    return () => {
      a();
      b();
      as.shuffle(bytes);
    };
  };
  const demoted = (a: Term): Term => unary('f32x4.demote_f64x2_zero', a);
  return {
    ops: vectorMath(as, constants, 'f64x2'),
    widen: (a) => [
      unary('f64x2.promote_low_f32x4', a),
      unary('f64x2.promote_low_f32x4', shuffled(a, a, HIGH_HALF)),
    ],
    narrow: (parts) => shuffled(demoted(at(parts, 0)), demoted(at(parts, 1)), BOTH_LOW),
    lowBits: (parts) => shuffled(at(parts, 0), at(parts, 1), LOW_WORDS),
  };
}
