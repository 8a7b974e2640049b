/** @file Short forms for Loop IR written by hand. */
import { bytesOf, type DType } from '../../../../shared/ir/dtype.js';
import type { BinaryOp, CompareOp } from '../../../../shared/ir/expr.js';
import type {
  Address,
  AddressTerm,
  Kernel,
  LoadValue,
  Local,
  LoopStatement,
  MemoryRegion,
  Statement,
  Value,
  ValueType,
} from '../../../../worker/lower/loop-ir.js';

export const I32: ValueType = { dtype: 'int32', lanes: 1 };
export const F32: ValueType = { dtype: 'float32', lanes: 1 };
export const F32X4: ValueType = { dtype: 'float32', lanes: 4 };

export function local(name: string, type: ValueType): Local {
  return { kind: 'Local', name, type };
}

export function get(l: Local): Value {
  return { kind: 'LocalValue', type: l.type, local: l };
}

export function param(index: number, dtype: DType, elements: number): MemoryRegion {
  return {
    kind: 'MemoryRegion',
    name: `p${index}`,
    dtype,
    bytes: elements * bytesOf(dtype),
    place: { kind: 'param', index },
  };
}

/** `terms` as pairs of a local and bytes. */
export function address(
  region: MemoryRegion,
  terms: readonly (readonly [Local, number])[],
  offset = 0,
  dynamic: Value | null = null,
): Address {
  return { region, terms: terms.map(([l, bytes]): AddressTerm => ({ local: l, bytes })), offset, dynamic };
}

export function load(type: ValueType, from: Address): LoadValue {
  return { kind: 'Load', type, address: from };
}

export function store(to: Address, value: Value): Statement {
  return { kind: 'Store', address: to, value };
}

export function assign(l: Local, value: Value): Statement {
  return { kind: 'Assign', local: l, value };
}

export function constant(value: number, type: ValueType = I32): Value {
  const scalar: Value = { kind: 'Const', type: { dtype: type.dtype, lanes: 1 }, value };
  return type.lanes === 1 ? scalar : splat(type, scalar);
}

export function splat(type: ValueType, value: Value): Value {
  return { kind: 'Splat', type, value };
}

export function binary(op: BinaryOp, a: Value, b: Value): Value {
  return { kind: 'Binary', op, type: a.type, a, b };
}

export function compare(op: CompareOp, a: Value, b: Value): Value {
  return { kind: 'Compare', op, type: { dtype: 'bool', lanes: a.type.lanes }, a, b };
}

export function loop(index: Local, extent: Value | number, body: readonly Statement[]): LoopStatement {
  return { kind: 'Loop', index, extent: typeof extent === 'number' ? constant(extent) : extent, body };
}

export function kernel(regions: readonly MemoryRegion[], body: readonly Statement[]): Kernel {
  return { name: 'kernel', regions, workspaceBytes: 0, body };
}
