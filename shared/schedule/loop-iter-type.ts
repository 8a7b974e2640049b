/** @file What a loop does for the blocks below it. */
import { usesVar } from '../ir/visit.js';
import { at } from '../support/errors.js';
import { blocksUnder, type LoopEntry } from './state.js';

/** `other`: both, or iterators that may not be reordered. */
export type LoopIterType = 'spatial' | 'reduce' | 'other';

/** The one type of all the iterators that the loop occurs in; a loop that occurs in none is spatial. */
export function loopIterType(entry: LoopEntry): LoopIterType {
  const { loopVar } = entry.node;
  const types = blocksUnder(entry).flatMap(({ block, realize }) =>
    block.iterVars
      .filter((_, i) => usesVar(at(realize.iterValues, i), (v) => v === loopVar))
      .map((iter) => iter.iterType),
  );
  if (types.every((type) => type === 'spatial')) return 'spatial';
  return types.every((type) => type === 'reduce') ? 'reduce' : 'other';
}
