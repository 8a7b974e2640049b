/**
 * @file How the blocks of one scope depend on each other. A scope is a block with everything directly under it, not
 * through another block. Dependencies follow from the declared reads and writes, in program order.
 */
import type { Buffer } from '../ir/buffer.js';
import type { Stmt } from '../ir/stmt.js';
import { blockFacts } from './block-facts.js';
import { isInner, type BlockEntry, type InnerBlockEntry } from './state.js';

/** Blocks that write a buffer, among `blocks`. */
export function writersOf(blocks: readonly BlockEntry[], b: Buffer): BlockEntry[] {
  return blocks.filter((entry) => blockFacts(entry.block).writes.has(b));
}

/** Blocks that read a buffer, among `blocks`. */
export function readersOf(blocks: readonly BlockEntry[], b: Buffer): BlockEntry[] {
  return blocks.filter((entry) => blockFacts(entry.block).reads.has(b));
}

/** Whether two sets of buffers have one in common. */
export function intersects(a: ReadonlySet<Buffer>, b: ReadonlySet<Buffer>): boolean {
  for (const x of a) if (b.has(x)) return true;
  return false;
}

/** Whether `later`, which comes after `earlier`, reads or overwrites what `earlier` writes. */
function dependsOn(later: BlockEntry, earlier: BlockEntry): boolean {
  const { writes } = blockFacts(earlier.block);
  const { reads, writes: overwrites } = blockFacts(later.block);
  return intersects(writes, reads) || intersects(writes, overwrites);
}

/** Blocks of the same scope that run before `entry` and write what it reads or writes, in program order. */
export function producersOf(entry: InnerBlockEntry): InnerBlockEntry[] {
  const { children } = entry.scope;
  return children
    .slice(0, children.indexOf(entry))
    .filter(isInner)
    .filter((other) => dependsOn(entry, other));
}

/** Blocks of the same scope that run after `entry` and read or write what it writes, in program order. */
export function consumersOf(entry: InnerBlockEntry): InnerBlockEntry[] {
  const { children } = entry.scope;
  return children
    .slice(children.indexOf(entry) + 1)
    .filter(isInner)
    .filter((other) => dependsOn(other, entry));
}

/** Whether nothing else among `peers` (the blocks of the scope, or of a part of it) writes the outputs of `entry`. */
export function isDominant(entry: BlockEntry, peers: readonly BlockEntry[]): boolean {
  for (const written of blockFacts(entry.block).writes) {
    if (writersOf(peers, written).length !== 1) return false;
  }
  return true;
}

/** Whether everything below a loop, or in a scope, stands in a block. */
export function hasOnlyBlocks(s: Stmt): boolean {
  switch (s.kind) {
    case 'For':
      return hasOnlyBlocks(s.body);
    case 'Seq':
      return s.stmts.every(hasOnlyBlocks);
    case 'BlockRealize':
      return true;
    default:
      return false;
  }
}
