/** @file Instruction selection for vectors that are made of scalars, and for what can only be done lane by lane. */
import { at } from '../../../shared/support/errors.js';
import type { LanesValue, LoadValue, SplatValue, Value, ValueType } from '../../lower/loop-ir.js';
import { keep, operandOf, pushAddress, type Emitter, type Operand } from './emitter.js';
import { vectorShape, type VectorShape } from './value-types.js';

/** A scalar in every lane. */
export function pushSplatValue(e: Emitter, { type, value }: SplatValue): void {
  const shape = vectorShape(type);
  if (value.kind === 'Load' && type.dtype !== 'bool') {
    const offset = pushAddress(e, value.address);
    return e.as.memory(isShort(shape) ? 'v128.load32_splat' : 'v128.load64_splat', offset);
  }
  if (value.kind === 'Const' && type.dtype !== 'bool') return e.constants.splat(shape, value.value);
  pushLane(e, type, value);
  e.as.op(`${shape}.splat`);
}

function isShort(shape: VectorShape): boolean {
  return shape === 'i32x4' || shape === 'f32x4';
}

/** Pushes a scalar as it stands in a lane of a vector: conditions become masks. */
function pushLane(e: Emitter, type: ValueType, value: Value): void {
  if (type.dtype !== 'bool') return e.push(value);
  e.as.i32(0);
  e.push(value);
  e.as.op('i32.sub');
  if (type.lanes === 2) e.as.op('i64.extend_i32_s');
}

/** A vector of separate scalars. */
export function pushLanesValue(e: Emitter, { type, values }: LanesValue): void {
  const shape = vectorShape(type);
  const literals = values.flatMap((value) => (value.kind === 'Const' ? [value.value] : []));
  if (literals.length === values.length && type.dtype !== 'bool') return e.constants.lanes(shape, literals);
  const loads = values.flatMap((value) => (value.kind === 'Load' ? [value] : []));
  if (loads.length === values.length && type.dtype !== 'bool') return pushGather(e, shape, loads);
  pushLane(e, type, at(values, 0));
  e.as.op(`${shape}.splat`);
  for (const [lane, value] of values.entries()) {
    if (lane === 0) continue;
    pushLane(e, type, value);
    e.as.lane(`${shape}.replace_lane`, lane);
  }
}

/** Loads each lane from its own address. */
function pushGather(e: Emitter, shape: VectorShape, loads: readonly LoadValue[]): void {
  const step = isShort(shape) ? stepOf(loads) : null;
  if (step === 2 * LANE_BYTES || step === 3 * LANE_BYTES) return pushSpread(e, loads, step);
  // The addresses lie on the stack, first one on top.
  const offsets = loads
    .toReversed()
    .map((load) => pushAddress(e, load.address))
    .toReversed();
  e.as.memory(isShort(shape) ? 'v128.load32_zero' : 'v128.load64_zero', at(offsets, 0));
  for (let lane = 1; lane < offsets.length; lane++) {
    e.as.memoryLane(isShort(shape) ? 'v128.load32_lane' : 'v128.load64_lane', at(offsets, lane), lane);
  }
}

const LANE_BYTES = 4;
const VECTOR_BYTES = 16;

/** The distance in bytes from each address to the next; null when it is not the same or not known. */
function stepOf(loads: readonly LoadValue[]): number | null {
  const [first, second] = [at(loads, 0).address, at(loads, 1).address];
  const step = second.offset - first.offset;
  const isRegular = loads.every(({ address }, lane) => {
    return (
      address.region === first.region &&
      address.dynamic === null &&
      address.offset === first.offset + lane * step &&
      address.terms.length === first.terms.length &&
      address.terms.every(({ local, bytes }, n) => {
        const term = first.terms[n];
        return term?.local === local && term.bytes === bytes;
      })
    );
  });
  return isRegular ? step : null;
}

/**
 * Four lanes that are two or three elements apart: a vector from the first on has two of them, a vector up to the last one
 * has the others, and both lie between the first and the last byte that is asked for.
 */
function pushSpread(e: Emitter, loads: readonly LoadValue[], step: number): void {
  const { address } = at(loads, 0);
  const second = 3 * step + LANE_BYTES - VECTOR_BYTES;
  e.as.memory('v128.load', pushAddress(e, address));
  e.as.memory('v128.load', pushAddress(e, address) + second);
  const starts = [0, step, VECTOR_BYTES + 2 * step - second, VECTOR_BYTES + 3 * step - second];
  e.as.shuffle(starts.flatMap((start) => [start, start + 1, start + 2, start + 3]));
}

/**
 * Pushes a vector each lane of which `pushScalar` computes from the same lane of the operands. For what the
 * instruction set has no vector form of.
 */
export function pushLanewise(
  e: Emitter,
  type: ValueType,
  operands: readonly Value[],
  pushScalar: (lanes: readonly Operand[]) => void,
): void {
  const { as } = e;
  const shape = vectorShape(type);
  as.scope(() => {
    const vectors = operands.map((operand) => ({
      shape: vectorShape(operand.type),
      operand: keep(e, { ...operandOf(e, operand), constant: null }),
      constant: operandOf(e, operand).constant,
    }));
    for (let lane = 0; lane < type.lanes; lane++) {
      pushScalar(
        vectors.map((vector) => ({
          push: () => {
            vector.operand.push();
            as.lane(`${vector.shape}.extract_lane`, lane);
          },
          constant: vector.constant,
          isNonNegative: () => vector.constant !== null && vector.constant >= 0,
        })),
      );
      if (lane === 0) as.op(`${shape}.splat`);
      else as.lane(`${shape}.replace_lane`, lane);
    }
  });
}
