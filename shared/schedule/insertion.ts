/** @file Places for a block under a loop, or directly in a scope: between those it must follow and those it must precede. */
import { seq } from '../ir/build-stmt.js';
import type { Stmt } from '../ir/stmt.js';
import { check, type Site } from './errors.js';
import { replaceBlock, replaceStmt } from './replace.js';
import {
  isUnder,
  stmtOf,
  type BlockEntry,
  type Entry,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from './state.js';

/** The statements that stand side by side under a loop or in a block. */
function siblings(parent: Entry): readonly Stmt[] {
  const body = parent.kind === 'loop' ? parent.node.body : parent.block.body;
  return body.kind === 'Seq' ? body.stmts : [body];
}

/** The loop or block directly under `parent` that holds `entry`. */
function childHolding(parent: Entry, entry: InnerBlockEntry): Stmt {
  let child: LoopEntry | InnerBlockEntry = entry;
  for (let p: Entry | null = entry.parent; p !== null && p !== parent; p = p.parent) {
    child = p as LoopEntry | InnerBlockEntry;
  }
  return stmtOf(child);
}

export interface Neighbours {
  /** Blocks under the parent that must come before, and after. */
  readonly before: readonly InnerBlockEntry[];
  readonly after: readonly InnerBlockEntry[];
}

/**
 * The position among the children of `parent` that TVM's `index` means: -1 the last possible one, -2 the first, and
 * any other number itself.
 *
 * @throws ScheduleError `NO_INSERTION_POINT`.
 */
export function insertionPoint(
  parent: Entry,
  { before, after }: Neighbours,
  index: number,
  site: Site,
): number {
  const children = siblings(parent);
  const positionOf = (entry: InnerBlockEntry): number => {
    const holder = childHolding(parent, entry);
    return children.findIndex((child) => child === holder || holds(child, holder));
  };
  const first = Math.max(0, ...before.map((entry) => positionOf(entry) + 1));
  const last = Math.min(children.length, ...after.map(positionOf));
  check(first <= last, 'NO_INSERTION_POINT', site, () => 'its producers come after its consumers there');
  const position = index === -1 ? last : index === -2 ? first : index;
  check(position >= first && position <= last, 'NO_INSERTION_POINT', site, () => {
    return `position ${index} is not between ${first} and ${last}`;
  });
  return position;
}

/** Through Seq, If and Let. */
function holds(s: Stmt, target: Stmt): boolean {
  if (s === target) return true;
  if (s.kind === 'Seq') return s.stmts.some((child) => holds(child, target));
  if (s.kind === 'If') return holds(s.then, target) || (s.else !== null && holds(s.else, target));
  return s.kind === 'Let' && holds(s.body, target);
}

/** Puts a statement at a position among the children of `parent`. */
export function insertAt(state: ScheduleState, parent: Entry, position: number, s: Stmt): ScheduleState {
  const body = seq(siblings(parent).toSpliced(position, 0, s));
  if (parent.kind === 'loop') return replaceStmt(state, parent, { ...parent.node, body });
  return replaceBlock(state, parent, { ...parent.block, body });
}

/** The loop, or the scope, that is around all of `entries` most closely. */
export function commonParent(scope: BlockEntry, entries: readonly InnerBlockEntry[]): Entry {
  const [first, ...rest] = entries;
  if (first === undefined) return scope;
  let parent: Entry = first.parent;
  while (parent !== scope && !rest.every((entry) => isUnder(entry, parent)) && parent.parent !== null)
    parent = parent.parent;
  return parent;
}
