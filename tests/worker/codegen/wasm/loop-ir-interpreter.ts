/**
 * @file A direct interpreter of Loop IR: the oracle of the code generator. A value is the list of its lanes; int64 lanes
 * are bigints, all others numbers. Every access is checked against the bounds of its region.
 */
import { bytesOf, isFloat, rangeOf, type DType } from '../../../../shared/ir/dtype.js';
import type { BinaryOp, CompareOp, Intrinsic } from '../../../../shared/ir/expr.js';
import type { Address, Kernel, Local, Statement, Value } from '../../../../worker/lower/loop-ir.js';

export type Lane = number | bigint;

export interface Machine {
  readonly memory: DataView;
  /** Addresses of the parameters, then of the workspace. */
  readonly bases: readonly number[];
}

type Locals = Map<Local, readonly Lane[]>;

export function interpretKernel(kernel: Kernel, machine: Machine): void {
  runAll(kernel.body, machine, new Map());
}

function runAll(body: readonly Statement[], machine: Machine, locals: Locals): void {
  for (const s of body) run(s, machine, locals);
}

function run(s: Statement, machine: Machine, locals: Locals): void {
  switch (s.kind) {
    case 'Assign':
      locals.set(s.local, evaluate(s.value, machine, locals));
      return;
    case 'Store': {
      const { dtype, lanes } = s.value.type;
      const at = locate(s.address, bytesOf(dtype) * lanes, machine, locals);
      evaluate(s.value, machine, locals).forEach((lane, n) => {
        write(machine.memory, dtype, at + n * bytesOf(dtype), lane);
      });
      return;
    }
    case 'Loop': {
      const trips = int(evaluate(s.extent, machine, locals)[0]);
      for (let n = 0; n < trips; n++) {
        locals.set(s.index, [n]);
        runAll(s.body, machine, locals);
      }
      return;
    }
    case 'IfStatement':
      runAll(int(evaluate(s.condition, machine, locals)[0]) === 0 ? s.else : s.then, machine, locals);
  }
}

function int(lane: Lane | undefined): number {
  if (typeof lane !== 'number') throw new Error('not an int32');
  return lane;
}

function locate(address: Address, bytes: number, machine: Machine, locals: Locals): number {
  const { region, terms, offset, dynamic } = address;
  let relative = offset + (dynamic === null ? 0 : int(evaluate(dynamic, machine, locals)[0]));
  for (const term of terms) relative += term.bytes * int((locals.get(term.local) ?? [])[0]);
  if (relative < 0 || relative + bytes > region.bytes) {
    throw new Error(`${region.name}: access of ${bytes} at ${relative} of ${region.bytes}`);
  }
  const { place } = region;
  const base = place.kind === 'param' ? machine.bases[place.index] : machine.bases.at(-1);
  return (base ?? 0) + (place.kind === 'param' ? 0 : place.offset) + relative;
}

function read(memory: DataView, dtype: DType, at: number): Lane {
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return memory.getUint8(at);
    case 'int8':
      return memory.getInt8(at);
    case 'int32':
      return memory.getInt32(at, true);
    case 'int64':
      return memory.getBigInt64(at, true);
    case 'float32':
      return memory.getFloat32(at, true);
    case 'float64':
      return memory.getFloat64(at, true);
  }
}

function write(memory: DataView, dtype: DType, at: number, lane: Lane): void {
  if (dtype === 'int64') memory.setBigInt64(at, BigInt(lane), true);
  else if (dtype === 'int32') memory.setInt32(at, Number(lane), true);
  else if (dtype === 'float32') memory.setFloat32(at, Number(lane), true);
  else if (dtype === 'float64') memory.setFloat64(at, Number(lane), true);
  else memory.setUint8(at, Number(lane));
}

/** Rounds or wraps an exact result to a type. */
function normalize(dtype: DType, lane: Lane): Lane {
  switch (dtype) {
    case 'int64':
      return BigInt.asIntN(64, BigInt(lane));
    case 'float32':
      return Math.fround(Number(lane));
    case 'float64':
      return Number(lane);
    case 'int8':
      return Number(BigInt.asIntN(8, BigInt(lane)));
    case 'uint8':
      return Number(BigInt.asUintN(8, BigInt(lane)));
    default:
      return Number(BigInt.asIntN(32, BigInt(lane)));
  }
}

function evaluate(v: Value, machine: Machine, locals: Locals): readonly Lane[] {
  const lanesOf = (value: Value): readonly Lane[] => evaluate(value, machine, locals);
  const pairs = (a: Value, b: Value, f: (x: Lane, y: Lane) => Lane): Lane[] => {
    const right = lanesOf(b);
    return lanesOf(a).map((x, n) => f(x, right[n] ?? 0));
  };
  switch (v.kind) {
    case 'Const':
      return [v.type.dtype === 'int64' ? BigInt(v.value) : v.value];
    case 'LocalValue':
      return locals.get(v.local) ?? [];
    case 'Load': {
      const { dtype, lanes } = v.type;
      const at = locate(v.address, bytesOf(dtype) * lanes, machine, locals);
      return Array.from({ length: lanes }, (_, n) => read(machine.memory, dtype, at + n * bytesOf(dtype)));
    }
    case 'Splat': {
      const [lane = 0] = lanesOf(v.value);
      return Array.from({ length: v.type.lanes }, () => lane);
    }
    case 'Lanes':
      return v.values.flatMap(lanesOf);
    case 'Unary':
      return lanesOf(v.a).map((lane) => (lane === 0 ? 1 : 0));
    case 'Binary':
      return pairs(v.a, v.b, (x, y) => normalize(v.type.dtype, binary(v.type.dtype, v.op, x, y)));
    case 'Compare':
      return pairs(v.a, v.b, (x, y) => (compare(v.op, x, y) ? 1 : 0));
    case 'Logical':
      return pairs(v.a, v.b, (x, y) => ((v.op === 'and' ? x !== 0 && y !== 0 : x !== 0 || y !== 0) ? 1 : 0));
    case 'Select': {
      const chosen = lanesOf(v.condition);
      const [whenTrue, whenFalse] = [lanesOf(v.whenTrue), lanesOf(v.whenFalse)];
      return whenTrue.map((lane, n) =>
        (chosen.length === 1 ? chosen[0] : chosen[n]) === 0 ? (whenFalse[n] ?? 0) : lane,
      );
    }
    case 'IfValue':
      return lanesOf(lanesOf(v.condition)[0] === 0 ? v.whenFalse : v.whenTrue);
    case 'Cast':
      return lanesOf(v.value).map((lane) => convert(v.value.type.dtype, v.type.dtype, lane));
    case 'Call': {
      const [argument] = v.args;
      if (argument === undefined) throw new Error('a call without arguments');
      return lanesOf(argument).map((lane) => normalize(v.type.dtype, callOf(v.op, v.type.dtype, lane)));
    }
  }
}

function compare(op: CompareOp, a: Lane, b: Lane): boolean {
  switch (op) {
    case 'eq':
      return a === b;
    case 'ne':
      return a !== b;
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
  }
}

function binary(dtype: DType, op: BinaryOp, a: Lane, b: Lane): Lane {
  if (!isFloat(dtype)) return bigBinary(op, BigInt(a), BigInt(b));
  const [x, y] = [Number(a), Number(b)];
  switch (op) {
    case 'add':
      return x + y;
    case 'sub':
      return x - y;
    case 'mul':
      return x * y;
    case 'div':
      return x / y;
    case 'min':
      return Math.min(x, y);
    case 'max':
      return Math.max(x, y);
    default:
      throw new Error(`${op} of floats`);
  }
}

function bigBinary(op: BinaryOp, a: bigint, b: bigint): bigint {
  const quotient = (): bigint => a / b;
  const isInexact = (): boolean => a % b !== 0n && a % b < 0n !== b < 0n;
  switch (op) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'truncdiv':
      return quotient();
    case 'truncmod':
      return a % b;
    case 'floordiv':
      return isInexact() ? quotient() - 1n : quotient();
    case 'floormod':
      return isInexact() ? (a % b) + b : a % b;
    case 'min':
      return a < b ? a : b;
    case 'max':
      return a > b ? a : b;
    case 'bitand':
      return a & b;
    case 'bitor':
      return a | b;
    case 'bitxor':
      return a ^ b;
    case 'shl':
      return a << b;
    case 'shr':
      return a >> b;
    case 'div':
      throw new Error('div of integers');
  }
}

function convert(from: DType, to: DType, lane: Lane): Lane {
  if (to === 'bool') return Number(lane) === 0 ? 0 : 1;
  if (isFloat(to))
    return normalize(to, to === 'float32' && typeof lane === 'bigint' ? toFloat32(lane) : lane);
  if (!isFloat(from)) return normalize(to, lane);
  const value = Number(lane);
  if (Number.isNaN(value)) return normalize(to, 0n);
  if (to === 'int64') {
    const [min, max] = [-(2n ** 63n), 2n ** 63n - 1n];
    if (value <= -(2 ** 63)) return min;
    return value >= 2 ** 63 ? max : BigInt(Math.trunc(value));
  }
  const [min, max] = rangeOf(to) ?? [0, 0];
  return Math.trunc(Math.max(min, Math.min(max, value))) + 0;
}

/** Rounds once: by way of a float64 it would be twice. */
function toFloat32(lane: bigint): number {
  const magnitude = lane < 0n ? -lane : lane;
  const excess = Math.max(0, magnitude.toString(2).length - 40);
  const low = magnitude & ((1n << BigInt(excess)) - 1n);
  const sticky = ((magnitude >> BigInt(excess)) | (low === 0n ? 0n : 1n)) << BigInt(excess);
  return Math.fround(Number(lane < 0n ? -sticky : sticky));
}

function callOf(op: Intrinsic, dtype: DType, lane: Lane): Lane {
  if (typeof lane === 'bigint') return lane < 0n ? -lane : lane;
  switch (op) {
    case 'abs':
      return Math.abs(lane);
    case 'ceil':
      return Math.ceil(lane);
    case 'floor':
      return Math.floor(lane);
    case 'trunc':
      return Math.trunc(lane);
    case 'sqrt':
      return Math.sqrt(lane);
    case 'rsqrt':
      return 1 / Number(normalize(dtype, Math.sqrt(lane)));
    case 'round':
      return roundEven(lane);
    default:
      throw new Error(`${op} is not exact`);
  }
}

function roundEven(x: number): number {
  if (!Number.isFinite(x)) return x;
  const floor = Math.floor(x);
  const rest = x - floor;
  const rounded = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}
