/** @file Reordering the loops of a nest. */
import type { Var } from '../../ir/expr.js';
import type { For, IterVar, Stmt } from '../../ir/stmt.js';
import { usesVar } from '../../ir/visit.js';
import { at, invariant } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { check, type Site } from '../errors.js';
import type { InstructionTable } from '../instruction.js';
import { replaceStmt } from '../replace.js';
import { checkAffineBinding, checkOnlyBlocks, runsOnceUnder } from '../scope.js';
import {
  blocksUnder,
  loopEntry,
  loopsAbove,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';

/**
 * Puts loops of one nest into the given order. Loops between them that are not named keep their places.
 *
 * rewrite: `for i: for j: for k: S` with order `k, i` → `for k: for j: for i: S`
 *
 * 1. No loop is named twice.
 * 2. The loops are of one chain: each of its loops, but the innermost, has the next as its only child.
 * 3. Every block below has only spatial and reduce iterators, bound quasi-affinely; nothing else stands below.
 * 4. No block below with an init has a reduce iterator driven by the chain and instances that the chain runs again: its
 *    init would come between other updates.
 * 5. In the new order no loop's range depends on a loop further in.
 * 6. Where a loop drives reduce and spatial iterators of a block with an init, the loops that drive its reduce iterators
 *    keep their order: another instance might come before the one that initialises.
 *
 * @throws ScheduleError `LOOP_MULTI_APPEARANCE`, `LOOPS_NOT_A_CHAIN`, `OPAQUE_ACCESS`, `WRONG_BLOCK_ITER_TYPE`,
 * `NOT_AFFINE_BINDING`, `REPEATED_REDUCTION`, `DEPENDENT_LOOP`, `LOOP_PROPERTY`.
 */
export function reorder(state: ScheduleState, loopVars: readonly Var[]): ScheduleState {
  const site: Site = { primitive: 'reorder', locations: loopVars.map((v) => v.name) };
  const named = new Set(loopVars);
  check(named.size === loopVars.length, 'LOOP_MULTI_APPEARANCE', site, () => 'a loop is named twice');
  const entries = loopVars.map((v) => loopEntry(state, v, site.primitive));
  if (entries.length <= 1) return state;
  const chain = chainOf(entries, site);
  const bottom = at(chain, chain.length - 1);
  checkOnlyBlocks(bottom, site);
  for (const block of blocksUnder(bottom)) {
    check(blockFacts(block.block).spatialOrReduce, 'WRONG_BLOCK_ITER_TYPE', site, () => {
      return `block ${block.block.name} has iterators that are neither spatial nor reduce`;
    });
    checkAffineBinding(block, site);
    checkReductionOrder(block, chain, site);
  }
  const order = newOrder(chain, entries);
  checkRangesIndependent(order, site);
  for (const block of blocksUnder(bottom)) checkInitFirst(block, order, chain, site);
  const nest = order.reduceRight<Stmt>((body, loop) => ({ ...loop, body }), bottom.node.body);
  return replaceStmt(state, at(chain, 0), nest);
}

function checkReductionOrder(entry: InnerBlockEntry, chain: readonly LoopEntry[], site: Site): void {
  const { block, realize } = entry;
  const moved = new Set(chain.map((loop) => loop.node.loopVar));
  const isDriven = block.iterVars.some(
    ({ iterType }, i) => iterType === 'reduce' && usesVar(at(realize.iterValues, i), (v) => moved.has(v)),
  );
  const holds = block.init === null || !isDriven || runsOnceUnder(entry, at(chain, 0));
  check(holds, 'REPEATED_REDUCTION', site, () => {
    return `the loops run instances of block ${block.name}, a reduction, more than once`;
  });
}

function checkInitFirst(
  { block, realize }: InnerBlockEntry,
  order: readonly For[],
  chain: readonly LoopEntry[],
  site: Site,
): void {
  if (block.init === null) return;
  const drives = ({ loopVar }: For, type: IterVar['iterType']): boolean =>
    block.iterVars.some(
      (iter, i) => iter.iterType === type && usesVar(at(realize.iterValues, i), (v) => v === loopVar),
    );
  const reducing = (loops: readonly For[]): For[] => loops.filter((loop) => drives(loop, 'reduce'));
  const before = reducing(chain.map(({ node }) => node));
  const after = reducing(order);
  const keepsOrder = before.every((loop, i) => loop === after[i]);
  check(keepsOrder || !before.some((loop) => drives(loop, 'spatial')), 'LOOP_PROPERTY', site, () => {
    return `a loop drives both kinds of iterators of block ${block.name}, whose init would not come first`;
  });
}

/** The loops from the outermost named one to the innermost named one. */
function chainOf(entries: readonly LoopEntry[], site: Site): LoopEntry[] {
  const depths = entries.map((entry) => loopsAbove(entry).length);
  const bottom = at(entries, depths.indexOf(Math.max(...depths)));
  const path = [...loopsAbove(bottom), bottom].slice(Math.min(...depths));
  const isOnPath = entries.every((entry) => path.includes(entry));
  const isSingle = path.slice(1).every((inner, i) => at(path, i).node.body === inner.node);
  check(
    isOnPath && isSingle,
    'LOOPS_NOT_A_CHAIN',
    site,
    () => 'the loops are not of one nest without branches',
  );
  return path;
}

/** The chain's loops with the named ones in their new places. */
function newOrder(chain: readonly LoopEntry[], named: readonly LoopEntry[]): For[] {
  const queue = named.values();
  return chain.map((entry) => {
    if (!named.includes(entry)) return entry.node;
    const { value } = queue.next();
    invariant(value !== undefined, 'every named loop has a place in the chain');
    return value.node;
  });
}

function checkRangesIndependent(order: readonly For[], site: Site): void {
  order.forEach((loop, i) => {
    const inner = new Set(order.slice(i).map((other) => other.loopVar));
    const depends = usesVar(loop.min, (v) => inner.has(v)) || usesVar(loop.extent, (v) => inner.has(v));
    check(!depends, 'DEPENDENT_LOOP', site, () => {
      return `the range of loop ${loop.loopVar.name} depends on a loop that would be inside of it`;
    });
  });
}

export const REORDER_SPECS = {
  Reorder: {
    isPure: false,
    apply: ({ state }, { loops }) => ({ state: reorder(state, loops) }),
  },
} satisfies Partial<InstructionTable>;
