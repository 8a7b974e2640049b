/**
 * @file Edits of the tree of a schedule state. Each replaces one loop or block and returns a new state; what is not
 * between the root and the place of the edit is shared with the old one.
 */
import { EMPTY } from '../ir/build-stmt.js';
import type { Buffer } from '../ir/buffer.js';
import type { Block, Stmt } from '../ir/stmt.js';
import { mapStmtChildren } from '../ir/visit.js';
import { check } from './errors.js';
import {
  createState,
  isInner,
  stmtOf,
  type BlockEntry,
  type Entry,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from './state.js';

/** Replaces `target`, found through Seq, If and Let but not below other loops and blocks. */
function replaceChild(s: Stmt, target: Stmt, replacement: Stmt): Stmt {
  if (s === target) return replacement;
  if (s.kind !== 'Seq' && s.kind !== 'If' && s.kind !== 'Let') return s;
  return mapStmtChildren(
    s,
    (child) => replaceChild(child, target, replacement),
    (e) => e,
  );
}

/** Replaces the statement `old`, which stands directly in `parent`, and everything up to the root on its way. */
function replaceUnder(state: ScheduleState, parent: Entry, old: Stmt, replacement: Stmt): ScheduleState {
  if (parent.kind === 'loop') {
    const { node } = parent;
    return replaceUnder(state, parent.parent, node, {
      ...node,
      body: replaceChild(node.body, old, replacement),
    });
  }
  const { block } = parent;
  return replaceBlock(state, parent, { ...block, body: replaceChild(block.body, old, replacement) });
}

/** Replaces the loop or block of `entry` by `replacement`; an empty one vanishes from a sequence. */
export function replaceStmt(
  state: ScheduleState,
  entry: LoopEntry | InnerBlockEntry,
  replacement: Stmt,
): ScheduleState {
  return replaceUnder(state, entry.parent, stmtOf(entry), replacement);
}

/** Replaces a block and leaves its place, iterator values and predicate alone. */
export function replaceBlock(state: ScheduleState, entry: BlockEntry, block: Block): ScheduleState {
  if (!isInner(entry)) return createState({ ...state.func, root: block });
  return replaceUnder(state, entry.parent, entry.realize, { ...entry.realize, block });
}

/** Replaces the buffers that a block allocates. */
export function withAllocBuffers(
  state: ScheduleState,
  entry: BlockEntry,
  allocBuffers: readonly Buffer[],
): ScheduleState {
  return replaceBlock(state, entry, { ...entry.block, allocBuffers });
}

/**
 * Removes a block together with the loops that hold nothing else.
 *
 * @throws ScheduleError `ONLY_LEAF_BLOCK` when its scope would be left empty.
 */
export function removeBlock(state: ScheduleState, entry: InnerBlockEntry, primitive: string): ScheduleState {
  let top: LoopEntry | InnerBlockEntry = entry;
  while (top.parent.kind === 'loop' && top.parent.node.body === stmtOf(top)) top = top.parent;
  const holder = top.parent;
  const onlyLeaf = holder.kind === 'block' && holder.block.body === stmtOf(top);
  check(!onlyLeaf, 'ONLY_LEAF_BLOCK', { primitive, locations: [entry.block.name] }, () => {
    return `${entry.block.name} is the only block of its scope`;
  });
  return replaceStmt(state, top, EMPTY);
}

/** `name`, or `name_1`, `name_2`…: the first that no block has. */
export function freshBlockName(state: ScheduleState, name: string): string {
  const { blocks } = state.index;
  if (!blocks.has(name)) return name;
  let suffix = 1;
  while (blocks.has(`${name}_${suffix}`)) suffix++;
  return `${name}_${suffix}`;
}
