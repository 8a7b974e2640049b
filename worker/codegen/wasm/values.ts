/**
 * @file Instruction selection: from Loop IR values to instructions that push them. Operators are in
 * `binary-values.ts`, what is put together lane by lane in `vector-values.ts`.
 */
import type { CompareOp } from '../../../shared/ir/expr.js';
import { at } from '../../../shared/support/errors.js';
import type {
  CallValue,
  CastValue,
  CompareValue,
  LogicalValue,
  SelectValue,
  StoreStatement,
  Value,
} from '../../lower/loop-ir.js';
import { pushBinary, pushWrapping } from './binary-values.js';
import { pushNarrowed, pushScalarCast, pushVectorCast } from './casts.js';
import { keep, operandOf, pushAddress, type Emitter } from './emitter.js';
import { pushIntAbs, wrap } from './integers.js';
import { pushLiteral } from './literals.js';
import { intrinsic } from './math/intrinsics.js';
import { accessOf, isHalf, scalarShape, shapeOf, wasmTypeOf } from './value-types.js';
import { pushLanesValue, pushLanewise, pushSplatValue } from './vector-values.js';

/** Appends instructions that push `v`. @throws InternalError for types that Wasm has no representation of. */
export function pushValue(e: Emitter, v: Value): void {
  switch (v.kind) {
    case 'Const':
      return pushLiteral(e.as, scalarShape(v.type.dtype), v.value);
    case 'LocalValue':
      return e.as.get(e.localOf(v.local));
    case 'Load':
      return e.as.memory(accessOf(v.type).load, pushAddress(e, v.address));
    case 'Splat':
      return pushSplatValue(e, v);
    case 'Lanes':
      return pushLanesValue(e, v);
    case 'Unary':
      e.push(v.a);
      return e.as.op(v.type.lanes === 1 ? 'i32.eqz' : 'v128.not');
    case 'Binary':
      return pushBinary(e, v);
    case 'Compare':
      return pushCompare(e, v);
    case 'Logical':
      return pushLogical(e, v);
    case 'Select':
      return pushSelect(e, v);
    case 'IfValue':
      e.push(v.condition);
      return e.as.if(
        wasmTypeOf(v.type),
        () => {
          e.push(v.whenTrue);
        },
        () => {
          e.push(v.whenFalse);
        },
      );
    case 'Cast':
      return pushCast(e, v);
    case 'Call':
      return pushCall(e, v);
  }
}

/** Stores a value; narrow integers are cut to their width by the store itself. */
export function emitStore(e: Emitter, { address, value }: StoreStatement): void {
  const offset = pushAddress(e, address);
  pushWrapping(e, value);
  e.as.memory(accessOf(value.type).store, offset);
}

const COMPARE = {
  int: { eq: 'eq', ne: 'ne', lt: 'lt_s', le: 'le_s', gt: 'gt_s', ge: 'ge_s' },
  float: { eq: 'eq', ne: 'ne', lt: 'lt', le: 'le', gt: 'gt', ge: 'ge' },
} as const;

/** The same comparison with its operands swapped. */
const SWAPPED: { readonly [O in CompareOp]: CompareOp } = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
};

function pushCompare(e: Emitter, { op, a, b }: CompareValue): void {
  const shape = shapeOf(a.type);
  // As integers, the masks of vector conditions are ordered the other way round: true is -1.
  const order = a.type.dtype === 'bool' && a.type.lanes > 1 ? SWAPPED[op] : op;
  e.push(a);
  e.push(b);
  switch (shape) {
    case 'f32':
    case 'f64':
    case 'f32x4':
    case 'f64x2':
      return e.as.op(`${shape}.${COMPARE.float[order]}`);
    default:
      e.as.op(`${shape}.${COMPARE.int[order]}`);
      if (isHalf(a.type)) e.as.op('i64x2.extend_low_i32x4_s');
  }
}

function pushLogical(e: Emitter, { op, type, a, b }: LogicalValue): void {
  e.push(a);
  e.push(b);
  e.as.op(type.lanes === 1 ? `i32.${op}` : `v128.${op}`);
}

function pushSelect(e: Emitter, { type, condition, whenTrue, whenFalse }: SelectValue): void {
  e.push(whenTrue);
  e.push(whenFalse);
  if (condition.type.lanes === 1) {
    e.push(condition);
    return e.as.select();
  }
  if (isHalf(type)) pushNarrowed(e, operandOf(e, condition));
  else e.push(condition);
  e.as.op('v128.bitselect');
}

function pushCast(e: Emitter, { type, value }: CastValue): void {
  const operand = operandOf(e, value);
  if (type.lanes === 1) return pushScalarCast(e, value.type.dtype, type.dtype, operand);
  if (pushVectorCast(e, value.type, type, operand)) return;
  pushLanewise(e, type, [value], (lanes) => {
    pushScalarCast(e, value.type.dtype, type.dtype, at(lanes, 0));
  });
}

function pushCall(e: Emitter, v: CallValue): void {
  const shape = shapeOf(v.type);
  const operands = v.args.map((arg) => operandOf(e, arg));
  switch (shape) {
    case 'i32':
    case 'i64':
      pushIntAbs(e, shape, at(operands, 0));
      return wrap(e, v.type.dtype);
    case 'i32x4':
    case 'i64x2':
      at(operands, 0).push();
      return e.as.op(`${shape}.abs`);
    default: {
      e.as.scope(() => {
        const args = operands.map((operand) => keep(e, operand));
        const isSquare = v.op === 'pow' && args[1]?.constant === 2;
        const base = at(args, 0).push;
        const m = e.math(shape);
        const result = isSquare
          ? m.mul(base, base)
          : intrinsic(
              m,
              v.op,
              args.map((arg) => arg.push),
            );
        result();
      });
    }
  }
}
