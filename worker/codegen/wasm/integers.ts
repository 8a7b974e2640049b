/**
 * @file Integer arithmetic on scalars. Narrow types are kept in i32 and wrapped to their width by `wrap`; what an
 * operator does is otherwise the same for all types of one Wasm type.
 */
import type { DType } from '../../../shared/ir/dtype.js';
import type { BinaryOp } from '../../../shared/ir/expr.js';
import { InternalError } from '../../../shared/support/errors.js';
import { keep, type Emitter, type Operand } from './emitter.js';
import { pushLiteral } from './literals.js';

type IntShape = 'i32' | 'i64';

/** Appends what normalises an i32 to the range of a narrow type. */
export function wrap(e: Emitter, dtype: DType): void {
  if (dtype === 'int8') {
    e.as.op('i32.extend8_s');
  } else if (dtype === 'uint8') {
    e.as.i32(0xff);
    e.as.op('i32.and');
  }
}

const PLAIN = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  truncdiv: 'div_s',
  truncmod: 'rem_s',
  bitand: 'and',
  bitor: 'or',
  bitxor: 'xor',
  shl: 'shl',
  shr: 'shr_s',
} as const;

/** Pushes `a op b`, before wrapping to a narrow type. */
export function pushIntBinary(
  e: Emitter,
  op: BinaryOp,
  shape: IntShape,
  operands: readonly [Operand, Operand],
): void {
  switch (op) {
    case 'min':
    case 'max':
      return pushExtremum(e, op, shape, operands);
    case 'floordiv':
    case 'floormod':
      return pushFloor(e, op, shape, operands);
    case 'div':
      throw new InternalError('div is not an operator of integers');
    default:
      operands[0].push();
      operands[1].push();
      e.as.op(`${shape}.${PLAIN[op]}`);
  }
}

function pushExtremum(
  e: Emitter,
  op: 'min' | 'max',
  shape: IntShape,
  operands: readonly [Operand, Operand],
): void {
  e.as.scope(() => {
    const [a, b] = [keep(e, operands[0]), keep(e, operands[1])];
    a.push();
    b.push();
    a.push();
    b.push();
    e.as.op(op === 'min' ? `${shape}.lt_s` : `${shape}.gt_s`);
    e.as.select();
  });
}

/** The exponent of a power of two, otherwise `null`. */
export function log2Of(value: number | null): number | null {
  if (value === null || value <= 0 || !Number.isSafeInteger(value)) return null;
  const exponent = Math.round(Math.log2(value));
  return 2 ** exponent === value ? exponent : null;
}

type FloorOp = 'floordiv' | 'floormod';

/** Division that rounds down; its remainder has the sign of the divisor. */
function pushFloor(e: Emitter, op: FloorOp, shape: IntShape, operands: readonly [Operand, Operand]): void {
  const [dividend, divisor] = operands;
  const shift = log2Of(divisor.constant);
  if (shift !== null) {
    dividend.push();
    pushLiteral(e.as, shape, op === 'floordiv' ? shift : 2 ** shift - 1);
    e.as.op(op === 'floordiv' ? `${shape}.shr_s` : `${shape}.and`);
  } else if (dividend.isNonNegative() && divisor.isNonNegative()) {
    dividend.push();
    divisor.push();
    e.as.op(op === 'floordiv' ? `${shape}.div_s` : `${shape}.rem_s`);
  } else {
    pushCorrected(e, op, shape, operands);
  }
}

/** Divides toward zero, then corrects by 1 (by the divisor) where the remainder has not the divisor's sign. */
function pushCorrected(
  e: Emitter,
  op: FloorOp,
  shape: IntShape,
  operands: readonly [Operand, Operand],
): void {
  const { as } = e;
  as.scope(() => {
    const [a, b] = [keep(e, operands[0]), keep(e, operands[1])];
    const remainder = as.temp(shape);
    a.push();
    b.push();
    as.op(`${shape}.rem_s`);
    as.set(remainder);
    if (op === 'floordiv') {
      const quotient = as.temp(shape);
      a.push();
      b.push();
      as.op(`${shape}.div_s`);
      as.tee(quotient);
      pushLiteral(e.as, shape, 1);
      as.op(`${shape}.sub`);
      as.get(quotient);
    } else {
      as.get(remainder);
      b.push();
      as.op(`${shape}.add`);
      as.get(remainder);
    }
    as.get(remainder);
    pushLiteral(e.as, shape, 0);
    as.op(`${shape}.ne`);
    as.get(remainder);
    b.push();
    as.op(`${shape}.xor`);
    pushLiteral(e.as, shape, 0);
    as.op(`${shape}.lt_s`);
    as.op('i32.and');
    as.select();
  });
}

/** Pushes the absolute value, which wraps around for the most negative number. */
export function pushIntAbs(e: Emitter, shape: IntShape, operand: Operand): void {
  const { as } = e;
  as.scope(() => {
    const value = keep(e, operand);
    const sign = as.temp(shape);
    value.push();
    pushLiteral(e.as, shape, shape === 'i32' ? 31 : 63);
    as.op(`${shape}.shr_s`);
    as.tee(sign);
    value.push();
    as.op(`${shape}.xor`);
    as.get(sign);
    as.op(`${shape}.sub`);
  });
}
