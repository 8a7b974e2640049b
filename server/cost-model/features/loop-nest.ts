/** @file The loops around a store, outermost first, and the features that count them. */
import { boundsOf, type Bounds, type Interval } from '../../../shared/arith/bounds.js';
import { constInt } from '../../../shared/ir/build.js';
import type { Var } from '../../../shared/ir/expr.js';
import { AUTO_UNROLL_MAX_STEP } from '../../../shared/ir/pragmas.js';
import type { For, ForKind } from '../../../shared/ir/stmt.js';
import { slog, THREAD_AXES } from './names.js';

export interface Loop {
  readonly loopVar: Var;
  /** Iterations; a loop whose extent is no constant counts as one. */
  readonly extent: number;
  /** Iterations of this loop times those of all loops around it. */
  readonly prod: number;
  readonly range: Interval;
  readonly forKind: ForKind;
  readonly threadTag: string | null;
  /** Value of `pragma_auto_unroll_max_step`, 0 when there is none. */
  readonly autoUnroll: number;
}

/** Outermost first. */
export type LoopNest = readonly Loop[];

/** Runs of a statement inside of all these loops. */
export function prodOf(nest: LoopNest): number {
  return nest[nest.length - 1]?.prod ?? 1;
}

/** A loop inside of `nest`. */
export function createLoop(loop: For, nest: LoopNest, bounds: Bounds): Loop {
  const first = boundsOf(loop.min, bounds);
  const count = boundsOf(loop.extent, bounds);
  const extent = constInt(loop.extent) ?? 1;
  const autoUnroll = loop.annotations[AUTO_UNROLL_MAX_STEP];
  return {
    loopVar: loop.loopVar,
    extent,
    prod: prodOf(nest) * extent,
    range: { min: first.min, max: Math.max(first.min, first.max + count.max - 1) },
    forKind: loop.forKind,
    threadTag: loop.threadTag,
    autoUnroll: typeof autoUnroll === 'number' ? autoUnroll : 0,
  };
}

/** Numbers of each of the three kinds of annotation. */
const PER_KIND = 11;
const POSITION_NONE = 3;
const POSITION_MIXED = 10;

/**
 * Writes the 33 numbers of the vectorized, unrolled and parallel loops: how many there are, their iterations, those of
 * the innermost, and a flag for their position. As in TVM the position is never told apart: it is none or mixed.
 */
export function writeLoopAnnotations(nest: LoopNest, row: Float32Array, offset: number): void {
  writeKind(nest, 'vectorized', row, offset);
  writeKind(nest, 'unrolled', row, offset + PER_KIND);
  writeKind(nest, 'parallel', row, offset + 2 * PER_KIND);
}

function writeKind(nest: LoopNest, kind: ForKind, row: Float32Array, offset: number): void {
  let count = 0;
  let prod = 1;
  let innermost = 0;
  for (const { forKind, extent } of nest) {
    if (forKind !== kind) continue;
    count++;
    prod *= extent;
    innermost = extent;
  }
  row[offset + (count === 0 ? POSITION_NONE : POSITION_MIXED)] = 1;
  if (count === 0) return;
  row[offset] = slog(count);
  row[offset + 1] = slog(prod);
  row[offset + 2] = slog(innermost);
}

/** Writes the 8 numbers of the thread axes of a GPU: their extents, which are 1 where they are not used. */
export function writeThreads(nest: LoopNest, isGpu: boolean, row: Float32Array, offset: number): void {
  row[offset] = isGpu ? 1 : 0;
  THREAD_AXES.forEach((axis, i) => {
    const loop = isGpu ? nest.find(({ threadTag }) => threadTag?.startsWith(axis) === true) : undefined;
    row[offset + 1 + i] = slog(loop?.extent ?? 1);
  });
}

/** Writes the 3 numbers of the nest: iterations, number of loops, and the innermost automatic unrolling. */
export function writeLoops(nest: LoopNest, row: Float32Array, offset: number): void {
  row[offset] = slog(prodOf(nest));
  row[offset + 1] = slog(nest.length);
  row[offset + 2] = slog(nest.findLast(({ autoUnroll }) => autoUnroll > 0)?.autoUnroll ?? 0);
}
