/**
 * @file For which values of its iterators a block runs. A step that gives a block new loops must not let it write more of
 * a parameter than it did: what is there belongs to the caller.
 */
import { boundsOf, type Interval } from '../arith/bounds.js';
import { constInt, isConst } from '../ir/build.js';
import { usesVar } from '../ir/visit.js';
import { at } from '../support/errors.js';
import { hasAffineBinding } from './scope.js';
import { loopBounds, loopsAbove, type InnerBlockEntry } from './state.js';

/**
 * For each iterator the inclusive range of its values. The block runs for all combinations of them, if nothing but the
 * iterators' domains keeps it from doing so; `null` when that is not known.
 */
export function iteratorRanges(entry: InnerBlockEntry): Interval[] | null {
  const { block, realize } = entry;
  const plain = loopsAbove(entry).every(({ node }) => isConst(node.min, 0) && constInt(node.extent) !== null);
  const bounds = loopBounds(entry);
  const own = realize.iterValues.every((value) => !usesVar(value, (v) => !bounds.has(v)));
  if (!plain || !own || !hasAffineBinding(entry)) return null;
  return block.iterVars.map(({ dom }, i) => {
    const value = boundsOf(at(realize.iterValues, i), bounds);
    const first = boundsOf(dom.min);
    const last = first.max + boundsOf(dom.extent).max - 1;
    return { min: Math.max(value.min, first.min), max: Math.min(value.max, last) };
  });
}
