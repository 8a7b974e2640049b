/**
 * @file Which operands of a reduction are worth packing: copied once into panels as wide as the register tile, so that
 * the reduction reads them from one end to the other, and vectors find their lanes side by side.
 */
import type { Buffer } from '../../../shared/ir/buffer.js';
import { constInt } from '../../../shared/ir/build.js';
import type { Var } from '../../../shared/ir/expr.js';
import type { BufferRegion } from '../../../shared/ir/region.js';
import type { Block } from '../../../shared/ir/stmt.js';
import { usesVar } from '../../../shared/ir/visit.js';

/** The annotation of blocks whose operands shall be packed: 1, or 0 to leave them as they are. */
export const PACK_OPERANDS = 'tilewright.pack_operands';

/** An operand that a block reads element by element. */
export interface PackableOperand {
  /** Which of the block's reads. */
  readonly readIndex: number;
  /** The dimension along which the columns of the tile lie. */
  readonly columnDim: number;
}

/**
 * The operands of which the columns are one dimension, and that are worth a copy: constants, whose copy is not made in the
 * calls, and what is read again for other elements of the output.
 */
export function packableOperands(
  block: Block,
  column: Var,
  constants: ReadonlySet<Buffer>,
): PackableOperand[] {
  const written = new Set(block.writes.map(({ buffer }) => buffer));
  return block.reads.flatMap((read, readIndex): PackableOperand[] => {
    if (written.has(read.buffer) || !isElement(read)) return [];
    if (!constants.has(read.buffer) && !isReused(block, read)) return [];
    const columnDim = read.region.findIndex(({ min }) => min === column);
    const dims = read.region.filter(({ min }) => usesVar(min, (v) => v === column));
    return columnDim < 0 || dims.length > 1 ? [] : [{ readIndex, columnDim }];
  });
}

function isElement({ region }: BufferRegion): boolean {
  return region.every(({ extent }) => constInt(extent) === 1);
}

/** Whether some spatial iterator with more than one value does not choose what is read. */
function isReused({ iterVars }: Block, { region }: BufferRegion): boolean {
  return iterVars.some(
    (iter) =>
      iter.iterType === 'spatial' &&
      constInt(iter.dom.extent) !== 1 &&
      !region.some(({ min }) => usesVar(min, (v) => v === iter.var)),
  );
}
