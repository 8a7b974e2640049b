/**
 * @file Index maps: where an element of a buffer goes when its layout changes, as expressions of its old indices.
 *
 * A map is analysed on one shape. It must be a quasi-affine rearrangement of digits (iter-map.ts), so that it has an
 * inverse: every old index is then a sum of digits of the new ones. Where a divisor does not divide an extent, the old
 * shape is imagined rounded up to what it divides; what is beyond the real shape is padding.
 */
import { add, constInt, floordiv, floormod, int, mul, variable } from '../ir/build.js';
import { forLoop, EMPTY } from '../ir/build-stmt.js';
import type { BinaryOp, Expr, Var } from '../ir/expr.js';
import { substitute, walkExpr } from '../ir/visit.js';
import { at } from '../support/errors.js';
import type { Bounds, Interval } from './bounds.js';
import { isAffineBinding, isOneToOne } from './iter-map.js';
import { toLinear } from './linear.js';
import { sameExpr } from './same-expr.js';
import { simplify, simplifiedBounds } from './simplify.js';

/** Tells index maps from annotation values, which may be any map. */
const IS_INDEX_MAP = Symbol('index map');

/** `[inputs] -> [outputs]`; inputs are int32, and the outputs mention no other variables. */
export interface IndexMap {
  readonly [IS_INDEX_MAP]: true;
  readonly inputs: readonly Var[];
  readonly outputs: readonly Expr[];
}

export function createIndexMap(inputs: readonly Var[], outputs: readonly Expr[]): IndexMap {
  return Object.freeze({ [IS_INDEX_MAP]: true as const, inputs, outputs });
}

export function isIndexMap(x: unknown): x is IndexMap {
  return typeof x === 'object' && x !== null && IS_INDEX_MAP in x;
}

/** A map written as a function of its indices: `indexMap((i, j) => [floordiv(i, 16), j, floormod(i, 16)])`. */
export function indexMap(outputs: (...indices: Var[]) => readonly Expr[]): IndexMap {
  const inputs = Array.from({ length: outputs.length }, (_, d) => variable(`i${d}`));
  return createIndexMap(inputs, outputs(...inputs));
}

/** The new indices of an element, simplified under the ranges of the variables in the old ones. */
export function mapIndices({ inputs, outputs }: IndexMap, indices: readonly Expr[], bounds: Bounds): Expr[] {
  const values = new Map(inputs.map((v, d) => [v, at(indices, d)]));
  return outputs.map((output) => simplify(substitute(output, values), bounds));
}

/** What a map does to one shape. */
export interface LayoutChange {
  /** The new shape. */
  readonly shape: readonly number[];
  /** The old shape, rounded up: the new one has as many elements. */
  readonly padded: readonly number[];
  /** The old indices of the element at the given new ones, simplified. */
  readonly inverse: (indices: readonly Var[]) => Expr[];
}

/**
 * The change of a layout; `null` when the map does not take every element of the (rounded) shape to a place of its own
 * and fill the new shape with them, has not one input per dimension, or is more than integer arithmetic on its inputs.
 */
export function layoutChange({ inputs, outputs }: IndexMap, shape: readonly number[]): LayoutChange | null {
  if (inputs.length !== shape.length || outputs.length === 0) return null;
  if (!outputs.every((output) => isArithmetic(output, inputs))) return null;
  const padded = shape.map((extent, d) => roundUp(extent, periodOf(at(inputs, d), outputs)));
  const bounds = boundsOfShape(inputs, padded);
  const simple = outputs.map((output) => simplify(output, bounds));
  const ranges = simple.map((output) => simplifiedBounds(output, bounds));
  if (ranges.some(({ min, max }) => min !== 0 || !Number.isSafeInteger(max))) return null;
  const newShape = ranges.map(({ max }) => max + 1);
  const loops = inputs.map((v, d) => forLoop(v, at(padded, d), EMPTY));
  const isBijective =
    isAffineBinding(simple, loops) && isOneToOne(simple, loops, 0) && product(newShape) === product(padded);
  if (!isBijective) return null;
  return {
    shape: newShape,
    padded,
    inverse: (indices) => invert({ inputs, outputs: simple, bounds }, indices, newShape),
  };
}

/** Whether an expression is made of the inputs and int32 literals by sums, products, quotients and remainders. */
function isArithmetic(e: Expr, inputs: readonly Var[]): boolean {
  if (e.kind === 'Var') return inputs.includes(e);
  if (e.kind === 'IntImm') return e.dtype === 'int32';
  return (
    e.kind === 'Binary' && ARITHMETIC.has(e.op) && isArithmetic(e.a, inputs) && isArithmetic(e.b, inputs)
  );
}

const ARITHMETIC: ReadonlySet<BinaryOp> = new Set<BinaryOp>(['add', 'sub', 'mul', 'floordiv', 'floormod']);

const product = (extents: readonly number[]): number => extents.reduce((total, extent) => total * extent, 1);

const roundUp = (n: number, multiple: number): number => Math.ceil(n / multiple) * multiple;

function boundsOfShape(vars: readonly Var[], shape: readonly number[]): Map<Var, Interval> {
  return new Map(vars.map((v, d) => [v, { min: 0, max: at(shape, d) - 1 }]));
}

/** The number that an index's extent must be a multiple of, for all divisions of the index itself to be exact. */
function periodOf(v: Var, outputs: readonly Expr[]): number {
  let period = 1;
  for (const output of outputs) {
    walkExpr(output, (e) => {
      const place = placeOf(e, v);
      if (place !== null) period = leastCommonMultiple(period, place.period);
    });
  }
  return period;
}

/**
 * Which digits of `v` an expression cuts out: those worth `start` and more, as `v // 6` does with 6. `period` is what the
 * extent must be a multiple of for the cut to be exact. `null` when the expression is something else.
 */
function placeOf(e: Expr, v: Var): { start: number; period: number } | null {
  if (e === v) return { start: 1, period: 1 };
  if (e.kind !== 'Binary') return null;
  const divisor = constInt(e.b) ?? 0;
  const inner = divisor > 0 ? placeOf(e.a, v) : null;
  if (inner === null) return null;
  const period = inner.start * divisor;
  if (e.op === 'floordiv') return { start: period, period };
  return e.op === 'floormod' ? { start: inner.start, period } : null;
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

interface SimpleMap {
  readonly inputs: readonly Var[];
  readonly outputs: readonly Expr[];
  readonly bounds: Bounds;
}

/**
 * Walks down from the outputs, whose values are the new indices. The value of a sum falls apart into the digits of its
 * terms; a quotient by c says c times its value about its dividend, and a remainder its value. What is said about one
 * expression adds up, because the map has every digit once; so larger expressions come before their parts.
 */
function invert(
  { inputs, outputs, bounds }: SimpleMap,
  indices: readonly Var[],
  shape: readonly number[],
): Expr[] {
  const known: { readonly e: Expr; value: Expr }[] = [];
  const learn = (e: Expr, value: Expr): void => {
    const entry = known.find((other) => sameExpr(other.e, e));
    if (entry === undefined) known.push({ e, value });
    else entry.value = add(entry.value, value);
  };
  const explain = (e: Expr, value: Expr): void => {
    if (e.kind === 'Binary' && (e.op === 'floordiv' || e.op === 'floormod')) {
      return learn(e.a, e.op === 'floordiv' ? mul(value, e.b) : value);
    }
    const terms = toLinear(e).terms.toSorted(([, a], [, b]) => b - a);
    terms.forEach(([atom, factor], i) => {
      const quotient = floordiv(value, factor);
      const extent = simplifiedBounds(atom, bounds).max + 1;
      learn(atom, i === 0 ? quotient : floormod(quotient, extent));
    });
  };
  outputs.forEach((output, d) => {
    if (output.kind === 'Var') learn(output, at(indices, d));
    else explain(output, at(indices, d));
  });
  for (let largest = nextOf(known); largest !== undefined; largest = nextOf(known)) {
    known.splice(known.indexOf(largest), 1);
    explain(largest.e, largest.value);
  }
  const inside = boundsOfShape(indices, shape);
  return inputs.map((v) => simplify(known.find(({ e }) => e === v)?.value ?? int(0), inside));
}

/** The largest expression that is not an input: nothing else that is still to be explained contains it. */
function nextOf<T extends { readonly e: Expr }>(known: readonly T[]): T | undefined {
  return known.filter(({ e }) => e.kind !== 'Var').toSorted((a, b) => sizeOf(b.e) - sizeOf(a.e))[0];
}

function sizeOf(e: Expr): number {
  let size = 0;
  walkExpr(e, () => {
    size++;
  });
  return size;
}
