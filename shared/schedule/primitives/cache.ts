/** @file Primitives that put a copy of a buffer between a block and the memory it works on. */
import { buffer as makeBuffer, type Buffer } from '../../ir/buffer.js';
import type { BufferRegion } from '../../ir/region.js';
import { load, variable } from '../../ir/build.js';
import { block as makeBlock, blockRealize, iterVar, pointRegion, range, store } from '../../ir/build-stmt.js';
import type { Block, Stmt } from '../../ir/stmt.js';
import { replaceBuffers } from '../../ir/visit.js';
import { at, invariant } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { blockNest, checkPredicateImplied } from '../block-nest.js';
import { readersOf, writersOf } from '../dependencies.js';
import { check, type Site } from '../errors.js';
import { blockValue, type InstructionTable } from '../instruction.js';
import { commonParent, insertAt, insertionPoint, type Neighbours } from '../insertion.js';
import { freshBlockName, replaceBlock, withAllocBuffers } from '../replace.js';
import { boxOf, type BoxDim } from '../required-region.js';
import {
  blockEntry,
  innerBlockEntry,
  isInner,
  loopBounds,
  type Entry,
  type InnerBlockEntry,
  type ScheduleState,
} from '../state.js';
import { writesBox } from '../written-box.js';

/** Main memory, private memory, memory shared by threads, and named memories of accelerators. */
const STORAGE_SCOPE = /^(global|local|shared|warp)(\.[\w-]+)*$/;

export interface CacheRequest {
  readonly block: string;
  /** Which of the block's reads, or writes. */
  readonly index: number;
  readonly scope: string;
  /** Blocks that shall use the cache; all when empty. */
  readonly consumers: readonly string[];
}

/** The new state and the name of the block that copies. */
export interface Cached {
  readonly state: ScheduleState;
  readonly copy: string;
}

/**
 * Reads a buffer through a copy of it.
 *
 * rewrite: `C[i] = f(A[i])` → `A_local[i] = A[i]; C[i] = f(A_local[i])`.
 *
 * 1. The block reads a buffer of that index.
 * 2. The storage scope is known.
 * 3. At most one block of the scope writes the buffer, and no consumer does.
 * 4. The consumers that are named read the buffer.
 *
 * @throws ScheduleError `BUFFER_INDEX_OUT_OF_RANGE`, `UNKNOWN_STORAGE_SCOPE`, `NON_SINGLE_PRODUCER`,
 *   `INVALID_BUFFER_ACCESS`, `NO_INSERTION_POINT`.
 */
export function cacheRead(state: ScheduleState, request: CacheRequest): Cached {
  const site: Site = { primitive: 'cache_read', locations: [request.block] };
  const entry = innerBlockEntry(state, request.block, site.primitive);
  const b = bufferAt(entry.block.reads, request, site);
  checkStorageScope(request.scope, site);
  const { children } = entry.scope;
  const producers = writersOf(children, b).filter(isInner);
  check(producers.length <= 1, 'NON_SINGLE_PRODUCER', site, () => `several blocks write ${b.name}`);
  const readers = readersOf(children, b).filter(isInner);
  const consumers = chosen(
    state,
    readers.filter((reader) => !producers.includes(reader)),
    request,
    site,
  );

  const parent = parentOf(entry, producers.length === 0 ? [] : [...producers, ...consumers]);
  const cache = cacheOf(b, request.scope);
  const region = boxOf(
    b,
    touches(consumers, (block) => block.reads, b),
    loopBoundsOf(parent),
  );
  const position = { before: producers, after: consumers };
  return insertCopy(state, { entry, parent, position, from: b, to: cache, cache, region, site }, (current) =>
    consumers.reduce((next, { block }) => redirect(next, block.name, b, cache), current),
  );
}

/**
 * Writes a buffer through a copy of it.
 *
 * rewrite: `C[i] = f(A[i])` → `C_local[i] = f(A[i]); C[i] = C_local[i]`.
 *
 * 1. The block writes a buffer of that index.
 * 2. The storage scope is known.
 * 3. No other block of the scope writes the buffer.
 * 4. The block does not go on from what is in the buffer: it has an `init`, or does not read it.
 * 5. If the buffer is not of the scope, what is written of it is known to be a box: all else stays as it is.
 *
 * @throws ScheduleError `BUFFER_INDEX_OUT_OF_RANGE`, `UNKNOWN_STORAGE_SCOPE`, `NON_SINGLE_PRODUCER`,
 *   `INVALID_BUFFER_ACCESS`, `NOT_REGION_COVER`, `PREDICATE_NOT_IMPLIED`, `NO_INSERTION_POINT`.
 */
export function cacheWrite(state: ScheduleState, request: CacheRequest): Cached {
  const site: Site = { primitive: 'cache_write', locations: [request.block] };
  const entry = innerBlockEntry(state, request.block, site.primitive);
  const b = bufferAt(entry.block.writes, request, site);
  checkStorageScope(request.scope, site);
  const { children } = entry.scope;
  check(
    writersOf(children, b).length === 1,
    'NON_SINGLE_PRODUCER',
    site,
    () => `several blocks write ${b.name}`,
  );
  const goesOn = entry.block.init === null && blockFacts(entry.block).reads.has(b);
  check(!goesOn, 'INVALID_BUFFER_ACCESS', site, () => `block ${request.block} reads what it overwrites`);
  const others = readersOf(children, b)
    .filter(isInner)
    .filter((reader) => reader !== entry);
  const redirected = request.consumers.length === 0 ? [] : chosen(state, others, request, site);

  const parent = parentOf(entry, others.length === 0 ? [] : [entry, ...others]);
  const cache = cacheOf(b, request.scope);
  const region = boxOf(
    b,
    touches([entry], (block) => block.writes, b),
    loopBoundsOf(parent),
  );
  if (!entry.scope.block.allocBuffers.includes(b)) {
    checkPredicateImplied(entry, site);
    check(writesBox(entry, b, parent), 'NOT_REGION_COVER', site, () => {
      return `what block ${request.block} writes of ${b.name} is not known to be a box`;
    });
  }
  const position = { before: [entry], after: others.filter((other) => !redirected.includes(other)) };
  return insertCopy(
    state,
    { entry, parent, position, from: cache, to: b, cache, region, site },
    (current) => {
      const written = redirect(current, request.block, b, cache);
      return redirected.reduce((next, { block }) => redirect(next, block.name, b, cache), written);
    },
  );
}

function bufferAt(regions: readonly BufferRegion[], { block, index }: CacheRequest, site: Site): Buffer {
  const region = regions[index];
  check(region !== undefined, 'BUFFER_INDEX_OUT_OF_RANGE', site, () => {
    return `block ${block} has ${regions.length} such buffers; there is no number ${index}`;
  });
  return region.buffer;
}

function checkStorageScope(scope: string, site: Site): void {
  check(STORAGE_SCOPE.test(scope), 'UNKNOWN_STORAGE_SCOPE', site, () => `"${scope}" is no storage scope`);
}

/** The readers that the request names, or all. */
function chosen(
  state: ScheduleState,
  readers: readonly InnerBlockEntry[],
  { consumers }: CacheRequest,
  site: Site,
): readonly InnerBlockEntry[] {
  if (consumers.length === 0) return readers;
  return consumers.map((name) => {
    const entry = innerBlockEntry(state, name, site.primitive);
    check(
      readers.includes(entry),
      'INVALID_BUFFER_ACCESS',
      site,
      () => `block ${name} does not read the buffer`,
    );
    return entry;
  });
}

/** Where the copy goes: the scope, or the innermost loop around all blocks that it must stand between. */
function parentOf(entry: InnerBlockEntry, blocks: readonly InnerBlockEntry[]): Entry {
  return blocks.length < 2 ? entry.scope : commonParent(entry.scope, blocks);
}

function loopBoundsOf(parent: Entry): ReturnType<typeof loopBounds> {
  return parent.kind === 'loop' ? loopBounds(parent) : new Map();
}

function cacheOf(b: Buffer, scope: string): Buffer {
  return makeBuffer(`${b.name}_${scope.replaceAll(/[^\w]/g, '_')}`, b.shape, b.dtype, scope);
}

function touches(
  entries: readonly InnerBlockEntry[],
  regionsOf: (block: Block) => readonly BufferRegion[],
  b: Buffer,
): { entry: InnerBlockEntry; region: BufferRegion }[] {
  return entries.flatMap((entry) =>
    regionsOf(entry.block)
      .filter((region) => region.buffer === b)
      .map((region) => ({ entry, region })),
  );
}

interface Copy {
  /** The block whose scope allocates the cache. */
  readonly entry: InnerBlockEntry;
  readonly parent: Entry;
  readonly position: Neighbours;
  readonly from: Buffer;
  readonly to: Buffer;
  readonly cache: Buffer;
  readonly region: readonly BoxDim[];
  readonly site: Site;
}

function insertCopy(
  state: ScheduleState,
  { entry, parent, position, from, to, cache, region, site }: Copy,
  redirectBlocks: (state: ScheduleState) => ScheduleState,
): Cached {
  const name = freshBlockName(state, cache.name);
  // Right before the first use; without one, right after what is copied.
  const point = insertionPoint(parent, position, position.after.length === 0 ? -2 : -1, site);
  const copy = copyNest(name, from, to, { region, around: loopBoundsOf(parent) });
  const inserted = insertAt(state, parent, point, copy);
  const redirected = redirectBlocks(inserted);
  const scope = blockEntry(redirected, entry.scope.block.name, site.primitive);
  return { state: withAllocBuffers(redirected, scope, [...scope.block.allocBuffers, cache]), copy: name };
}

function copyNest(
  name: string,
  from: Buffer,
  to: Buffer,
  { region, around }: { readonly region: readonly BoxDim[]; readonly around: ReturnType<typeof loopBounds> },
): Stmt {
  const vars = from.shape.map((_, d) => variable(`v${d}`));
  const copy = makeBlock(name, {
    iterVars: vars.map((v, d) => iterVar(v, range(0, at(from.shape, d)), 'spatial')),
    reads: [pointRegion(from, vars)],
    writes: [pointRegion(to, vars)],
    body: store(to, load(from, vars), vars),
  });
  return blockNest(copy, { domains: region, around, preserveUnitLoops: true });
}

/** Lets a block use the cache wherever it used the buffer. */
function redirect(state: ScheduleState, name: string, b: Buffer, cache: Buffer): ScheduleState {
  const entry = blockEntry(state, name, 'cache');
  const { block } = entry;
  const values = block.iterVars.map((iter) => iter.var);
  const replaced = replaceBuffers(blockRealize(values, block), new Map([[b, cache]]));
  invariant(replaced.kind === 'BlockRealize', 'replacing buffers keeps statements');
  return replaceBlock(state, entry, replaced.block);
}

export const CACHE_SPECS = {
  CacheRead: {
    isPure: false,
    apply: ({ state }, { block, consumerBlocks, readBufferIndex, storageScope }) => {
      const request = { block, index: readBufferIndex, scope: storageScope, consumers: consumerBlocks };
      const cached = cacheRead(state, request);
      return { state: cached.state, outputs: [blockValue(cached.copy)] };
    },
  },
  CacheWrite: {
    isPure: false,
    apply: ({ state }, { block, consumerBlocks, writeBufferIndex, storageScope }) => {
      const request = { block, index: writeBufferIndex, scope: storageScope, consumers: consumerBlocks };
      const cached = cacheWrite(state, request);
      return { state: cached.state, outputs: [blockValue(cached.copy)] };
    },
  },
} satisfies Partial<InstructionTable>;
