/**
 * @file Whether a block writes every element of the box that its writes are seen as. Where it does not, the rest of the
 * box still holds what the caller of the function put there.
 */
import { provablyEqual } from '../arith/simplify.js';
import type { Buffer } from '../ir/buffer.js';
import type { BufferRegion, Range } from '../ir/region.js';
import { isConst } from '../ir/build.js';
import type { Block, Stmt } from '../ir/stmt.js';
import { at } from '../support/errors.js';
import { hasOnlyBlocks } from './dependencies.js';
import { iteratorRanges } from './iterator-ranges.js';
import { hasDenseIntervals } from './region-cover.js';
import { loopBounds, type Entry, type InnerBlockEntry } from './state.js';

/**
 * Where it is not certain the answer is no.
 *
 * @param entry a block whose predicate is implied by the domains of its iterators
 * @param parent the loop or block that the box is seen from
 */
export function writesBox(entry: InnerBlockEntry, b: Buffer, parent: Entry): boolean {
  const { block } = entry;
  const ranges = iteratorRanges(entry);
  const [written, ...others] = block.writes.filter((region) => region.buffer === b);
  if (ranges === null || written === undefined || others.length > 0) return false;
  const always =
    hasOnlyBlocks(parent.kind === 'loop' ? parent.node.body : parent.block.body) &&
    [block.init, block.body].some((s) => s !== null && storesAll(s, written));
  const dense =
    (parent.kind === 'block' && isDirect(block, written)) ||
    hasDenseIntervals(entry, written, parent.kind === 'loop' ? loopBounds(parent) : new Map());
  // A tile that overhangs an iterator's domain is cut off by the buffer's end only if the domain ends there, too.
  const endsWithBuffer = ({ min }: Range, d: number): boolean => {
    const i = block.iterVars.findIndex((iter) => iter.var === min);
    return i < 0 ? min.kind === 'IntImm' : at(ranges, i).max === at(b.shape, d) - 1;
  };
  const exact = isConst(entry.realize.predicate, 1) || written.region.every(endsWithBuffer);
  return always && dense && exact;
}

/** Whether a statement stores to a region, which is one element, under no condition. */
function storesAll(s: Stmt, written: BufferRegion): boolean {
  switch (s.kind) {
    case 'Seq':
      return s.stmts.some((child) => storesAll(child, written));
    case 'Let':
      return storesAll(s.body, written);
    case 'BufferStore': {
      const isStored = ({ min, extent }: Range, d: number): boolean =>
        isConst(extent, 1) && provablyEqual(min, at(s.indices, d));
      return s.buffer === written.buffer && written.region.every(isStored);
    }
    default:
      return false;
  }
}

/** Whether every dimension has an iterator of its own, or a fixed place. */
function isDirect(block: Block, { region }: BufferRegion): boolean {
  const own = new Set(block.iterVars.map((iter) => iter.var));
  const iters = region.flatMap(({ min }) => (min.kind === 'Var' && own.has(min) ? [min] : []));
  const fixed = region.filter(({ min }) => min.kind === 'IntImm').length;
  return new Set(iters).size === iters.length && iters.length + fixed === region.length;
}
