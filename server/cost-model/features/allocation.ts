/**
 * @file Where temporaries live, and how large they are there. A temporary is allocated in the innermost loop that holds all
 * its accesses and is as large as what is touched there; its indices are relative to that part. Group 4 counts it.
 */
import { boundsOfLinear, hull, type Interval } from '../../../shared/arith/bounds.js';
import { addScaled, ZERO, type Linear, type LinearTerm } from '../../../shared/arith/linear.js';
import type { Buffer } from '../../../shared/ir/buffer.js';
import { bytesOf } from '../../../shared/ir/dtype.js';
import type { Var } from '../../../shared/ir/expr.js';
import { varsOf } from '../../../shared/ir/visit.js';
import { at } from '../../../shared/support/errors.js';
import type { Access } from './arithmetic.js';
import type { CollectedStores, Placed } from './collect-stores.js';
import type { IndexScope } from './index-scope.js';
import { prodOf, type Loop, type LoopNest } from './loop-nest.js';
import { slog } from './names.js';

export interface Allocation {
  readonly shape: readonly number[];
  /** Times it is allocated. */
  readonly runs: number;
  /** Per dimension what is subtracted from indices. */
  readonly origin: readonly Linear[];
}

/** The allocations of the temporaries that are accessed. */
export function allocateTemporaries({ temporaries, scope }: CollectedStores): Map<Buffer, Allocation> {
  const allocations = new Map<Buffer, Allocation>();
  for (const [buffer, placed] of temporaries) {
    if (placed.length > 0) allocations.set(buffer, allocate(buffer, placed, scope));
  }
  return allocations;
}

function allocate(buffer: Buffer, placed: readonly Placed[], scope: IndexScope): Allocation {
  const site = commonNest(placed.map(({ nest }) => nest));
  const fixed = new Set<Var>();
  for (const loop of site) if (!isShared(buffer, loop)) fixed.add(loop.loopVar);
  const dims = buffer.shape.map((extent, d) => {
    const indices = placed.map(({ access }) => at(access.indices, d));
    return compactDim(indices, extent, fixed, scope) ?? { origin: ZERO, extent };
  });
  return {
    shape: dims.map(({ extent }) => extent),
    runs: prodOf(site),
    origin: dims.map(({ origin }) => origin),
  };
}

/** The loops around all of them. */
function commonNest(nests: readonly LoopNest[]): LoopNest {
  return nests.reduce((common, nest) => {
    const differs = common.findIndex((loop, i) => loop !== nest[i]);
    return differs === -1 ? common : common.slice(0, differs);
  });
}

/**
 * Whether all threads of an axis use one copy of a buffer: shared memory belongs to the block of threads, main memory to
 * the whole grid. Such a copy holds what every one of them touches.
 */
function isShared({ scope }: Buffer, { threadTag }: Loop): boolean {
  if (threadTag === null) return false;
  if (scope.startsWith('global')) return true;
  return scope.startsWith('shared') && !threadTag.startsWith('blockIdx');
}

interface Dim {
  readonly origin: Linear;
  readonly extent: number;
}

/** The part of a dimension that is touched for fixed outer loops; `null` when it cannot be told. */
function compactDim(
  indices: readonly Linear[],
  extent: number,
  fixed: ReadonlySet<Var>,
  scope: IndexScope,
): Dim | null {
  let base: Linear | null = null;
  let span: Interval | null = null;
  for (const index of indices) {
    const parts = partition(index, fixed);
    if (parts === null) return null;
    base ??= parts.outer;
    if (addScaled(parts.outer, base, -1).terms.length > 0) return null;
    const touched = boundsOfLinear(parts.inner, scope.bounds);
    span = span === null ? touched : hull(span, touched);
  }
  if (base === null || span === null) return null;
  // What a predicate or a condition keeps out of bounds needs no memory.
  if (base.terms.length === 0) span = { min: Math.max(span.min, 0), max: Math.min(span.max, extent - 1) };
  if (!Number.isFinite(span.min) || !Number.isFinite(span.max)) return null;
  const touched = Math.min(extent, Math.max(1, span.max - span.min + 1));
  return { origin: { terms: base.terms, constant: span.min }, extent: touched };
}

/** An index as its terms over fixed loops, and the others with the constant; `null` when a term has both. */
function partition(
  { terms, constant }: Linear,
  fixed: ReadonlySet<Var>,
): { outer: Linear; inner: Linear } | null {
  if (fixed.size === 0 || terms.length === 0) return { outer: ZERO, inner: { terms, constant } };
  const outer: LinearTerm[] = [];
  const inner: LinearTerm[] = [];
  for (const term of terms) {
    const vars = [...varsOf(term[0])];
    const outside = vars.filter((v) => fixed.has(v)).length;
    if (outside > 0 && outside < vars.length) return null;
    (outside > 0 ? outer : inner).push(term);
  }
  return { outer: { terms: outer, constant: 0 }, inner: { terms: inner, constant } };
}

/** An access to a temporary with indices into its allocation; any other as it is. */
export function toAllocation(access: Access, allocations: ReadonlyMap<Buffer, Allocation>): Access {
  const allocation = allocations.get(access.buffer);
  if (allocation === undefined) return access;
  const indices = access.indices.map((index, d) => {
    const origin = at(allocation.origin, d);
    return origin.terms.length === 0 && origin.constant === 0 ? index : addScaled(index, origin, -1);
  });
  return { buffer: access.buffer, indices };
}

/**
 * Writes the 4 numbers of the stored buffer's allocation: bytes, elements times allocations, allocations, and runs of the
 * store per allocation.
 *
 * @param allocation `null` for a parameter
 */
export function writeAllocation(
  { buffer, allocation, runs }: { buffer: Buffer; allocation: Allocation | null; runs: number },
  row: Float32Array,
  offset: number,
): void {
  const elements = (allocation?.shape ?? buffer.shape).reduce((product, extent) => product * extent, 1);
  const allocations = allocation?.runs ?? 1;
  row[offset] = slog(elements * bytesOf(buffer.dtype));
  row[offset + 1] = slog(elements * allocations);
  row[offset + 2] = slog(allocations);
  row[offset + 3] = slog(runs / allocations);
}
