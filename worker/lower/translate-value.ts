/**
 * @file From TensorIR expressions to Loop IR values, for one lane or for all lanes of a vectorized loop at a time.
 *
 * A value that is the same in all lanes stays scalar until it meets a vector. What cannot be computed lane-wise (a
 * lazily evaluated choice whose condition differs by lane, an access whose lanes are not evenly spaced) is computed
 * lane by lane and put together.
 */
import { simplify } from '../../shared/arith/simplify.js';
import { stridesOf, type Buffer } from '../../shared/ir/buffer.js';
import { add, mul } from '../../shared/ir/build.js';
import { bytesOf, isIndexType } from '../../shared/ir/dtype.js';
import type { BufferLoad, Expr, Var } from '../../shared/ir/expr.js';
import { usesVar } from '../../shared/ir/visit.js';
import { InternalError, lookup } from '../../shared/support/errors.js';
import {
  addInt32,
  affineConst,
  constant,
  scaleInt32,
  splitAffine,
  uniformValue,
  type Affine,
} from './affine.js';
import type { Address, Local, MemoryRegion, Value, ValueType } from './loop-ir.js';

export type Binding =
  { readonly kind: 'affine'; readonly affine: Affine } | { readonly kind: 'value'; readonly value: Value };

/** What translation knows at a point of the program. */
export interface Scope {
  readonly bindings: ReadonlyMap<Var, Binding>;
  /** Lanes that are translated at a time; 1 outside of vectorized loops. */
  readonly lanes: number;
  /** The variable that differs by lane, `null` when `lanes` is 1. */
  readonly laneVar: Var | null;
  readonly regions: ReadonlyMap<Buffer, MemoryRegion>;
  /** Enclosing loop indices, outermost first: the order of address terms. */
  readonly loops: readonly Local[];
}

function affineOf(scope: Scope): (v: Var) => Affine | null {
  return (v) => {
    const binding = lookup(scope.bindings, v, `the binding of ${v.name}`);
    return binding.kind === 'affine' ? binding.affine : null;
  };
}

/** The scope of one lane of a vectorized loop. */
export function laneScope(scope: Scope, lane: number): Scope {
  const { laneVar } = scope;
  if (laneVar === null) return scope;
  const binding = lookup(scope.bindings, laneVar, 'the lane binding');
  if (binding.kind !== 'affine') throw new InternalError('the lane variable is not affine');
  const { terms, constant: first, lane: step } = binding.affine;
  const affine: Affine = { terms, constant: first + step * lane, lane: 0 };
  return {
    ...scope,
    lanes: 1,
    laneVar: null,
    bindings: new Map([...scope.bindings, [laneVar, { kind: 'affine', affine }]]),
  };
}

/** Whether the value of `e` differs from lane to lane. */
export function isVarying(e: Expr, scope: Scope): boolean {
  return scope.laneVar !== null && usesVar(e, (v) => isLaneDependent(v, scope));
}

function isLaneDependent(v: Var, scope: Scope): boolean {
  const binding = scope.bindings.get(v);
  if (binding === undefined) return false;
  return binding.kind === 'affine' ? binding.affine.lane !== 0 : binding.value.type.lanes > 1;
}

/** An address and the distance in elements from one lane to the next; `null` when lanes are not evenly spaced. */
export function translateAddress(
  buffer: Buffer,
  indices: readonly Expr[],
  scope: Scope,
): { address: Address; laneStep: number } | null {
  const strides = stridesOf(buffer);
  let flat: Expr | null = null;
  for (const [d, index] of indices.entries()) {
    const scaled = mul(index, strides[d] ?? 1);
    flat = flat === null ? scaled : add(flat, scaled);
  }
  const elementBytes = bytesOf(buffer.dtype);
  const { affine, rest } =
    flat === null ? { affine: affineConst(0), rest: [] } : splitAffine(simplify(flat), affineOf(scope));
  let dynamic: Value | null = null;
  for (const [atom, factor] of rest) {
    if (isVarying(atom, scope)) return null;
    const bytes = scaleInt32(translateIndex(atom, scope), factor * elementBytes);
    dynamic = dynamic === null ? bytes : addInt32(dynamic, bytes);
  }
  const order = (local: Local): number => scope.loops.indexOf(local);
  const terms = [...affine.terms]
    .map(([local, coefficient]) => ({ local, bytes: coefficient * elementBytes }))
    .toSorted((a, b) => order(a.local) - order(b.local));
  const region = lookup(scope.regions, buffer, `the memory of ${buffer.name}`);
  return {
    address: { region, terms, offset: affine.constant * elementBytes, dynamic },
    laneStep: affine.lane,
  };
}

/** An index as an int32 scalar, whatever its type. Must not differ by lane. */
export function translateIndex(e: Expr, scope: Scope): Value {
  const { affine, rest } = splitAffine(e, affineOf(scope));
  let value = uniformValue(affine);
  for (const [atom, factor] of rest) {
    value = addInt32(value, scaleInt32(castTo(translateOpaque(atom, scope), 'int32'), factor));
  }
  return value;
}

function castTo(value: Value, dtype: ValueType['dtype']): Value {
  return value.type.dtype === dtype
    ? value
    : { kind: 'Cast', type: { dtype, lanes: value.type.lanes }, value };
}

export function splat(value: Value, lanes: number): Value {
  if (value.type.lanes === lanes) return value;
  return { kind: 'Splat', type: { dtype: value.type.dtype, lanes }, value };
}

/** Computes `e` lane by lane. */
function byLanes(e: Expr, scope: Scope): Value {
  const values = Array.from({ length: scope.lanes }, (_, lane) => translateValue(e, laneScope(scope, lane)));
  return { kind: 'Lanes', type: { dtype: e.dtype, lanes: scope.lanes }, values };
}

/** @returns a value of one lane, or of `scope.lanes` when `e` differs by lane */
export function translateValue(e: Expr, scope: Scope): Value {
  if (isIndexType(e.dtype) && e.kind !== 'IntImm') {
    const { affine, rest } = splitAffine(e, affineOf(scope));
    if (rest.length === 0) return castTo(rampValue(affine, scope.lanes), e.dtype);
  }
  return translateOpaque(e, scope);
}

/** The value of an affine form, as a vector when it differs by lane. */
function rampValue(affine: Affine, lanes: number): Value {
  const base = uniformValue(affine);
  if (affine.lane === 0) return base;
  const type: ValueType = { dtype: 'int32', lanes };
  const steps = Array.from({ length: lanes }, (_, lane) => constant(lane * affine.lane));
  return {
    kind: 'Binary',
    op: 'add',
    type,
    a: splat(base, lanes),
    b: { kind: 'Lanes', type, values: steps },
  };
}

function translateOpaque(e: Expr, scope: Scope): Value {
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm':
      return constant(e.value, { dtype: e.dtype, lanes: 1 });
    case 'Var':
      return translateVar(e, scope);
    case 'Binary': {
      const [a, b] = sameLanes([e.a, e.b], scope);
      return { kind: 'Binary', op: e.op, type: { dtype: e.dtype, lanes: a.type.lanes }, a, b };
    }
    case 'Compare': {
      const [a, b] = sameLanes([e.a, e.b], scope);
      return { kind: 'Compare', op: e.op, type: { dtype: 'bool', lanes: a.type.lanes }, a, b };
    }
    case 'Logical': {
      const [a, b] = sameLanes([e.a, e.b], scope);
      return { kind: 'Logical', op: e.op, type: a.type, a, b };
    }
    case 'Not': {
      const a = translateValue(e.a, scope);
      return { kind: 'Unary', op: 'not', type: a.type, a };
    }
    case 'Select':
      return translateSelect(e.condition, [e.whenTrue, e.whenFalse], scope);
    case 'IfThenElse': {
      if (isVarying(e.condition, scope)) return byLanes(e, scope);
      const condition = translateValue(e.condition, scope);
      const [whenTrue, whenFalse] = sameLanes([e.whenTrue, e.whenFalse], scope);
      return { kind: 'IfValue', type: whenTrue.type, condition, whenTrue, whenFalse };
    }
    case 'Cast': {
      const value = translateValue(e.value, scope);
      return castTo(value, e.dtype);
    }
    case 'Call': {
      const args = e.args.map((arg) => translateValue(arg, scope));
      const lanes = Math.max(...args.map((arg) => arg.type.lanes));
      return {
        kind: 'Call',
        op: e.op,
        type: { dtype: e.dtype, lanes },
        args: args.map((arg) => splat(arg, lanes)),
      };
    }
    case 'BufferLoad':
      return translateLoad(e, scope);
  }
}

function translateVar(v: Var, scope: Scope): Value {
  const binding = lookup(scope.bindings, v, `the binding of ${v.name}`);
  return binding.kind === 'value' ? binding.value : castTo(rampValue(binding.affine, scope.lanes), v.dtype);
}

/** Both operands with the same number of lanes. */
function sameLanes(operands: readonly [Expr, Expr], scope: Scope): [Value, Value] {
  const a = translateValue(operands[0], scope);
  const b = translateValue(operands[1], scope);
  const lanes = Math.max(a.type.lanes, b.type.lanes);
  return [splat(a, lanes), splat(b, lanes)];
}

function translateSelect(condition: Expr, sides: readonly [Expr, Expr], scope: Scope): Value {
  const chosen = translateValue(condition, scope);
  const [a, b] = sameLanes(sides, scope);
  const lanes = Math.max(chosen.type.lanes, a.type.lanes);
  const type: ValueType = { dtype: a.type.dtype, lanes };
  const whenTrue = splat(a, lanes);
  const whenFalse = splat(b, lanes);
  // A condition that all lanes share still chooses whole vectors: no lane mask is needed.
  return { kind: 'Select', type, condition: chosen, whenTrue, whenFalse };
}

function translateLoad(e: BufferLoad, scope: Scope): Value {
  const target = translateAddress(e.buffer, e.indices, scope);
  if (target === null) return byLanes(e, scope);
  const { address, laneStep } = target;
  if (laneStep === 0) return { kind: 'Load', type: { dtype: e.dtype, lanes: 1 }, address };
  if (laneStep === 1) return { kind: 'Load', type: { dtype: e.dtype, lanes: scope.lanes }, address };
  return byLanes(e, scope);
}
