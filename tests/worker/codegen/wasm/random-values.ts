/** @file Random Loop IR values of a given type. Divisors are not zero. */
import { isFloat, type DType } from '../../../../shared/ir/dtype.js';
import type { BinaryOp, CompareOp, Intrinsic } from '../../../../shared/ir/expr.js';
import type { Value, ValueType } from '../../../../worker/lower/loop-ir.js';
import { binary, compare, constant, get, load, splat } from './loop-ir-dsl.js';
import { pick, randomAddress, type Generator, type Scope } from './random-addresses.js';

export const BOOL: ValueType = { dtype: 'bool', lanes: 1 };
export const SCALARS: readonly DType[] = ['bool', 'int8', 'uint8', 'int32', 'int64', 'float32', 'float64'];
export const VECTORS: readonly ValueType[] = [
  { dtype: 'float32', lanes: 4 },
  { dtype: 'int32', lanes: 4 },
  { dtype: 'float64', lanes: 2 },
  { dtype: 'int64', lanes: 2 },
];
const COMPARISONS: readonly CompareOp[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
const EXACT_CALLS: readonly Intrinsic[] = ['abs', 'ceil', 'floor', 'trunc', 'sqrt', 'rsqrt', 'round'];
const FLOAT_OPS: readonly BinaryOp[] = ['add', 'sub', 'mul', 'div', 'min', 'max'];
const DIVISIONS: readonly BinaryOp[] = ['floordiv', 'floormod', 'truncdiv', 'truncmod'];
const SHIFTS: readonly BinaryOp[] = ['shl', 'shr'];
const BITS: readonly BinaryOp[] = ['bitand', 'bitor', 'bitxor'];
const INT_OPS: readonly BinaryOp[] = ['add', 'sub', 'mul', 'min', 'max', ...BITS, ...DIVISIONS, ...SHIFTS];
const DIVISORS = [1, 2, 3, 4, 5, 7, 8, 16, 100, -2, -3, -8];
const FLOATS = [0, -0, 1, -1, 0.5, 1.5, 2.5, -2.5, 3, 1e10, -3e9, 1e30, 2 ** -140, Infinity, -Infinity, NaN];
const NARROW_INTS = [0, 1, 2, 100, 127];
const INTS = [0, 1, -1, 2, -7, 1000, 2 ** 31 - 1, -(2 ** 31)];

function randomLiteral({ random }: Generator, dtype: DType): number {
  if (dtype === 'float32') return Math.fround(pick(random, FLOATS));
  if (dtype === 'float64') return pick(random, FLOATS);
  if (dtype === 'bool') return random(2);
  return pick(random, dtype === 'int8' || dtype === 'uint8' ? NARROW_INTS : INTS);
}

function randomLeaf(g: Generator, type: ValueType, scope: Scope): Value {
  const { random } = g;
  const { dtype, lanes } = type;
  const known = scope.locals.filter((local) => local.type.dtype === dtype && local.type.lanes === lanes);
  if (known.length > 0 && random(2) === 0) return get(pick(random, known));
  if (lanes === 1) {
    const [index] = scope.indices.slice(random(scope.indices.length + 1));
    if (dtype === 'int32' && index !== undefined) return get(index.local);
    return random(2) === 0
      ? constant(randomLiteral(g, dtype), type)
      : load(type, randomAddress(g, type, scope));
  }
  const isInMemory = VECTORS.some((vector) => vector.dtype === dtype && vector.lanes === lanes);
  if (isInMemory && random(2) === 0) return load(type, randomAddress(g, type, scope));
  const scalar = (): Value => randomLeaf(g, { dtype, lanes: 1 }, scope);
  if (random(2) === 0) return splat(type, scalar());
  return { kind: 'Lanes', type, values: Array.from({ length: lanes }, scalar) };
}

/** @param depth height of the tree, index expressions aside */
export function randomValue(g: Generator, type: ValueType, scope: Scope, depth: number): Value {
  const { random } = g;
  if (depth <= 0) return randomLeaf(g, type, scope);
  const sub: Sub = (of) => randomValue(g, of, scope, depth - 1);
  switch (random(7)) {
    case 0:
      return randomLeaf(g, type, scope);
    case 1: {
      const condition = sub(random(2) === 0 ? BOOL : { dtype: 'bool', lanes: type.lanes });
      return { kind: 'Select', type, condition, whenTrue: sub(type), whenFalse: sub(type) };
    }
    case 2:
      if (random(3) === 0) return randomGuarded(g, type, scope, sub);
      return { kind: 'IfValue', type, condition: sub(BOOL), whenTrue: sub(type), whenFalse: sub(type) };
    case 3:
      return randomCast(g, type, sub);
    default:
      return type.dtype === 'bool' ? randomCondition(g, type, sub) : randomArithmetic(g, type, sub);
  }
}

/** Makes an operand. */
type Sub = (of: ValueType) => Value;

/** A load that is in bounds only where its condition holds. */
function randomGuarded(g: Generator, type: ValueType, scope: Scope, sub: Sub): Value {
  const [index] = scope.indices.slice(g.random(scope.indices.length + 1));
  if (index === undefined || type.lanes > 1 || index.min < 0 || index.max < 1) return sub(type);
  const from = 1 + g.random(index.max);
  return {
    kind: 'IfValue',
    type,
    condition: compare('ge', get(index.local), constant(from)),
    whenTrue: load(type, randomAddress(g, type, scope, { index, from })),
    whenFalse: sub(type),
  };
}

/** What can be converted lane by lane: 32 bits among each other, 64 bits and pairs of int32. */
function castSources({ lanes }: ValueType): readonly DType[] {
  if (lanes === 1) return SCALARS;
  if (lanes === 4) return ['bool', 'int32', 'float32'];
  return ['bool', 'int64', 'float64', 'int32'];
}

function randomCast({ random }: Generator, type: ValueType, sub: Sub): Value {
  const dtype = pick(random, castSources(type));
  if (dtype === type.dtype) return sub(type);
  return { kind: 'Cast', type, value: sub({ dtype, lanes: type.lanes }) };
}

function randomCondition({ random }: Generator, type: ValueType, sub: Sub): Value {
  switch (random(4)) {
    case 0:
      return { kind: 'Unary', op: 'not', type, a: sub(type) };
    case 1:
      return { kind: 'Logical', op: pick(random, ['and', 'or'] as const), type, a: sub(type), b: sub(type) };
    default: {
      const of: ValueType = { dtype: pick(random, castSources(type)), lanes: type.lanes };
      return compare(pick(random, COMPARISONS), sub(of), sub(of));
    }
  }
}

function randomArithmetic({ random }: Generator, type: ValueType, sub: Sub): Value {
  const { dtype, lanes } = type;
  const isPair = dtype === 'int32' && lanes === 2;
  if (random(5) === 0 && (isFloat(dtype) || (dtype !== 'uint8' && !isPair))) {
    return { kind: 'Call', op: isFloat(dtype) ? pick(random, EXACT_CALLS) : 'abs', type, args: [sub(type)] };
  }
  const op = pick(random, isFloat(dtype) ? FLOAT_OPS : INT_OPS);
  const a = sub(type);
  if (SHIFTS.includes(op)) return binary(op, a, constant(random(8), type));
  if (DIVISIONS.includes(op)) {
    if (random(3) === 0) return binary(op, a, binary('max', sub(type), constant(1, type)));
    return binary(op, a, constant(pick(random, dtype === 'uint8' ? NARROW_INTS.slice(1) : DIVISORS), type));
  }
  if (isFloat(dtype) && random(3) === 0) {
    const c = pick(random, FLOATS);
    const literal = constant(dtype === 'float32' ? Math.fround(c) : c, type);
    return random(2) === 0 ? binary(op, a, literal) : binary(op, literal, a);
  }
  return binary(op, a, sub(type));
}
