/**
 * @file What a schedule holds: a function and an index of its loops and blocks.
 *
 * States are immutable. A primitive replaces a loop or a block of the tree by another and gets a new state that shares
 * all that was not on the way to it. Loops are found by their `loopVar`, blocks by their name; what persists through a
 * primitive keeps both. The index is made by one walk over the statements, when it is first asked for; it never looks
 * inside expressions.
 */
import type { Bounds } from '../arith/bounds.js';
import { boundsOf } from '../arith/bounds.js';
import { constInt } from '../ir/build.js';
import type { Var } from '../ir/expr.js';
import type { PrimFunc } from '../ir/prim-func.js';
import type { Block, BlockRealize, For, Stmt } from '../ir/stmt.js';
import { invariant } from '../support/errors.js';
import { check } from './errors.js';

export interface LoopEntry {
  readonly kind: 'loop';
  readonly node: For;
  /** The nearest loop or block around this one. */
  readonly parent: Entry;
  /** The block whose scope this stands in. */
  readonly scope: BlockEntry;
}

export interface BlockEntry {
  readonly kind: 'block';
  readonly block: Block;
  /** `null` for the root block, which is not realized by anything. */
  readonly realize: BlockRealize | null;
  readonly parent: Entry | null;
  /** The block whose scope this stands in; `null` for the root block. */
  readonly scope: BlockEntry | null;
  /** The blocks directly under this one (not through another block), in program order. */
  readonly children: readonly BlockEntry[];
}

/** A block other than the root. */
export interface InnerBlockEntry extends BlockEntry {
  readonly realize: BlockRealize;
  readonly parent: Entry;
  readonly scope: BlockEntry;
}

export type Entry = LoopEntry | BlockEntry;

export interface TreeIndex {
  readonly root: BlockEntry;
  /** Outer loops before inner ones, otherwise in program order. */
  readonly loops: ReadonlyMap<Var, LoopEntry>;
  /** Outer blocks before inner ones, otherwise in program order; the root last. */
  readonly blocks: ReadonlyMap<string, BlockEntry>;
}

export interface ScheduleState {
  readonly func: PrimFunc;
  readonly index: TreeIndex;
}

export function createState(func: PrimFunc): ScheduleState {
  let index: TreeIndex | null = null;
  return {
    func,
    get index() {
      index ??= buildIndex(func);
      return index;
    },
  };
}

function buildIndex(func: PrimFunc): TreeIndex {
  const loops = new Map<Var, LoopEntry>();
  const blocks = new Map<string, BlockEntry>();
  const visit = (s: Stmt, parent: Entry, scope: BlockEntry & { children: BlockEntry[] }): void => {
    switch (s.kind) {
      case 'For': {
        const entry: LoopEntry = { kind: 'loop', node: s, parent, scope };
        invariant(!loops.has(s.loopVar), `two loops share the variable ${s.loopVar.name}`);
        loops.set(s.loopVar, entry);
        return visit(s.body, entry, scope);
      }
      case 'BlockRealize': {
        const { block } = s;
        const entry = { kind: 'block' as const, block, realize: s, parent, scope, children: [] };
        invariant(!blocks.has(block.name), `two blocks are named ${block.name}`);
        blocks.set(block.name, entry);
        scope.children.push(entry);
        return visit(block.body, entry, entry);
      }
      case 'Seq':
        return s.stmts.forEach((child) => visit(child, parent, scope));
      case 'If':
        visit(s.then, parent, scope);
        return s.else === null ? undefined : visit(s.else, parent, scope);
      case 'Let':
        return visit(s.body, parent, scope);
      case 'BufferStore':
      case 'Evaluate':
        return;
    }
  };
  const root = {
    kind: 'block' as const,
    block: func.root,
    realize: null,
    parent: null,
    scope: null,
    children: [],
  };
  blocks.set(func.root.name, root);
  visit(func.root.body, root, root);
  return { root, loops, blocks };
}

/** The loop of a variable. @throws ScheduleError `UNKNOWN_LOOP` when a step has replaced it. */
export function loopEntry(state: ScheduleState, loopVar: Var, primitive: string): LoopEntry {
  const entry = state.index.loops.get(loopVar);
  check(entry !== undefined, 'UNKNOWN_LOOP', { primitive, locations: [loopVar.name] }, () => {
    return `loop ${loopVar.name} does not exist (any more)`;
  });
  return entry;
}

/** The block of a name. @throws ScheduleError `UNKNOWN_BLOCK`. */
export function blockEntry(state: ScheduleState, name: string, primitive: string): BlockEntry {
  const entry = state.index.blocks.get(name);
  check(entry !== undefined, 'UNKNOWN_BLOCK', { primitive, locations: [name] }, () => {
    return `there is no block ${name}; there are ${[...state.index.blocks.keys()].join(', ')}`;
  });
  return entry;
}

export function isInner(entry: BlockEntry): entry is InnerBlockEntry {
  return entry.realize !== null;
}

/** All blocks but the root, outer ones before inner ones, otherwise in program order. */
export function innerBlocks({ index }: ScheduleState): InnerBlockEntry[] {
  return [...index.blocks.values()].filter(isInner);
}

/** The block of a name, which must not be the root. @throws ScheduleError `UNKNOWN_BLOCK`, `ROOT_BLOCK`. */
export function innerBlockEntry(state: ScheduleState, name: string, primitive: string): InnerBlockEntry {
  const entry = blockEntry(state, name, primitive);
  check(isInner(entry), 'ROOT_BLOCK', { primitive, locations: [name] }, () => `${name} is the root block`);
  return entry;
}

/** The loops around `entry` in its scope, outermost first; `entry` itself is not one of them. */
export function loopsAbove(entry: Entry): LoopEntry[] {
  const loops: LoopEntry[] = [];
  for (let p = entry.parent; p !== null && p.kind === 'loop'; p = p.parent) loops.push(p);
  return loops.toReversed();
}

/** Whether `ancestor` is around `entry`, or is it. */
export function isUnder(entry: Entry, ancestor: Entry): boolean {
  for (let p: Entry | null = entry; p !== null; p = p.parent) {
    if (p === ancestor) return true;
  }
  return false;
}

/** The innermost loop or block around both. */
export function lowestCommonAncestor(a: Entry, b: Entry): Entry {
  const around = new Set<Entry>();
  for (let p: Entry | null = a; p !== null; p = p.parent) around.add(p);
  let q: Entry = b;
  while (!around.has(q) && q.parent !== null) q = q.parent;
  return q;
}

/** The blocks of the same scope that stand under a loop, or directly in a block, in program order. */
export function blocksUnder(entry: Entry): InnerBlockEntry[] {
  if (entry.kind === 'block') return entry.children.filter(isInner);
  return entry.scope.children.filter(isInner).filter((child) => isUnder(child, entry));
}

/** Adds the inclusive ranges of `loops`, outermost first, to `bounds`. */
export function bindLoops(loops: readonly For[], bounds: Map<Var, { min: number; max: number }>): void {
  for (const { loopVar, min, extent } of loops) {
    const [from, length] = [constInt(min), constInt(extent)];
    if (from !== null && length !== null) {
      bounds.set(loopVar, { min: from, max: from + length - 1 });
    } else {
      const [low, size] = [boundsOf(min, bounds), boundsOf(extent, bounds)];
      bounds.set(loopVar, { min: low.min, max: low.max + size.max - 1 });
    }
  }
}

/** The inclusive ranges of the loops around `entry`, and of its own variable if it is a loop. */
export function loopBounds(entry: Entry): Bounds {
  const bounds = new Map<Var, { min: number; max: number }>();
  bindLoops(
    loopsAbove(entry).map((loop) => loop.node),
    bounds,
  );
  if (entry.kind === 'loop') bindLoops([entry.node], bounds);
  return bounds;
}

/** The statement that an entry stands for in its parent's body. */
export function stmtOf(entry: LoopEntry | InnerBlockEntry): For | BlockRealize {
  return entry.kind === 'loop' ? entry.node : entry.realize;
}
