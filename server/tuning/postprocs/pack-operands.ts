/**
 * @file Postproc pack-operands: copies the operands of annotated blocks into panels as wide as the block's register
 * tile. It comes after sampling, since the width is a decision. Copies of constants are marked: they are made once, not
 * in every call.
 *
 *   for i0, j0, k, i1, j1: C[i, j] += A[i, k] * B[k, j]
 *   ->  for p, k, j1: B'[p, k, j1] = B[k, p * width + j1];  for i0, j0, k, i1, j1: C += A[i, k] * B'[j0, k, j1]
 */
import { createIndexMap, type IndexMap } from '../../../shared/arith/index-map.js';
import { LAYOUT_REWRITE_PREPROC, preparedBuffers } from '../../../shared/ir/constants.js';
import { constInt, floordiv, floormod, variable } from '../../../shared/ir/build.js';
import type { Var } from '../../../shared/ir/expr.js';
import { usesVar } from '../../../shared/ir/visit.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { innerBlocks, isInner, loopsAbove } from '../../../shared/schedule/state.js';
import { at } from '../../../shared/support/errors.js';
import { blockEntryOf } from '../rules/block-analysis.js';
import type { Postproc } from '../space.js';
import { PACK_OPERANDS, packableOperands, type PackableOperand } from '../spaces/packing.js';

/** @throws ScheduleError when an operand cannot be copied or laid out anew. */
export const packOperands: Postproc = (sch) => {
  for (const { block } of innerBlocks(sch.state)) {
    const wanted = block.annotations[PACK_OPERANDS];
    if (wanted === undefined) continue;
    const rv = sch.getBlock(block.name);
    sch.unannotate(rv, PACK_OPERANDS);
    const columns = wanted === 1 ? columnsOf(sch, rv) : null;
    if (columns === null) continue;
    const constants = new Set(preparedBuffers(sch.func));
    for (const operand of packableOperands(block, columns.iter, constants)) {
      const isConstant = constants.has(at(block.reads, operand.readIndex).buffer);
      pack(sch, rv, operand, { width: columns.width, isConstant });
    }
  }
  return true;
};

interface Columns {
  /** The block's iterator that runs along the columns of the tile. */
  readonly iter: Var;
  /** Columns of a tile. */
  readonly width: number;
}

/** The columns are what the innermost loop runs over; null when that is no tile of a spatial iterator. */
function columnsOf(sch: Schedule, rv: BlockRV): Columns | null {
  const entry = blockEntryOf(sch, rv);
  const loop = isInner(entry) ? loopsAbove(entry).at(-1)?.node : undefined;
  const width = loop === undefined ? null : constInt(loop.extent);
  if (!isInner(entry) || loop === undefined || width === null) return null;
  const { iterVars } = entry.block;
  const driven = iterVars.filter((_, i) =>
    usesVar(at(entry.realize.iterValues, i), (v) => v === loop.loopVar),
  );
  const [iter] = driven;
  return driven.length === 1 && iter?.iterType === 'spatial' ? { iter: iter.var, width } : null;
}

interface Panels {
  /** Columns of a panel. */
  readonly width: number;
  readonly isConstant: boolean;
}

function pack(
  sch: Schedule,
  rv: BlockRV,
  { readIndex, columnDim }: PackableOperand,
  { width, isConstant }: Panels,
): void {
  // Other readers may want panels of another width: they find the original, and get a copy of their own.
  const copy = sch.cacheRead(rv, readIndex, 'global', [rv]);
  const { shape } = at(sch.get(rv).reads, readIndex).buffer;
  const isWhole = at(shape, columnDim) % width === 0;
  sch.transformLayout(
    rv,
    readIndex,
    'read',
    panels(shape.length, columnDim, width),
    isWhole ? {} : { padValue: 0 },
  );
  if (isConstant) {
    sch.annotate(copy, LAYOUT_REWRITE_PREPROC, 1);
    return;
  }
  const columns = sch.getLoops(copy).at(-1);
  // Elsewhere the copy takes its elements from far apart, or asks for each whether it is there.
  if (columns !== undefined && isWhole && columnDim === shape.length - 1) sch.vectorize(columns);
}

/** `[…, column, …] -> [panel, …, …, column in the panel]` */
function panels(rank: number, columnDim: number, width: number): IndexMap {
  const inputs = Array.from({ length: rank }, (_, d) => variable(`i${d}`));
  const column = at(inputs, columnDim);
  const others = inputs.filter((_, d) => d !== columnDim);
  return createIndexMap(inputs, [floordiv(column, width), ...others, floormod(column, width)]);
}
