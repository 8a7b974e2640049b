/**
 * @file Arguments for programs under test: deterministic small integers, on which float arithmetic is exact, and
 * runners that take inputs and give outputs.
 */
import { elementsOf, type Buffer } from '../../shared/ir/buffer.js';
import { isFloat, rangeOf, type DType } from '../../shared/ir/dtype.js';
import { interpret, typedArrayFor, type TypedArray } from '../../shared/ir/interpret.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { walkStmt } from '../../shared/ir/visit.js';
import { at } from '../../shared/support/errors.js';

/** Elements of the first operand of the course's exact products, by row and column. */
export const operandA = (i: number, k: number): number => ((7 * i + 3 * k) % 11) - 5;
/** Elements of the second operand. */
export const operandB = (r: number, c: number): number => ((5 * r + 2 * c + 1) % 13) - 6;

/** An array of `dtype` with the element `f(flat index)` at each place. */
export function filled(dtype: DType, length: number, f: (i: number) => number): TypedArray {
  const array = typedArrayFor(dtype, length);
  for (let i = 0; i < length; i++) assign(array, i, f(i));
  return array;
}

/** A float32 matrix, row by row. */
export function matrix(rows: number, columns: number, f: (r: number, c: number) => number): TypedArray {
  return filled('float32', rows * columns, (i) => f(Math.floor(i / columns), i % columns));
}

function assign(array: TypedArray, i: number, value: number): void {
  if (array instanceof BigInt64Array) array[i] = BigInt(value);
  else array[i] = value;
}

/** The elements as numbers, e.g. to compare arrays of different types. */
export function toNumbers(array: TypedArray): number[] {
  return Array.from(array, Number);
}

/** The parameters that a function stores to. */
export function outputsOf(func: PrimFunc): Buffer[] {
  const written = new Set<Buffer>();
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore') written.add(s.buffer);
    },
  });
  return func.params.filter((p) => written.has(p));
}

/** The parameters that a function only reads. */
export function inputsOf(func: PrimFunc): Buffer[] {
  const outputs = outputsOf(func);
  return func.params.filter((p) => !outputs.includes(p));
}

/**
 * Integers of magnitude 5 at most, not negative for unsigned types, that differ between parameters and along every
 * dimension: one array per input of `func`.
 */
export function integerInputs(func: PrimFunc): TypedArray[] {
  return inputsOf(func).map((p, index) => {
    const offset = (rangeOf(p.dtype)?.[0] ?? -5) < 0 ? 5 : 0;
    // A mixed hash rather than a short period: equal rows would hide exchanged indices.
    return filled(p.dtype, elementsOf(p), (i) => {
      const bits = Math.imul(i + 1 + 7919 * (index + 1), 0x9e3779b1) >>> 8;
      return p.dtype === 'bool' ? bits % 2 : (bits % (offset + 6)) - offset;
    });
  });
}

/** An array in which an element that was never written shows: NaN, or the type's largest value. */
function poisoned(p: Buffer): TypedArray {
  return filled(p.dtype, elementsOf(p), () => (isFloat(p.dtype) ? NaN : (rangeOf(p.dtype)?.[1] ?? 0)));
}

/** All arguments of `func` in order: the given inputs, and poisoned arrays for its outputs. */
export function argumentsFor(func: PrimFunc, inputs: readonly TypedArray[]): TypedArray[] {
  const outputs = outputsOf(func);
  let next = 0;
  return func.params.map((p) => (outputs.includes(p) ? poisoned(p) : at(inputs, next++)));
}

/** Runs a function in the reference interpreter on copies of `inputs`; returns its outputs in order. */
export function runInterpreter(func: PrimFunc, inputs: readonly TypedArray[]): TypedArray[] {
  const args = argumentsFor(
    func,
    inputs.map((array) => array.slice()),
  );
  interpret(func, args);
  const outputs = outputsOf(func);
  return args.filter((_, i) => outputs.includes(at(func.params, i)));
}

/** Sum, sum of squares and extremes: enough to recognise a result that is too large to write down. */
export function digest(array: TypedArray): { sum: number; squares: number; min: number; max: number } {
  let [sum, squares, min, max] = [0, 0, Infinity, -Infinity];
  for (const value of toNumbers(array)) {
    sum += value;
    squares += value * value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  return { sum, squares, min, max };
}
