/**
 * @file The memory that the loops around a store touch: for each loop, from inner to outer, the box of each buffer that is
 * accessed while this loop and those inside it run and those outside stand still.
 */
import { boundsOfLinear, type Interval } from '../../../shared/arith/bounds.js';
import type { Buffer } from '../../../shared/ir/buffer.js';
import { bytesOf } from '../../../shared/ir/dtype.js';
import type { Var } from '../../../shared/ir/expr.js';
import { at } from '../../../shared/support/errors.js';
import type { IndexForm } from './index-scope.js';
import type { Loop, LoopNest } from './loop-nest.js';

/** How one store uses one buffer. */
export interface BufferUse {
  readonly buffer: Buffer;
  readonly access: 'read' | 'write' | 'readWrite';
  /** Extents of the buffer, of its allocation if it is a temporary. */
  readonly shape: readonly number[];
  /** The indices of each access. */
  readonly accesses: readonly (readonly IndexForm[])[];
}

/** What a whole nest touches of one buffer. */
export interface Touched {
  readonly elements: number;
  /** Extents of the box. */
  readonly box: readonly number[];
}

/** What stores so far touched under one loop: a store counts each time, also those of the same memory. */
export interface TouchLog {
  bytes: number;
  readonly byBuffer: Map<Buffer, { stores: number; fewestElements: number }>;
}

export interface NestTouched {
  /** In the order of the uses. */
  readonly uses: readonly Touched[];
  /** Bytes under each loop of the nest. */
  readonly loopBytes: readonly number[];
}

/** The values an index takes; its ends move as loops are set free. */
interface Span {
  min: number;
  max: number;
}

/**
 * Measures what a store touches and enters it in the logs of its loops.
 *
 * @param logs one per loop, made here when missing
 */
export function touch(uses: readonly BufferUse[], nest: LoopNest, logs: Map<Loop, TouchLog>): NestTouched {
  const free = uses.every(isAffine) ? null : standingStill(nest);
  const spans = uses.map(({ accesses }) =>
    accesses.map((indices) => indices.map((index) => startOf(index, nest, free))),
  );
  const elements = uses.map((use, u) => elementsIn(use, at(spans, u)));
  const loopBytes = nest.map(() => 0);
  for (let level = nest.length - 1; level >= 0; level--) {
    const loop = at(nest, level);
    const log = logOf(loop, logs);
    free?.set(loop.loopVar, loop.range);
    let bytes = 0;
    uses.forEach((use, u) => {
      const moved = widen(use, at(spans, u), { level, loop, free });
      if (moved) elements[u] = elementsIn(use, at(spans, u));
      const count = at(elements, u);
      bytes += count * bytesOf(use.buffer.dtype);
      const entry = log.byBuffer.get(use.buffer);
      if (entry === undefined) log.byBuffer.set(use.buffer, { stores: 1, fewestElements: count });
      else {
        entry.stores++;
        entry.fewestElements = Math.min(entry.fewestElements, count);
      }
    });
    loopBytes[level] = bytes;
    log.bytes += bytes;
  }
  return {
    uses: uses.map((use, u) => ({
      elements: at(elements, u),
      // TVM does not work out the box where there are no loops.
      box: use.shape.map((_, d) => (nest.length === 0 ? 1 : extentOf(at(spans, u), d, use.shape))),
    })),
    loopBytes,
  };
}

function isAffine({ accesses }: BufferUse): boolean {
  return accesses.every((indices) => indices.every(({ affine }) => affine));
}

/** Ranges in which every loop is at its first iteration. */
function standingStill(nest: LoopNest): Map<Var, Interval> {
  return new Map(nest.map(({ loopVar, range }) => [loopVar, { min: range.min, max: range.min }]));
}

function logOf(loop: Loop, logs: Map<Loop, TouchLog>): TouchLog {
  const known = logs.get(loop);
  if (known !== undefined) return known;
  const log: TouchLog = { bytes: 0, byBuffer: new Map() };
  logs.set(loop, log);
  return log;
}

/** The value of an index in the first iteration of all loops. */
function startOf(
  { linear, strides, affine }: IndexForm,
  nest: LoopNest,
  free: Map<Var, Interval> | null,
): Span {
  if (!affine && free !== null) return { ...boundsOfLinear(linear, free) };
  let value = linear.constant;
  for (let i = 0; i < nest.length; i++) {
    const stride = at(strides, i);
    if (stride !== 0) value += stride * at(nest, i).range.min;
  }
  return { min: value, max: value };
}

interface FreedLoop {
  readonly level: number;
  readonly loop: Loop;
  readonly free: Map<Var, Interval> | null;
}

/** Lets one more loop run; says whether that makes a difference. */
function widen(
  use: BufferUse,
  spans: readonly (readonly Span[])[],
  { level, loop, free }: FreedLoop,
): boolean {
  let moved = false;
  for (let a = 0; a < use.accesses.length; a++) {
    const indices = at(use.accesses, a);
    for (let d = 0; d < indices.length; d++) {
      const { linear, strides, affine } = at(indices, d);
      const stride = at(strides, level);
      if (stride === 0) continue;
      moved = true;
      const span = at(at(spans, a), d);
      const reach = stride * (loop.range.max - loop.range.min);
      if (!affine && free !== null) Object.assign(span, boundsOfLinear(linear, free));
      else if (stride > 0) span.max += reach;
      else span.min += reach;
    }
  }
  return moved;
}

/** Elements of the box around all accesses. */
function elementsIn({ shape }: BufferUse, spans: readonly (readonly Span[])[]): number {
  let elements = 1;
  for (let d = 0; d < shape.length; d++) elements *= extentOf(spans, d, shape);
  return elements;
}

/** Extent of one dimension of the box; an end that is not known is that of the buffer. */
function extentOf(spans: readonly (readonly Span[])[], d: number, shape: readonly number[]): number {
  let min = Infinity;
  let max = -Infinity;
  for (const indices of spans) {
    const span = at(indices, d);
    min = Math.min(min, Number.isFinite(span.min) ? span.min : 0);
    max = Math.max(max, Number.isFinite(span.max) ? span.max : at(shape, d) - 1);
  }
  return Math.max(0, max - min + 1);
}
