/**
 * @file Which programs must give the same bits whatever the order of their sums.
 *
 * Float arithmetic on integers is exact while every intermediate result stays below 2^24 (float32's 24-bit
 * significand): then sums may be reordered, and products fused with sums, without a difference in one bit. This file
 * bounds the magnitude of everything a program computes from inputs of magnitude M. A program with an operator that
 * rounds (division, exp, ...), with a fractional constant, or with larger results is compared with a tolerance.
 */
import type { Buffer } from '../../shared/ir/buffer.js';
import { constInt } from '../../shared/ir/build.js';
import { isFloat } from '../../shared/ir/dtype.js';
import type { Binary, Expr } from '../../shared/ir/expr.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { Block, BufferStore, Stmt } from '../../shared/ir/stmt.js';
import { mapStmtChildren, walkExpr, walkStmt } from '../../shared/ir/visit.js';

/** Integers up to here are exact in float32. */
const EXACT_MAX = 2 ** 24;
/** Magnitudes of inputs that are tried, best first: more distinct values show more mistakes. */
const INPUT_MAGNITUDES = [4, 2, 1] as const;
/** Steps of a reduction that are followed one by one before a pattern is looked for. */
const MAX_STEPS_FOLLOWED = 64;

export interface Exactness {
  readonly exact: boolean;
  /** Largest magnitude that integer inputs may have. */
  readonly magnitude: number;
  /** Length of the longest reduction: how often one element is updated. */
  readonly reduction: number;
}

/** @param func the unscheduled program */
export function exactnessOf(func: PrimFunc): Exactness {
  let reduction = 1;
  for (const magnitude of INPUT_MAGNITUDES) {
    const state: Analysis = {
      exact: true,
      reduction: 1,
      bounds: new Map(func.params.map((p) => [p, magnitude])),
      initial: new Map(),
    };
    visitBlock(func.root, 1, state);
    reduction = state.reduction;
    if (state.exact) return { exact: true, magnitude, reduction };
  }
  return { exact: false, magnitude: 1, reduction };
}

interface Analysis {
  exact: boolean;
  reduction: number;
  /** Largest magnitude that each buffer's elements may have so far. */
  readonly bounds: Map<Buffer, number>;
  /** Where the reductions of the block at hand start from. */
  readonly initial: Map<Buffer, number>;
}

/** How often a store may hit one element: in all, and because of the enclosing blocks' reduce iterators alone. */
interface Repeats {
  readonly all: number;
  readonly ofBlocks: number;
}

function visit(s: Stmt, repeats: Repeats, state: Analysis): void {
  switch (s.kind) {
    case 'BufferStore':
      visitStore(s, repeats.all, state);
      return;
    case 'For':
      visit(s.body, { ...repeats, all: repeats.all * (constInt(s.extent) ?? Infinity) }, state);
      return;
    case 'BlockRealize':
      // The loops around a block drive its iterators: they say nothing that the iterators do not.
      visitBlock(s.block, repeats.ofBlocks, state);
      return;
    default:
      mapStmtChildren(
        s,
        (child) => {
          visit(child, repeats, state);
          return child;
        },
        (e) => e,
      );
  }
}

function visitBlock(b: Block, outerRepeats: number, state: Analysis): void {
  state.initial.clear();
  if (b.init !== null) visitInit(b.init, state);
  const repeats = b.iterVars
    .filter((iter) => iter.iterType !== 'spatial')
    .reduce((product, iter) => product * (constInt(iter.dom.extent) ?? Infinity), outerRepeats);
  visit(b.body, { all: repeats, ofBlocks: repeats }, state);
}

function visitInit(init: Stmt, state: Analysis): void {
  walkStmt(init, {
    stmt: (s) => {
      if (s.kind === 'BufferStore') state.initial.set(s.buffer, magnitudeOf(s.value, state));
    },
  });
}

function visitStore(s: BufferStore, repeats: number, state: Analysis): void {
  const before = state.bounds.get(s.buffer) ?? 0;
  if (!readsFrom(s.value, s.buffer)) {
    state.bounds.set(s.buffer, Math.max(before, magnitudeOf(s.value, state)));
    return;
  }
  state.reduction = Math.max(state.reduction, repeats);
  const start = state.initial.get(s.buffer) ?? before;
  const bound = reducedMagnitude(s, start, repeats, state);
  if (isFloat(s.buffer.dtype) && bound > EXACT_MAX && bound > start) state.exact = false;
  state.bounds.set(s.buffer, Math.max(before, bound));
}

/** Bound of an element after `repeats` updates that each read it. */
function reducedMagnitude(s: BufferStore, start: number, repeats: number, state: Analysis): number {
  let bound = start;
  let growth = 0;
  for (let step = 1; step <= repeats; step++) {
    if (step > MAX_STEPS_FOLLOWED) return Infinity;
    state.bounds.set(s.buffer, bound);
    const next = Math.max(bound, magnitudeOf(s.value, state));
    if (next === bound || next === Infinity) return next;
    // A sum grows by the same amount at every step: the rest follows.
    if (step > 2 && next - bound === growth) return next + growth * (repeats - step);
    growth = next - bound;
    bound = next;
  }
  return bound;
}

function readsFrom(e: Expr, b: Buffer): boolean {
  let found = false;
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad' && node.buffer === b) found = true;
    return !found;
  });
  return found;
}

/** Upper bound of |e|. Clears `exact` when a float result may be rounded. */
function magnitudeOf(e: Expr, state: Analysis): number {
  switch (e.kind) {
    case 'IntImm':
      return Math.abs(e.value);
    case 'FloatImm':
      if (Number.isFinite(e.value) && !Number.isInteger(e.value)) state.exact = false;
      return Math.abs(e.value);
    case 'Var':
      return Infinity;
    case 'BufferLoad':
      return state.bounds.get(e.buffer) ?? 0;
    case 'Binary':
      return magnitudeOfBinary(e, state);
    case 'Compare':
    case 'Logical':
    case 'Not':
      mapOperands(e, state);
      return 1;
    case 'Select':
    case 'IfThenElse':
      magnitudeOf(e.condition, state);
      return Math.max(magnitudeOf(e.whenTrue, state), magnitudeOf(e.whenFalse, state));
    case 'Cast': {
      const bound = magnitudeOf(e.value, state);
      if (isFloat(e.dtype) && bound > EXACT_MAX && !isConstant(e.value)) state.exact = false;
      return bound;
    }
    case 'Call': {
      const bounds = e.args.map((a) => magnitudeOf(a, state));
      if (e.op !== 'abs') state.exact = false;
      return Math.max(...bounds);
    }
  }
}

function mapOperands(e: Expr & { readonly kind: 'Compare' | 'Logical' | 'Not' }, state: Analysis): void {
  magnitudeOf(e.a, state);
  if (e.kind !== 'Not') magnitudeOf(e.b, state);
}

function isConstant(e: Expr): boolean {
  return e.kind === 'IntImm' || e.kind === 'FloatImm';
}

function magnitudeOfBinary(e: Binary, state: Analysis): number {
  const [a, b] = [magnitudeOf(e.a, state), magnitudeOf(e.b, state)];
  switch (e.op) {
    case 'min':
    case 'max':
      return Math.max(a, b);
    case 'add':
    case 'sub':
      return arithmetic(e, a + b, state);
    case 'mul':
      return arithmetic(e, a === 0 || b === 0 ? 0 : a * b, state);
    case 'div':
      state.exact = false;
      return a;
    default:
      // Integer operators wrap or truncate the same way in every order.
      return isFloat(e.dtype) ? Infinity : EXACT_MAX;
  }
}

/** Sums and products of floats are exact below the limit; those of integers always are. */
function arithmetic(e: Binary, bound: number, state: Analysis): number {
  if (isFloat(e.dtype) && bound > EXACT_MAX) state.exact = false;
  return bound;
}
