/**
 * @file What instruction selection works with: the function under construction, the features of the target, the Wasm
 * locals of Loop IR locals and pointers, and operands that can be pushed more than once.
 */
import type { TargetFeatures } from '../../../shared/protocol/target.js';
import { lookup } from '../../../shared/support/errors.js';
import type { Address, Local, Value } from '../../lower/loop-ir.js';
import { regionOffset, type AddressPlan, type Pointer } from './address-plan.js';
import type { Assembler } from './assembler.js';
import type { LocalIndex } from './function-locals.js';
import { createVectorConstants, type VectorConstants } from './literals.js';
import type { FloatShape, MathOps, Term } from './math/ops.js';
import { scalarMath } from './math/scalar-ops.js';
import { vectorMath } from './math/vector-ops.js';
import { rangeOf } from './value-range.js';
import { wasmTypeOf } from './value-types.js';

export interface Emitter {
  readonly as: Assembler;
  readonly features: TargetFeatures;
  readonly plan: AddressPlan;
  /** The Wasm local of a Loop IR local, reserved when first asked for. */
  readonly localOf: (local: Local) => LocalIndex;
  /** The Wasm local of a pointer that was set. */
  readonly pointerLocal: (pointer: Pointer) => LocalIndex;
  readonly setPointerLocal: (pointer: Pointer, local: LocalIndex) => void;
  readonly math: (shape: FloatShape) => MathOps;
  readonly constants: VectorConstants;
  /** Appends instructions that push a value. @throws InternalError for types that Wasm has no representation of. */
  readonly push: (v: Value) => void;
}

export interface EmitterOptions {
  readonly as: Assembler;
  readonly features: TargetFeatures;
  readonly plan: AddressPlan;
  /** Instruction selection for values of any kind. */
  readonly pushValue: (e: Emitter, v: Value) => void;
}

export function createEmitter({ as, features, plan, pushValue }: EmitterOptions): Emitter {
  const locals = new Map<Local, LocalIndex>();
  const pointers = new Map<Pointer, LocalIndex>();
  const constants = createVectorConstants(as);
  const machines = new Map<FloatShape, MathOps>();
  const emitter: Emitter = {
    as,
    features,
    plan,
    constants,
    localOf(local) {
      const index = locals.get(local) ?? as.local(wasmTypeOf(local.type));
      locals.set(local, index);
      return index;
    },
    pointerLocal: (pointer) =>
      pointer.term === null ? pointer.base : lookup(pointers, pointer, 'a pointer'),
    setPointerLocal(pointer, local) {
      pointers.set(pointer, local);
    },
    math(shape) {
      const known = machines.get(shape);
      if (known !== undefined) return known;
      const isScalar = shape === 'f32' || shape === 'f64';
      const machine = isScalar ? scalarMath(as, shape) : vectorMath(as, constants, shape);
      machines.set(shape, machine);
      return machine;
    },
    push: (v) => {
      pushValue(emitter, v);
    },
  };
  return emitter;
}

/** A value that instructions can be selected by. */
export interface Operand {
  readonly push: Term;
  /** Its value, when it is a literal. */
  readonly constant: number | null;
  /** Whether it is certainly not negative. */
  readonly isNonNegative: () => boolean;
}

/** Computes an operand now, so that it can be pushed any number of times, inside of a `scope`. */
export function keep(e: Emitter, operand: Operand): Operand {
  if (operand.constant !== null) return operand;
  operand.push();
  const temp = e.as.temp(e.as.top());
  e.as.set(temp);
  return {
    ...operand,
    push: () => {
      e.as.get(temp);
    },
  };
}

/** A value as an operand; nothing is emitted yet. */
export function operandOf(e: Emitter, v: Value): Operand {
  const literal = v.kind === 'Splat' ? v.value : v;
  return {
    push: () => {
      e.push(v);
    },
    constant: literal.kind === 'Const' ? literal.value : null,
    isNonNegative: () => v.type.dtype === 'int32' && v.type.lanes === 1 && rangeOf(v, e.plan.ranges).min >= 0,
  };
}

/** Pushes a pointer for an access, with what the address adds to it. @returns the immediate that is left to be added */
export function pushAddress(e: Emitter, address: Address): number {
  const { as } = e;
  const pointer = e.plan.pointerOf(address);
  const rest = regionOffset(address.region) + address.offset - pointer.shift;
  const dynamic = address.dynamic === null ? null : operandOf(e, address.dynamic);
  const usesImmediate = pointer.isSafe && rest >= 0 && (dynamic === null || dynamic.isNonNegative());
  as.get(e.pointerLocal(pointer));
  if (!usesImmediate && rest !== 0) {
    as.i32(rest | 0);
    as.op('i32.add');
  }
  if (dynamic !== null) {
    dynamic.push();
    as.op('i32.add');
  }
  return usesImmediate ? rest : 0;
}
