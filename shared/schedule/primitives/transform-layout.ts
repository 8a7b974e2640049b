/** @file Changing the layout of a buffer: transform_layout. */
import { layoutChange, type IndexMap, type LayoutChange } from '../../arith/index-map.js';
import { simplify } from '../../arith/simplify.js';
import { buffer as makeBuffer, byteSizeOf, type Buffer } from '../../ir/buffer.js';
import { allOf, cast, constInt, ifThenElse, isConst, literal, lt, variable } from '../../ir/build.js';
import { blockRealize, forLoop, iterVar, pointRegion, range, store } from '../../ir/build-stmt.js';
import { isFloat, rangeOf } from '../../ir/dtype.js';
import type { Expr, Var } from '../../ir/expr.js';
import { LIMITS } from '../../ir/limits.js';
import type { BufferStore, Stmt } from '../../ir/stmt.js';
import { substitute, substituteRegion } from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { check, type Site } from '../errors.js';
import { BUFFER_INDEX_TYPES, type InstructionTable } from '../instruction.js';
import { relayoutBlock } from '../rewrite-layout.js';
import { replaceBlock, replaceStmt } from '../replace.js';
import { incompleteness } from '../scope.js';
import {
  blockEntry,
  innerBlockEntry,
  innerBlocks,
  loopsAbove,
  type BlockEntry,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';

export interface LayoutRequest {
  readonly block: string;
  readonly bufferIndex: number;
  /** An index into `BUFFER_INDEX_TYPES`. */
  readonly bufferIndexType: number;
  readonly map: IndexMap;
  /** What fills new elements that stand for no old one; `null`: there shall be none. */
  readonly padValue: number | null;
  /** Let there be such elements, with any content. */
  readonly assumeInjective: boolean;
}

/**
 * Gives a buffer another layout.
 *
 * rewrite: `B = alloc(n); for i in n: B[i] = f(i); …B[e]…` with map `i -> (i // 4, i % 4)` →
 * `B = alloc(n/4, 4); for ax0 in n/4: for ax1 in 4: B[ax0, ax1] = f(ax0 * 4 + ax1); …B[e // 4, e % 4]…`.
 *
 * A plain writer, as here, gets a loop per new dimension, so that it can be vectorized along the last one; its old loops
 * are gone. It is plain when it is the only writer, a complete block of one store whose indices are its iterators, whole
 * and in order, right under serial loops, one for each, without annotations. Other writers keep loops and iterators.
 * (TVM renews a plain writer only where there is padding; then it must be plain here as well.)
 *
 * 1. The block reads, or writes, a buffer of that index.
 * 2. A block allocates the buffer: the layout of a parameter is the caller's.
 * 3. The map takes every element of the shape, rounded up where divisors ask for it, to a place of its own, and the new
 *    shape has no other places.
 * 4. Rounding up, which is padding, is explicitly allowed; the new buffer is within the limits of programs.
 * 5. A pad value is one of the buffer's type, and the buffer's writer is plain.
 *
 * @throws ScheduleError `BAD_ARGUMENT`, `BUFFER_INDEX_OUT_OF_RANGE`, `PARAMETER_LAYOUT`, `NOT_BIJECTIVE_INDEX_MAP`,
 * `TRANSFORMATION_INTRODUCES_PADDING`, `INVALID_PADDING`.
 */
export function transformLayout(state: ScheduleState, request: LayoutRequest): ScheduleState {
  const site: Site = { primitive: 'transform_layout', locations: [request.block] };
  const { map, padValue } = request;
  const from = accessedBuffer(state, request, site);
  const scope = allocatingBlock(blockEntry(state, request.block, site.primitive), from);
  check(scope !== null, 'PARAMETER_LAYOUT', site, () => {
    return `${from.name} is a parameter: its layout is the caller's`;
  });
  const change = layoutChange(map, from.shape);
  check(change !== null, 'NOT_BIJECTIVE_INDEX_MAP', site, () => {
    return `the map is no rearrangement of the elements of ${from.name}[${from.shape.join(', ')}]`;
  });
  const isPadded = change.padded.some((extent, d) => extent !== at(from.shape, d));
  check(
    !isPadded || padValue !== null || request.assumeInjective,
    'TRANSFORMATION_INTRODUCES_PADDING',
    site,
    () => {
      return `the new layout [${change.shape.join(', ')}] has more elements than [${from.shape.join(', ')}]`;
    },
  );
  const to = makeBuffer(from.name, change.shape, from.dtype, from.scope);
  const fits = to.shape.length <= LIMITS.RANK.max && byteSizeOf(to) <= LIMITS.BYTES.max;
  check(
    fits,
    'BAD_ARGUMENT',
    site,
    () => `the new layout [${change.shape.join(', ')}] is larger than allowed`,
  );

  const writer = plainWriter(state, from);
  const pad = isPadded && padValue !== null ? padLiteral(padValue, from, writer, site) : null;
  // Without a value to fill padding with, it stays out of the writer's way only if the writer stays as it is.
  const stays = writer === null || (isPadded && pad === null);
  const renewed = stays ? state : renewWriter(state, writer, { change, to, pad });
  const target = blockEntry(renewed, scope.block.name, site.primitive);
  return replaceBlock(renewed, target, relayoutBlock(target.block, { from, to, map }));
}

function accessedBuffer(
  state: ScheduleState,
  { block, bufferIndex, bufferIndexType }: LayoutRequest,
  site: Site,
): Buffer {
  const entry = innerBlockEntry(state, block, site.primitive);
  const type = BUFFER_INDEX_TYPES[bufferIndexType];
  check(type !== undefined, 'BAD_ARGUMENT', site, () => `${bufferIndexType} is no type of buffer index`);
  const regions = type === 'read' ? entry.block.reads : entry.block.writes;
  const region = regions[bufferIndex];
  check(region !== undefined, 'BUFFER_INDEX_OUT_OF_RANGE', site, () => {
    return `block ${block} has ${regions.length} buffers that it ${type}s; there is no number ${bufferIndex}`;
  });
  return region.buffer;
}

function allocatingBlock(entry: BlockEntry, b: Buffer): BlockEntry | null {
  for (let around: BlockEntry | null = entry; around !== null; around = around.scope) {
    if (around.block.allocBuffers.includes(b)) return around;
  }
  return null;
}

/** A writer that can be given new loops and iterators. */
interface PlainWriter {
  readonly entry: InnerBlockEntry;
  readonly body: BufferStore;
  /** The outermost of its loops. */
  readonly top: LoopEntry;
}

function plainWriter(state: ScheduleState, b: Buffer): PlainWriter | null {
  const [entry, ...others] = innerBlocks(state).filter(({ block }) => blockFacts(block).writes.has(b));
  if (entry === undefined || others.length > 0) return null;
  const { block, realize } = entry;
  const { body, iterVars } = block;
  const rank = b.shape.length;
  const isPlainBlock =
    body.kind === 'BufferStore' &&
    body.buffer === b &&
    block.init === null &&
    block.writes.length === 1 &&
    block.allocBuffers.length === 0 &&
    incompleteness(entry, entry.scope.children) === 0 &&
    isConst(realize.predicate, 1) &&
    iterVars.length === rank &&
    iterVars.every(({ var: v, dom }, d) => {
      return body.indices[d] === v && isConst(dom.min, 0) && constInt(dom.extent) === b.shape[d];
    });
  const loops = loopsAbove(entry).slice(-rank);
  const [top] = loops;
  if (!isPlainBlock || top === undefined || loops.length !== rank) return null;
  const { freeVars } = blockFacts(block);
  const isPlainNest = loops.every(({ node }, d) => {
    const inner = loops[d + 1]?.node ?? realize;
    return (
      node.body === inner &&
      realize.iterValues[d] === node.loopVar &&
      node.forKind === 'serial' &&
      Object.keys(node.annotations).length === 0 &&
      isConst(node.min, 0) &&
      constInt(node.extent) === b.shape[d] &&
      !freeVars.has(node.loopVar)
    );
  });
  return isPlainNest ? { entry, body, top } : null;
}

function padLiteral(value: number, b: Buffer, writer: PlainWriter | null, site: Site): Expr {
  const bounds = rangeOf(b.dtype);
  const isOfType =
    bounds === null
      ? isFloat(b.dtype) && Number.isFinite(value)
      : Number.isInteger(value) && value >= bounds[0] && value <= bounds[1];
  check(isOfType, 'INVALID_PADDING', site, () => `${value} is no ${b.dtype}`);
  check(writer !== null, 'INVALID_PADDING', site, () => {
    return `the writer of ${b.name} is not plain: nothing can fill the padding`;
  });
  return literal(value, b.dtype);
}

interface Renewal {
  readonly change: LayoutChange;
  readonly to: Buffer;
  /** What padding is filled with, if it is. */
  readonly pad: Expr | null;
}

/** The writer under a loop per new dimension, in terms of new iterators. */
function renewWriter(
  state: ScheduleState,
  { entry, body, top }: PlainWriter,
  { change, to, pad }: Renewal,
): ScheduleState {
  const { block } = entry;
  const { buffer } = body;
  const vars = to.shape.map((_, d) => variable(`v${d}`));
  const bounds = new Map(vars.map((v, d) => [v, { min: 0, max: at(to.shape, d) - 1 }]));
  const old = change.inverse(vars);
  const values = new Map<Var, Expr>(
    block.iterVars.map(({ var: v }, d) => [v, simplify(cast(v.dtype, at(old, d)), bounds)]),
  );
  const value = simplify(substitute(body.value, values), bounds);
  const isReal = allOf(old.map((index, d) => simplify(lt(index, at(buffer.shape, d)), bounds)));
  const renewed = {
    ...block,
    iterVars: vars.map((v, d) => iterVar(v, range(0, at(to.shape, d)), 'spatial')),
    reads: block.reads.map((r) => substituteRegion(r, values)),
    writes: [pointRegion(to, vars)],
    body: store(to, pad === null ? value : ifThenElse(isReal, value, pad), vars),
  };
  const loopVars = vars.map((_, d) => variable(`ax${d}`));
  const realize: Stmt = blockRealize(loopVars, renewed);
  const nest = loopVars.reduceRight<Stmt>((inner, v, d) => forLoop(v, at(to.shape, d), inner), realize);
  return replaceStmt(state, top, nest);
}

export const TRANSFORM_LAYOUT_SPECS = {
  TransformLayout: {
    isPure: false,
    apply: ({ state }, { indexMap: map, assumeInjectiveTransform, ...rest }) => ({
      state: transformLayout(state, { ...rest, map, assumeInjective: assumeInjectiveTransform }),
    }),
  },
} satisfies Partial<InstructionTable>;
