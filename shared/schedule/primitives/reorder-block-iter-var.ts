/** @file The order of a block's iterators. */
import { at } from '../../support/errors.js';
import { check, type Site } from '../errors.js';
import type { InstructionTable } from '../instruction.js';
import { replaceStmt } from '../replace.js';
import { innerBlockEntry, type ScheduleState } from '../state.js';

/**
 * Puts the iterators of a block, with their values, into another order. Nothing is computed differently; loops that are
 * made for the block afterwards follow the order.
 *
 * rewrite: `B(v0 = i, v1 = j, v2 = k)` with order [2, 0, 1] → `B(v2 = k, v0 = i, v1 = j)`
 *
 * 1. The order names every iterator once.
 *
 * @throws ScheduleError `ROOT_BLOCK`, `UNKNOWN_BLOCK`, `INVALID_REORDER_INDEX`.
 */
export function reorderBlockIterVar(
  state: ScheduleState,
  blockName: string,
  order: readonly number[],
): ScheduleState {
  const site: Site = { primitive: 'reorder_block_iter_var', locations: [blockName] };
  const entry = innerBlockEntry(state, blockName, site.primitive);
  const { block, iterValues } = entry.realize;
  const count = block.iterVars.length;
  const isPermutation = order.length === count && block.iterVars.every((_, i) => order.includes(i));
  check(isPermutation, 'INVALID_REORDER_INDEX', site, () => {
    return `[${order.join(', ')}] is no order of ${count} iterators`;
  });
  return replaceStmt(state, entry, {
    ...entry.realize,
    iterValues: order.map((i) => at(iterValues, i)),
    block: { ...block, iterVars: order.map((i) => at(block.iterVars, i)) },
  });
}

export const REORDER_BLOCK_ITER_VAR_SPECS = {
  ReorderBlockIterVar: {
    isPure: false,
    apply: ({ state }, { block, newOrder }) => ({ state: reorderBlockIterVar(state, block, newOrder) }),
  },
} satisfies Partial<InstructionTable>;
