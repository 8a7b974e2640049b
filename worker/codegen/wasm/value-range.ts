/**
 * @file Bounds of int32 values. What is certainly not negative needs no care in divisions and address arithmetic.
 */
import type { BinaryOp } from '../../../shared/ir/expr.js';
import type { Local, Value } from '../../lower/loop-ir.js';

/** Inclusive bounds. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

const INT32: ValueRange = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/** A range of results before wrapping around, which spoils it. */
function int32(min: number, max: number): ValueRange {
  return min >= INT32.min && max <= INT32.max ? { min, max } : INT32;
}

/** @param locals bounds of locals that are not changed after they were set; others may have any value */
export function rangeOf(v: Value, locals: ReadonlyMap<Local, ValueRange>): ValueRange {
  switch (v.kind) {
    case 'Const':
      return int32(v.value, v.value);
    case 'LocalValue':
      return locals.get(v.local) ?? INT32;
    case 'Load':
      return v.type.dtype === 'uint8' || v.type.dtype === 'bool' ? { min: 0, max: 255 } : INT32;
    case 'Binary':
      return v.type.dtype === 'int32'
        ? rangeOfBinary(v.op, rangeOf(v.a, locals), rangeOf(v.b, locals))
        : INT32;
    case 'Select':
    case 'IfValue': {
      const [a, b] = [rangeOf(v.whenTrue, locals), rangeOf(v.whenFalse, locals)];
      return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
    }
    default:
      return INT32;
  }
}

function rangeOfBinary(op: BinaryOp, a: ValueRange, b: ValueRange): ValueRange {
  switch (op) {
    case 'add':
      return int32(a.min + b.min, a.max + b.max);
    case 'sub':
      return int32(a.min - b.max, a.max - b.min);
    case 'mul': {
      const products = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
      return int32(Math.min(...products), Math.max(...products));
    }
    case 'min':
      return { min: Math.min(a.min, b.min), max: Math.min(a.max, b.max) };
    case 'max':
      return { min: Math.max(a.min, b.min), max: Math.max(a.max, b.max) };
    case 'floordiv':
    case 'truncdiv':
      return a.min >= 0 && b.min > 0
        ? { min: Math.floor(a.min / b.max), max: Math.floor(a.max / b.min) }
        : INT32;
    case 'floormod':
      return b.min > 0 ? { min: 0, max: b.max - 1 } : INT32;
    case 'truncmod':
      return a.min >= 0 && b.min > 0 ? { min: 0, max: Math.min(a.max, b.max - 1) } : INT32;
    case 'bitand':
      return b.min >= 0 ? { min: 0, max: b.max } : a.min >= 0 ? { min: 0, max: a.max } : INT32;
    case 'shr':
      return a.min >= 0 ? { min: 0, max: a.max } : INT32;
    default:
      return INT32;
  }
}
