/**
 * @file Group 3: the curve of arithmetic intensity, floating point operations per distinct byte touched, from the innermost
 * loop alone to the whole nest. It is sampled at equal steps of operations, so large loops take most of it.
 */
import { at } from '../../../shared/support/errors.js';
import type { LoopNest } from './loop-nest.js';
import { slog } from './names.js';

export interface IntensityInput {
  readonly nest: LoopNest;
  /** Floating point operations of one execution of the store. */
  readonly floatOps: number;
  /** Bytes touched under each loop. */
  readonly loopBytes: readonly number[];
  /** Points of the curve. */
  readonly samples: number;
}

/** Rounding of products of steps, in operations. */
const TOLERANCE = 1e-4;

/** Writes the curve; it is zero where nothing is computed or no loop runs. */
export function writeIntensity(input: IntensityInput, row: Float32Array, offset: number): void {
  const { nest, floatOps, loopBytes, samples } = input;
  if (floatOps <= 0 || nest.length === 0) return;
  // From inner to outer.
  const ops: number[] = [];
  const intensity: number[] = [];
  let total = floatOps;
  for (let i = nest.length - 1; i >= 0; i--) {
    total *= at(nest, i).extent;
    ops.push(total);
    intensity.push(total / at(loopBytes, i));
  }
  let p = 0;
  for (let i = 0; i < samples; i++) {
    const wanted = ((i + 1) / samples) * total;
    while (at(ops, p) < wanted - TOLERANCE) p++;
    row[offset + i] = slog(p === 0 ? at(intensity, 0) : between(ops, intensity, p, wanted));
  }
}

/** The intensity at a number of operations between those of two loops. */
function between(ops: readonly number[], intensity: readonly number[], p: number, wanted: number): number {
  const [low, high] = [at(ops, p - 1), at(ops, p)];
  const [from, to] = [at(intensity, p - 1), at(intensity, p)];
  return from + ((to - from) / (high - low)) * (wanted - low);
}
