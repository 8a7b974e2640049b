/** @file Instruction selection for operators on two operands. */
import type { BinaryOp } from '../../../shared/ir/expr.js';
import { at, InternalError } from '../../../shared/support/errors.js';
import type { BinaryValue, Value } from '../../lower/loop-ir.js';
import { keep, operandOf, type Emitter, type Operand } from './emitter.js';
import { log2Of, pushIntBinary, wrap } from './integers.js';
import { pushLiteral } from './literals.js';
import { shapeOf, type VectorShape } from './value-types.js';
import { pushLanewise } from './vector-values.js';

/** @param isExact whether a narrow integer must be wrapped to its width, or the user looks at its low bits only */
export function pushBinary(e: Emitter, v: BinaryValue, isExact = true): void {
  const shape = shapeOf(v.type);
  switch (shape) {
    case 'f32':
    case 'f64':
      e.push(v.a);
      e.push(v.b);
      return e.as.op(`${shape}.${floatOp(v.op)}`);
    case 'f32x4':
    case 'f64x2':
      return pushFloatVector(e, shape, v);
    case 'i32':
    case 'i64':
      pushIntBinary(e, v.op, shape, intOperands(e, v));
      if (isExact) wrap(e, v.type.dtype);
      return;
    case 'i32x4':
    case 'i64x2':
      return pushIntVector(e, shape, v);
  }
}

/** Pushes a value that may be left unwrapped, because its user looks at the low bits only. */
export function pushWrapping(e: Emitter, v: Value): void {
  if (v.kind === 'Binary') pushBinary(e, v, false);
  else e.push(v);
}

/** Operators whose low result bits depend on the low bits of their operands only. */
const WRAPPING: ReadonlySet<BinaryOp> = new Set(['add', 'sub', 'mul', 'bitand', 'bitor', 'bitxor']);

function intOperands(e: Emitter, { op, a, b }: BinaryValue): readonly [Operand, Operand] {
  const operands: readonly [Operand, Operand] = [operandOf(e, a), operandOf(e, b)];
  if (!WRAPPING.has(op)) return operands;
  const wrapping = (operand: Operand, v: Value): Operand => ({
    ...operand,
    push: () => {
      pushWrapping(e, v);
    },
  });
  return [wrapping(operands[0], a), wrapping(operands[1], b)];
}

function floatOp(op: BinaryOp): 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max' {
  switch (op) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'min':
    case 'max':
      return op;
    default:
      throw new InternalError(`${op} is not an operator of floats`);
  }
}

type FloatVector = 'f32x4' | 'f64x2';

function pushFloatVector(e: Emitter, shape: FloatVector, v: BinaryValue): void {
  if (e.features.relaxedSimd && pushFused(e, shape, v)) return;
  if ((v.op === 'min' || v.op === 'max') && pushPseudoExtremum(e, shape, v)) return;
  e.push(v.a);
  e.push(v.b);
  e.as.op(`${shape}.${floatOp(v.op)}`);
}

function isProduct(v: Value): v is BinaryValue {
  return v.kind === 'Binary' && v.op === 'mul';
}

/** `a * b + c`, `c + a * b` and `c - a * b` as one instruction. @returns whether `v` is one of these */
function pushFused(e: Emitter, shape: FloatVector, { op, a, b }: BinaryValue): boolean {
  if (op !== 'add' && op !== 'sub') return false;
  const [product, addend] = op === 'add' && !isProduct(b) ? [a, b] : [b, a];
  if (!isProduct(product)) return false;
  e.push(product.a);
  e.push(product.b);
  e.push(addend);
  e.as.op(op === 'add' ? `${shape}.relaxed_madd` : `${shape}.relaxed_nmadd`);
  return true;
}

/**
 * min and max with a literal c. `pmin(x, c)` is `c < x ? c : x` and `pmax(x, c)` is `x < c ? c : x`: one machine
 * instruction where min and max need many, for they have to see to NaN and to the sign of zero. With a literal that is
 * not NaN, a NaN in x passes through in either way, and zeros can only differ where c is a zero:
 * - pmax(x, -0) and pmin(x, +0) are x for any zero x, which is what max and min give;
 * - pmax(x, +0) keeps x = -0 where max gives +0; adding +0 makes that right and changes nothing else;
 * - pmin(x, -0) would have to turn +0 into -0, and is left alone.
 * @returns whether `v` is such a case
 */
function pushPseudoExtremum(e: Emitter, shape: FloatVector, { op, a, b }: BinaryValue): boolean {
  const [left, right] = [operandOf(e, a), operandOf(e, b)];
  const [x, literal] = right.constant === null ? [right, left] : [left, right];
  const c = literal.constant;
  if (c === null || Number.isNaN(c) || (op === 'min' && Object.is(c, -0))) return false;
  x.push();
  literal.push();
  e.as.op(op === 'min' ? `${shape}.pmin` : `${shape}.pmax`);
  if (op === 'max' && Object.is(c, 0)) {
    e.constants.splat(shape, 0);
    e.as.op(`${shape}.add`);
  }
  return true;
}

function pushIntVector(e: Emitter, shape: 'i32x4' | 'i64x2', v: BinaryValue): void {
  const { as } = e;
  const plain = (op: 'add' | 'sub' | 'mul'): void => {
    pushBoth(e, v);
    as.op(`${shape}.${op}`);
  };
  switch (v.op) {
    case 'add':
    case 'sub':
    case 'mul':
      return plain(v.op);
    case 'min':
    case 'max':
      return pushVectorExtremum(e, v.op, shape, v);
    case 'bitand':
    case 'bitor':
    case 'bitxor':
      pushBoth(e, v);
      return as.op(v.op === 'bitand' ? 'v128.and' : v.op === 'bitor' ? 'v128.or' : 'v128.xor');
    default:
      if (pushByLiteral(e, shape, v)) return;
      pushLanewise(e, v.type, [v.a, v.b], (lanes) => {
        pushIntBinary(e, v.op, shape === 'i32x4' ? 'i32' : 'i64', [at(lanes, 0), at(lanes, 1)]);
      });
  }
}

function pushBoth(e: Emitter, { a, b }: BinaryValue): void {
  e.push(a);
  e.push(b);
}

function pushVectorExtremum(e: Emitter, op: 'min' | 'max', shape: 'i32x4' | 'i64x2', v: BinaryValue): void {
  const { as } = e;
  if (shape === 'i32x4') {
    pushBoth(e, v);
    return as.op(op === 'min' ? 'i32x4.min_s' : 'i32x4.max_s');
  }
  as.scope(() => {
    const [a, b] = [keep(e, operandOf(e, v.a)), keep(e, operandOf(e, v.b))];
    a.push();
    b.push();
    a.push();
    b.push();
    as.op(op === 'min' ? 'i64x2.lt_s' : 'i64x2.gt_s');
    as.op('v128.bitselect');
  });
}

/** Shifts by a literal, and divisions by powers of two. @returns whether `v` is one of these */
function pushByLiteral(e: Emitter, shape: Extract<VectorShape, 'i32x4' | 'i64x2'>, v: BinaryValue): boolean {
  const { as } = e;
  const { constant } = operandOf(e, v.b);
  const exponent = log2Of(constant);
  switch (v.op) {
    case 'shl':
    case 'shr':
      if (constant === null) return false;
      e.push(v.a);
      pushLiteral(e.as, 'i32', constant);
      as.op(v.op === 'shl' ? `${shape}.shl` : `${shape}.shr_s`);
      return true;
    case 'floordiv':
      if (exponent === null) return false;
      e.push(v.a);
      pushLiteral(e.as, 'i32', exponent);
      as.op(`${shape}.shr_s`);
      return true;
    case 'floormod':
      if (exponent === null || constant === null) return false;
      e.push(v.a);
      e.constants.splat(shape, constant - 1);
      as.op('v128.and');
      return true;
    default:
      return false;
  }
}
