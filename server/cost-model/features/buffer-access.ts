/**
 * @file Group 2: for each buffer that a store uses, how much memory it touches, how it strides through it, and how soon it
 * comes back to what it touched.
 */
import type { Buffer } from '../../../shared/ir/buffer.js';
import { bytesOf } from '../../../shared/ir/dtype.js';
import { at, lookup } from '../../../shared/support/errors.js';
import { toAllocation, type Allocation } from './allocation.js';
import type { Access } from './arithmetic.js';
import type { StoreSite } from './collect-stores.js';
import { indexForm, type IndexForm, type IndexScope } from './index-scope.js';
import { prodOf, type Loop, type LoopNest } from './loop-nest.js';
import { BUFFER_FEATURES, slog } from './names.js';
import type { BufferUse, NestTouched, Touched, TouchLog } from './touched.js';

/** The buffers of a store: the written one, with its writing access alone, then those that are only read. */
export function buffersOf(
  { write, reads, nest }: StoreSite,
  allocations: ReadonlyMap<Buffer, Allocation>,
  scope: IndexScope,
): BufferUse[] {
  const formsOf = ({ indices }: Access): IndexForm[] =>
    indices.map((index) => indexForm(index, nest.length, scope));
  const shapeOf = (buffer: Buffer): readonly number[] => allocations.get(buffer)?.shape ?? buffer.shape;
  const read = new Map<Buffer, IndexForm[][]>();
  let rereads = false;
  for (const access of reads) {
    if (access.buffer === write.buffer) {
      rereads = true;
      continue;
    }
    const forms = formsOf(toAllocation(access, allocations));
    const known = read.get(access.buffer);
    if (known === undefined) read.set(access.buffer, [forms]);
    else known.push(forms);
  }
  const written: BufferUse = {
    buffer: write.buffer,
    access: rereads ? 'readWrite' : 'write',
    shape: shapeOf(write.buffer),
    accesses: [formsOf(toAllocation(write, allocations))],
  };
  const others = [...read].map(([buffer, accesses]): BufferUse => ({
    buffer,
    access: 'read',
    shape: shapeOf(buffer),
    accesses,
  }));
  return [written, ...others];
}

/** The loops from inner to outer, until one moves along the buffer. */
interface Stride {
  /** Smallest distance in elements between iterations of that loop, 0 when there is none. */
  readonly distance: number;
  /** The distance, if that loop is the innermost. */
  readonly innermost: number;
  /** Iterations of the loops inside of it. */
  readonly insideProd: number;
}

function strideOf({ accesses, shape }: BufferUse, nest: LoopNest): Stride {
  let insideProd = 1;
  for (let i = nest.length - 1; i >= 0; i--) {
    const distance = distanceAlong(accesses, shape, i);
    if (distance !== 0) return { distance, innermost: i === nest.length - 1 ? distance : 0, insideProd };
    insideProd *= at(nest, i).extent;
  }
  return { distance: 0, innermost: 0, insideProd };
}

/** Elements between iterations of the loop at place `i`, in each access by the last dimension that depends on it. */
function distanceAlong(
  accesses: readonly (readonly IndexForm[])[],
  shape: readonly number[],
  i: number,
): number {
  let smallest = Infinity;
  for (const indices of accesses) {
    let elements = 1;
    for (let d = indices.length - 1; d >= 0; d--) {
      const stride = Math.abs(at(at(indices, d).strides, i));
      if (stride !== 0) {
        smallest = Math.min(smallest, stride * elements);
        break;
      }
      elements *= at(shape, d);
    }
  }
  return smallest === Infinity ? 0 : smallest;
}

interface Reuse {
  readonly kind: 'loop' | 'serial' | 'none';
  /** Iterations and bytes between two uses. */
  readonly iterations: number;
  readonly bytes: number;
  /** How often it is used again. */
  readonly count: number;
}

const NO_REUSE: Reuse = { kind: 'none', iterations: 0, bytes: 0, count: 0 };

/**
 * The innermost loop that comes back to a buffer: because the indices do not depend on it, or because another store
 * under it used the buffer before.
 *
 * @param bytesAtOnce what one execution of the store touches
 */
function reuseOf(
  use: BufferUse,
  nest: LoopNest,
  logs: ReadonlyMap<Loop, TouchLog>,
  bytesAtOnce: number,
): Reuse {
  let inside = 1;
  for (let i = nest.length - 1; i >= 0; i--) {
    const loop = at(nest, i);
    if (use.accesses.every((indices) => indices.every(({ strides }) => strides[i] === 0))) {
      const inner = nest[i + 1];
      const bytes = inner === undefined ? bytesAtOnce : lookup(logs, inner, 'log of a loop').bytes;
      return { kind: 'loop', iterations: inside, bytes, count: loop.extent };
    }
    const log = lookup(logs, loop, 'log of a loop');
    const { stores, fewestElements } = lookup(log.byBuffer, use.buffer, 'log of a buffer');
    if (stores >= 2) {
      return {
        kind: 'serial',
        iterations: fewestElements / loop.extent,
        bytes: log.bytes / loop.extent,
        count: stores - 1,
      };
    }
    inside *= loop.extent;
  }
  return NO_REUSE;
}

/** The numbers of one buffer, before `slog`. */
interface BufferFeatures {
  readonly use: BufferUse;
  readonly bytes: number;
  readonly uniqueBytes: number;
  readonly lines: number;
  readonly uniqueLines: number;
  readonly reuse: Reuse;
  readonly stride: number;
}

interface Context {
  readonly nest: LoopNest;
  readonly logs: ReadonlyMap<Loop, TouchLog>;
  readonly bytesAtOnce: number;
  readonly cacheLineBytes: number;
}

function featuresOf(use: BufferUse, touched: Touched, context: Context): BufferFeatures {
  const { nest, logs, bytesAtOnce, cacheLineBytes } = context;
  const elementBytes = bytesOf(use.buffer.dtype);
  const runs = prodOf(nest);
  const bytes = elementBytes * runs;
  const reuse = reuseOf(use, nest, logs, bytesAtOnce);
  if (nest.length === 0) return { use, bytes, uniqueBytes: 1, lines: 1, uniqueLines: 1, reuse, stride: 0 };
  const { distance, innermost, insideProd } = strideOf(use, nest);
  const uniqueBytes = touched.elements * elementBytes;
  const linesPerStep = Math.min(1, (distance * elementBytes) / cacheLineBytes);
  return {
    use,
    bytes,
    uniqueBytes,
    lines: Math.max(1, (runs / insideProd) * linesPerStep),
    uniqueLines: Math.max(1, uniqueBytes / Math.min(cacheLineBytes, contiguousBytes(use, touched))),
    reuse,
    stride: innermost,
  };
}

/** Bytes of the last dimension that is touched as a whole; as in TVM a byte when there is none. */
function contiguousBytes({ shape, buffer }: BufferUse, { box }: Touched): number {
  const whole = shape.findLast((extent, d) => extent === box[d]);
  return whole === undefined ? 1 : whole * bytesOf(buffer.dtype);
}

/** By cache lines, then bytes, most first, then by name. */
function compareFeatures(a: BufferFeatures, b: BufferFeatures): number {
  if (a.lines !== b.lines) return b.lines - a.lines;
  if (a.bytes !== b.bytes) return b.bytes - a.bytes;
  return a.use.buffer.name < b.use.buffer.name ? -1 : a.use.buffer.name > b.use.buffer.name ? 1 : 0;
}

export interface BufferGroup {
  readonly uses: readonly BufferUse[];
  readonly touched: NestTouched;
  readonly nest: LoopNest;
  readonly logs: ReadonlyMap<Loop, TouchLog>;
  readonly cacheLineBytes: number;
  /** Buffers that have room in a row. */
  readonly room: number;
}

/** Writes 18 numbers for each buffer; those that are left over stay zero. */
export function writeBuffers(group: BufferGroup, row: Float32Array, offset: number): void {
  const { uses, touched, room } = group;
  const bytesAtOnce = uses.reduce((sum, { buffer }) => sum + bytesOf(buffer.dtype), 0);
  const context: Context = { ...group, bytesAtOnce };
  uses
    .map((use, u) => featuresOf(use, at(touched.uses, u), context))
    .toSorted(compareFeatures)
    .slice(0, room)
    .forEach((features, i) => writeBuffer(features, row, offset + i * BUFFER_FEATURES));
}

const ACCESS_FLAG = { read: 0, write: 1, readWrite: 2 } as const;
const REUSE_FLAG = { loop: 7, serial: 8, none: 9 } as const;

function writeBuffer(features: BufferFeatures, row: Float32Array, offset: number): void {
  const { use, bytes, uniqueBytes, lines, uniqueLines, reuse, stride } = features;
  // Never used again counts as half a time.
  const times = reuse.count > 0 ? reuse.count : 0.5;
  row[offset + ACCESS_FLAG[use.access]] = 1;
  row[offset + 3] = slog(bytes);
  row[offset + 4] = slog(uniqueBytes);
  row[offset + 5] = slog(lines);
  row[offset + 6] = slog(uniqueLines);
  row[offset + REUSE_FLAG[reuse.kind]] = 1;
  row[offset + 10] = slog(reuse.iterations);
  row[offset + 11] = slog(reuse.bytes);
  row[offset + 12] = slog(reuse.count);
  row[offset + 13] = slog(bytes / times);
  row[offset + 14] = slog(uniqueBytes / times);
  row[offset + 15] = slog(lines / times);
  row[offset + 16] = slog(uniqueLines / times);
  row[offset + 17] = slog(stride);
}
