/** @file The mathematical machine on scalars. */
import { at } from '../../../../shared/support/errors.js';
import type { Assembler } from '../assembler.js';
import { pushLiteral } from '../literals.js';
import { arithmeticOps } from './arithmetic.js';
import { FLOAT32, FLOAT64 } from './constants.js';
import { composer, type DoubleOps, type MathOps, type ShapeOps, type Term } from './ops.js';

/** Operations that append to `as`, inside of a `scope`. */
export function scalarMath(as: Assembler, shape: 'f32' | 'f64'): MathOps {
  return { ...arithmeticOps(as, shape), ...scalarOps(as, shape) };
}

function scalarOps(as: Assembler, shape: 'f32' | 'f64'): ShapeOps {
  const { unary, binary } = composer(as);
  const isShort = shape === 'f32';
  const i = isShort ? 'i32' : 'i64';
  const number = (value: number): Term => {
    return () => {
      as[shape](value);
    };
  };
  const bits = (value: bigint): Term => {
    return () => {
      pushLiteral(as, i, value);
    };
  };
  const narrowed = (a: Term): Term => (isShort ? a : unary('i32.wrap_i64', a));
  return {
    format: isShort ? FLOAT32 : FLOAT64,
    number,
    bits,
    atMost: (a, limit) => binary(`${shape}.min`, a, number(limit)),
    atLeast: (a, limit) => binary(`${shape}.max`, a, number(limit)),
    toBits: (a) => unary(isShort ? 'i32.reinterpret_f32' : 'i64.reinterpret_f64', a),
    fromBits: (a) => unary(isShort ? 'f32.reinterpret_i32' : 'f64.reinterpret_i64', a),
    and: (a, b) => binary(`${i}.and`, a, b),
    or: (a, b) => binary(`${i}.or`, a, b),
    xor: (a, b) => binary(`${i}.xor`, a, b),
    shl: (a, by) => binary(`${i}.shl`, a, bits(BigInt(by))),
    shrU: (a, by) => binary(`${i}.shr_u`, a, bits(BigInt(by))),
    isOdd: (a) =>
      binary('i32.and', narrowed(a), () => {
        as.i32(1);
      }),
    both: (a, b) => binary('i32.and', a, b),
    select: (condition, whenTrue, whenFalse) => () => {
      whenTrue();
      whenFalse();
      condition();
      as.select();
    },
    double: isShort ? scalarDouble(as) : null,
  };
}

function scalarDouble(as: Assembler): DoubleOps {
  const { unary } = composer(as);
  return {
    ops: scalarMath(as, 'f64'),
    widen: (a) => [unary('f64.promote_f32', a)],
    narrow: (parts) => unary('f32.demote_f64', at(parts, 0)),
    lowBits: (parts) => unary('i32.wrap_i64', unary('i64.reinterpret_f64', at(parts, 0))),
  };
}
