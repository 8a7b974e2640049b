/**
 * @file Group 1: operations by kind. Index arithmetic inside of the stored value counts as integer operations, in its
 * simplest form; the indices of the store itself do not count.
 *
 * TVM's habits are kept: comparisons are integer operations whatever they compare, a conditional expression is a call of a
 * mathematical function, and a choice between values that reads no memory is a constant.
 */
import type { Linear } from '../../../shared/arith/linear.js';
import type { Buffer } from '../../../shared/ir/buffer.js';
import { constInt } from '../../../shared/ir/build.js';
import { isFloat, isIndexType, type DType } from '../../../shared/ir/dtype.js';
import type { BinaryOp, BufferLoad, Expr, IfThenElse } from '../../../shared/ir/expr.js';
import { walkExpr } from '../../../shared/ir/visit.js';
import { operandsOf, resolveCondition, resolveIndex, type IndexScope } from './index-scope.js';
import { slog } from './names.js';

/** Operations of one execution, by kind: 7 of floats, the same 7 of integers, of conditions, choices. */
export type OpCounts = Float64Array;

const ADD_SUB = 1;
const MUL = 2;
const DIV_MOD = 3;
const CMP = 4;
const MATH = 5;
/** Where the integer kinds begin. */
const INT = 7;
const BOOL = 14;
const SELECT = 15;
const KINDS = 16;

/** One read or write, its indices over loop variables. */
export interface Access {
  readonly buffer: Buffer;
  readonly indices: readonly Linear[];
}

/** What a stored value does, apart from the arithmetic of its loads' indices. */
export interface ValueSummary {
  readonly ops: OpCounts;
  /** Every load, also those in indices of loads. */
  readonly reads: readonly Access[];
}

interface Counter {
  readonly ops: OpCounts;
  readonly reads: Access[];
  readonly scope: IndexScope;
  readonly readers: Map<Expr, boolean>;
}

export function summarizeValue(value: Expr, scope: IndexScope): ValueSummary {
  const counter: Counter = { ops: new Float64Array(KINDS), reads: [], scope, readers: new Map() };
  countValue(value, counter);
  return counter;
}

/** Whether a store of this value is none that features are made for: constants, and choices between constants. */
export function isConstantValue(value: Expr): boolean {
  if (value.kind === 'Select') return !readsMemory(value, new Map());
  return value.kind === 'IntImm' || value.kind === 'FloatImm';
}

/** @param known answers so far, so that asking at every level of an expression looks at each node once */
function readsMemory(e: Expr, known: Map<Expr, boolean>): boolean {
  const answer = known.get(e);
  if (answer !== undefined) return answer;
  const reads = e.kind === 'BufferLoad' || operandsOf(e).some((operand) => readsMemory(operand, known));
  known.set(e, reads);
  return reads;
}

function countOp({ ops }: Counter, kind: number): void {
  ops[kind] = (ops[kind] ?? 0) + 1;
}

function countTyped(counter: Counter, dtype: DType, kind: number): void {
  countOp(counter, isFloat(dtype) ? kind : INT + kind);
}

const KIND_OF: { readonly [O in BinaryOp]: number } = {
  add: ADD_SUB,
  sub: ADD_SUB,
  mul: MUL,
  div: DIV_MOD,
  floordiv: DIV_MOD,
  floormod: DIV_MOD,
  truncdiv: DIV_MOD,
  truncmod: DIV_MOD,
  min: CMP,
  max: CMP,
  // These are calls in TVM.
  bitand: MATH,
  bitor: MATH,
  bitxor: MATH,
  shl: MATH,
  shr: MATH,
};

function countValue(e: Expr, counter: Counter): void {
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm':
      return;
    case 'Var':
      if (isIndexType(e.dtype)) countIndex(resolveIndex(e, counter.scope), counter.ops);
      return;
    case 'BufferLoad':
      return countLoad(e, counter);
    case 'Binary':
      if (isIndexType(e.dtype) && !readsMemory(e, counter.readers)) {
        return countIndex(resolveIndex(e, counter.scope), counter.ops);
      }
      countTyped(counter, e.dtype, KIND_OF[e.op]);
      countValue(e.a, counter);
      return countValue(e.b, counter);
    case 'Compare':
      countOp(counter, INT + CMP);
      countValue(e.a, counter);
      return countValue(e.b, counter);
    case 'Logical':
      countOp(counter, BOOL);
      countValue(e.a, counter);
      return countValue(e.b, counter);
    case 'Not':
      countOp(counter, BOOL);
      return countValue(e.a, counter);
    case 'Select':
      if (!readsMemory(e, counter.readers)) return;
      countOp(counter, SELECT);
      countValue(resolveCondition(e.condition, counter.scope), counter);
      countValue(e.whenTrue, counter);
      return countValue(e.whenFalse, counter);
    case 'IfThenElse':
      return countIfThenElse(e, counter);
    case 'Cast':
      return countValue(e.value, counter);
    case 'Call':
      countTyped(counter, e.dtype, MATH);
      for (const arg of e.args) countValue(arg, counter);
  }
}

function countIfThenElse(e: IfThenElse, counter: Counter): void {
  const condition = resolveCondition(e.condition, counter.scope);
  const decided = constInt(condition);
  if (decided !== null) return countValue(decided === 0 ? e.whenFalse : e.whenTrue, counter);
  countTyped(counter, e.dtype, MATH);
  countValue(condition, counter);
  countValue(e.whenTrue, counter);
  countValue(e.whenFalse, counter);
}

function countLoad(e: BufferLoad, counter: Counter): void {
  counter.reads.push(resolveAccess(e.buffer, e.indices, counter.scope));
  for (const index of e.indices) readNested(index, counter);
}

/** Notes the loads inside of an index. */
function readNested(index: Expr, { reads, scope }: Counter): void {
  if (index.kind === 'Var') return;
  walkExpr(index, (node) => {
    if (node.kind === 'BufferLoad') reads.push(resolveAccess(node.buffer, node.indices, scope));
  });
}

export function resolveAccess(buffer: Buffer, indices: readonly Expr[], scope: IndexScope): Access {
  return { buffer, indices: indices.map((index) => resolveIndex(index, scope)) };
}

/** Adds the operations that compute an index. */
function countIndex({ terms, constant }: Linear, ops: OpCounts): void {
  let summands = constant === 0 ? 0 : 1;
  for (const [atom, coefficient] of terms) {
    summands++;
    if (Math.abs(coefficient) !== 1) addInt(ops, MUL, 1);
    if (atom.kind !== 'Var') countAtom(atom, ops);
  }
  addInt(ops, ADD_SUB, Math.max(0, summands - 1));
}

/** Adds the integer operations of a simplified expression; a load inside is an access of its own. */
function countAtom(e: Expr, ops: OpCounts): void {
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad') return false;
    if (node.kind === 'Binary') addInt(ops, KIND_OF[node.op], 1);
    else if (node.kind === 'Compare') addInt(ops, CMP, 1);
    return true;
  });
}

function addInt(ops: OpCounts, kind: number, count: number): void {
  ops[INT + kind] = (ops[INT + kind] ?? 0) + count;
}

/** The operations of one execution of a store: of its value, and of the indices of its loads. */
export function operationsOf(value: OpCounts, reads: readonly Access[]): OpCounts {
  const ops = value.slice();
  for (const { indices } of reads) for (const index of indices) countIndex(index, ops);
  return ops;
}

/** Floating point operations of one execution. */
export function floatOpsOf(ops: OpCounts): number {
  return ops.subarray(0, INT).reduce((sum, count) => sum + count, 0);
}

/** @param runs executions of the store */
export function writeArithmetic(ops: OpCounts, runs: number, row: Float32Array, offset: number): void {
  for (let kind = 0; kind < KINDS; kind++) row[offset + kind] = slog((ops[kind] ?? 0) * runs);
}
