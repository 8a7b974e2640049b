/** @file The facts about a block that schedule rules decide by: TVM's predicates, under TVM's names. */
import { constInt } from '../../../shared/ir/build.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { Buffer } from '../../../shared/ir/buffer.js';
import type { Var } from '../../../shared/ir/expr.js';
import type { Block } from '../../../shared/ir/stmt.js';
import { varsOf, walkStmt } from '../../../shared/ir/visit.js';
import { loopIterType } from '../../../shared/schedule/loop-iter-type.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { irreducibility } from '../../../shared/schedule/scope.js';
import { blockEntry, isInner, loopsAbove, type BlockEntry } from '../../../shared/schedule/state.js';
import { tryStep } from '../refusable-steps.js';

/** Annotation of a block that has been tiled: the structure, such as `SSRSRS`. */
export const TILING_STRUCTURE = 'meta_schedule.tiling_structure';

/** Where a block stands now. @throws ScheduleError `UNKNOWN_BLOCK`. */
export function blockEntryOf(sch: Schedule, block: BlockRV): BlockEntry {
  return blockEntry(sch.state, sch.get(block).name, 'block_analysis');
}

/** Where a block stands now; `null` when it is no more. */
export function existingBlockEntryOf(sch: Schedule, block: BlockRV): BlockEntry | null {
  return tryStep(() => sch.get(block)) ? blockEntryOf(sch, block) : null;
}

export function isSpatialBlock(block: Block): boolean {
  return block.iterVars.every((iter) => iter.iterType === 'spatial');
}

/** Whether no block of the function reduces. */
export function isSpatialFunc(func: PrimFunc): boolean {
  let spatial = true;
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind === 'BlockRealize' && !isSpatialBlock(s.block)) spatial = false;
    },
  });
  return spatial;
}

/** Whether the iterators are the loops around the block, one to one and in order. */
export function isTrivialBinding(entry: BlockEntry): boolean {
  const loops = loopsAbove(entry);
  const values = entry.realize?.iterValues ?? [];
  return values.length === loops.length && loops.every((loop, i) => loop.node.loopVar === values[i]);
}

export function isMultiLevelTiled(block: Block): boolean {
  return typeof block.annotations[TILING_STRUCTURE] === 'string';
}

/**
 * Whether tiling can make a block faster: it reads the same elements again and again.
 *
 * 1. It is not tiled yet.
 * 2. It writes one buffer and reads some.
 * 3. It is not spatial.
 * 4. Its binding is trivial.
 * 5. It declares one read per buffer, of constant extent.
 * 6. Some read other than that of its own output does not depend on some spatial iterator of more than one iteration.
 */
export function needsMultiLevelTiling(entry: BlockEntry): boolean {
  const { block } = entry;
  const [write, ...others] = block.writes;
  if (isMultiLevelTiled(block) || write === undefined || others.length > 0) return false;
  if (block.reads.length === 0 || isSpatialBlock(block) || !isTrivialBinding(entry)) return false;
  const buffers = new Set<Buffer>(block.reads.map((read) => read.buffer));
  if (buffers.size < block.reads.length) return false;
  const inputs = block.reads.filter((read) => read.buffer !== write.buffer);
  if (inputs.some(({ region }) => region.some((dim) => constInt(dim.extent) === null))) return false;
  const spatial = block.iterVars.filter(({ iterType, dom }) => {
    return iterType === 'spatial' && !(constInt(dom.min) === 0 && constInt(dom.extent) === 1);
  });
  return inputs.some(({ region }) => {
    const used = new Set<Var>(region.flatMap((dim) => [...varsOf(dim.min)]));
    return spatial.some((iter) => !used.has(iter.var));
  });
}

/** How much a block could be run in parallel, and how much of it is reduced. */
interface Lengths {
  readonly spatial: number;
  readonly reduce: number;
}

/** Products of the extents of spatial and of reduce loops; `null` when there are loops of another kind. */
function cumulativeLengths(entry: BlockEntry): Lengths | null {
  const lengths = { spatial: 1, reduce: 1 };
  for (const loop of loopsAbove(entry)) {
    const [type, extent] = [loopIterType(loop), constInt(loop.node.extent)];
    if (type === 'other' || extent === null) return null;
    lengths[type] *= extent;
  }
  return lengths;
}

/**
 * Whether a reduction should be computed in parts: its spatial loops alone are too few to run in parallel.
 *
 * 1. It is a reduction block with trivial binding, not tiled yet.
 * 2. Its loops have constant extents, are spatial or reduce, one at least reduces, and nothing stands between them.
 * 3. If it could be tiled instead: the spatial loops run less often than the reduce loops, and not more than
 *    `maxParallelExtent` times.
 * 4. If not: the reduce loops run more than once.
 */
export function needsRfactor(entry: BlockEntry, maxParallelExtent: number): boolean {
  if (!isInner(entry) || irreducibility(entry, entry.scope.children) !== 0) return false;
  if (!isTrivialBinding(entry) || isMultiLevelTiled(entry.block)) return false;
  const loops = loopsAbove(entry);
  const isChain = loops.every(({ node }, i) => node.body === (loops[i + 1]?.node ?? entry.realize));
  const lengths = cumulativeLengths(entry);
  if (!isChain || lengths === null) return false;
  if (!loops.some((loop) => loopIterType(loop) === 'reduce')) return false;
  if (!needsMultiLevelTiling(entry)) return lengths.reduce > 1;
  return lengths.spatial < lengths.reduce && lengths.spatial <= maxParallelExtent;
}
