/** @file Conversions between the types of values: of one lane, and of all lanes of a vector at a time. */
import { rangeOf as rangeOfType, type DType } from '../../../shared/ir/dtype.js';
import type { ValueType } from '../../lower/loop-ir.js';
import { keep, type Emitter, type Operand } from './emitter.js';
import { pushIntBinary, wrap } from './integers.js';
import { pushLiteral } from './literals.js';
import type { Term } from './math/ops.js';
import { isHalf, scalarShape, vectorShape, type ScalarShape } from './value-types.js';

/** Pushes the conversion of one scalar. */
export function pushScalarCast(e: Emitter, from: DType, to: DType, value: Operand): void {
  if (to === 'bool') return pushIsNotZero(e, scalarShape(from), value);
  const isNarrow = to === 'int8' || to === 'uint8';
  const source = scalarShape(from);
  if (isNarrow && (source === 'f32' || source === 'f64')) return pushSaturated(e, source, to, value);
  value.push();
  convert(e, source, scalarShape(to));
  if (isNarrow) wrap(e, to);
}

function pushIsNotZero(e: Emitter, shape: ScalarShape, value: Operand): void {
  value.push();
  pushLiteral(e.as, shape, 0);
  e.as.op(`${shape}.ne`);
}

/** Appends the conversion between two scalar types. Floats become integers by truncation, saturating. */
function convert(e: Emitter, from: ScalarShape, to: ScalarShape): void {
  const { as } = e;
  if (from === to) return;
  switch (to) {
    case 'i32':
      return as.op(
        from === 'i64' ? 'i32.wrap_i64' : from === 'f32' ? 'i32.trunc_sat_f32_s' : 'i32.trunc_sat_f64_s',
      );
    case 'i64':
      return as.op(
        from === 'i32' ? 'i64.extend_i32_s' : from === 'f32' ? 'i64.trunc_sat_f32_s' : 'i64.trunc_sat_f64_s',
      );
    case 'f32':
      return as.op(
        from === 'i32' ? 'f32.convert_i32_s' : from === 'i64' ? 'f32.convert_i64_s' : 'f32.demote_f64',
      );
    case 'f64':
      return as.op(
        from === 'i32' ? 'f64.convert_i32_s' : from === 'i64' ? 'f64.convert_i64_s' : 'f64.promote_f32',
      );
  }
}

function computed(push: Term): Operand {
  return { push, constant: null, isNonNegative: () => false };
}

function pushSaturated(e: Emitter, from: 'f32' | 'f64', to: DType, value: Operand): void {
  const [min, max] = rangeOfType(to) ?? [0, 0];
  const literal = (constant: number): Operand => ({
    push: () => {
      e.as.i32(constant);
    },
    constant,
    isNonNegative: () => constant >= 0,
  });
  const truncated = computed(() => {
    value.push();
    convert(e, from, 'i32');
  });
  const bounded = computed(() => {
    pushIntBinary(e, 'max', 'i32', [truncated, literal(min)]);
  });
  pushIntBinary(e, 'min', 'i32', [bounded, literal(max)]);
}

/**
 * Pushes the conversion of a vector when there are instructions for it.
 * @returns whether there were; otherwise nothing is pushed
 */
export function pushVectorCast(e: Emitter, from: ValueType, to: ValueType, value: Operand): boolean {
  const { as } = e;
  const source = vectorShape(from);
  const target = vectorShape(to);
  if (from.dtype === 'bool') {
    pushMaskCast(e, to, value);
    return true;
  }
  if (to.dtype === 'bool') {
    value.push();
    e.constants.splat(source, 0);
    as.op(`${source}.ne`);
    if (isHalf(from)) as.op('i64x2.extend_low_i32x4_s');
    return true;
  }
  const op = VECTOR_CONVERSIONS[`${source} -> ${target}`];
  if (op === undefined) return false;
  value.push();
  as.op(op);
  return true;
}

const VECTOR_CONVERSIONS: Partial<Record<string, VectorConversion>> = {
  'i32x4 -> f32x4': 'f32x4.convert_i32x4_s',
  'f32x4 -> i32x4': 'i32x4.trunc_sat_f32x4_s',
  'i32x4 -> f64x2': 'f64x2.convert_low_i32x4_s',
  'i32x4 -> i64x2': 'i64x2.extend_low_i32x4_s',
  'f64x2 -> i32x4': 'i32x4.trunc_sat_f64x2_s_zero',
};

type VectorConversion =
  | 'f32x4.convert_i32x4_s'
  | 'i32x4.trunc_sat_f32x4_s'
  | 'f64x2.convert_low_i32x4_s'
  | 'i64x2.extend_low_i32x4_s'
  | 'i32x4.trunc_sat_f64x2_s_zero';

/** A mask becomes 1 or 0 in each lane by keeping these bits of 1. */
function pushMaskCast(e: Emitter, to: ValueType, value: Operand): void {
  if (isHalf(to)) pushNarrowed(e, value);
  else value.push();
  e.constants.splat(vectorShape(to), 1);
  e.as.op('v128.and');
}

/** The low words of both 64-bit lanes, twice. */
const LOW_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

/** Pushes the mask of two 64-bit lanes as one of two 32-bit lanes. */
export function pushNarrowed(e: Emitter, mask: Operand): void {
  e.as.scope(() => {
    const kept = keep(e, mask);
    kept.push();
    kept.push();
    e.as.shuffle(LOW_WORDS);
  });
}
