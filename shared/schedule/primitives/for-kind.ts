/** @file Primitives that say how a loop runs: in parallel, as a vector, unrolled, or as a thread axis of a GPU. */
import type { Var } from '../../ir/expr.js';
import type { ForKind } from '../../ir/stmt.js';
import { usesVar } from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { check, type Site } from '../errors.js';
import type { InstructionTable } from '../instruction.js';
import { replaceStmt } from '../replace.js';
import { checkAffineBinding, checkCompactDataFlow, incompleteness } from '../scope.js';
import {
  blocksUnder,
  loopEntry,
  loopsAbove,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';

/** Axes a loop may be bound to. Blocks of threads share nothing that a reduction could be gathered in. */
export const THREAD_TAGS = [
  'blockIdx.x',
  'blockIdx.y',
  'blockIdx.z',
  'threadIdx.x',
  'threadIdx.y',
  'threadIdx.z',
  'vthread.x',
  'vthread.y',
  'vthread.z',
] as const;

function withKind(
  state: ScheduleState,
  entry: LoopEntry,
  forKind: ForKind,
  threadTag: string | null,
): ScheduleState {
  return replaceStmt(state, entry, { ...entry.node, forKind, threadTag });
}

/**
 * The conditions under which the runs of a loop's body are independent of each other:
 *
 * 1. The scope is a stage pipeline, and the data flow under the loop is compact.
 * 2. Every block below is bound quasi-affinely, or is complete and uses loops through its iterators alone: run several
 *    times for the same iterators, it does the same.
 * 3. The loop occurs in spatial iterators only; `allowReduce` admits reduce iterators as well.
 */
function checkParallelizable(entry: LoopEntry, site: Site, allowReduce: boolean): void {
  checkCompactDataFlow(entry, site);
  const { loopVar } = entry.node;
  const blocks = blocksUnder(entry);
  for (const inner of blocks) {
    if (incompleteness(inner, blocks) !== 0 || usesLoops(inner)) checkAffineBinding(inner, site);
    inner.block.iterVars.forEach(({ var: v, iterType }, i) => {
      if (!usesVar(at(inner.realize.iterValues, i), (used) => used === loopVar)) return;
      const allowed = iterType === 'spatial' || (iterType === 'reduce' && allowReduce);
      check(allowed, 'WRONG_BLOCK_ITER_TYPE', site, () => {
        return `loop ${loopVar.name} drives the ${iterType} iterator ${v.name} of block ${inner.block.name}`;
      });
    });
  }
}

function usesLoops(entry: InnerBlockEntry): boolean {
  const { freeVars } = blockFacts(entry.block);
  return loopsAbove(entry).some(({ node }) => freeVars.has(node.loopVar));
}

/**
 * Lets the iterations of a loop run in parallel.
 *
 * rewrite: `for i: S` → `for i in parallel: S`, under conditions 1 to 3 of `checkParallelizable`.
 *
 * @throws ScheduleError `NOT_STAGE_PIPELINE`, `NOT_COMPACT_DATA_FLOW`, `NOT_AFFINE_BINDING`, `WRONG_BLOCK_ITER_TYPE`.
 */
export function parallel(state: ScheduleState, loopVar: Var): ScheduleState {
  const entry = loopEntry(state, loopVar, 'parallel');
  checkParallelizable(entry, { primitive: 'parallel', locations: [loopVar.name] }, false);
  return withKind(state, entry, 'parallel', null);
}

/**
 * Lets the iterations of a loop run as lanes of vectors.
 *
 * rewrite: `for i: S` → `for i in vectorized: S`, under conditions 1 to 3 of `checkParallelizable`.
 *
 * @throws ScheduleError `NOT_STAGE_PIPELINE`, `NOT_COMPACT_DATA_FLOW`, `NOT_AFFINE_BINDING`, `WRONG_BLOCK_ITER_TYPE`.
 */
export function vectorize(state: ScheduleState, loopVar: Var): ScheduleState {
  const entry = loopEntry(state, loopVar, 'vectorize');
  checkParallelizable(entry, { primitive: 'vectorize', locations: [loopVar.name] }, false);
  return withKind(state, entry, 'vectorized', null);
}

/**
 * Unrolls a loop. It is legal for every loop; a thread binding it may have is dropped.
 *
 * rewrite: `for i: S` → `for i in unrolled: S`
 */
export function unroll(state: ScheduleState, loopVar: Var): ScheduleState {
  return withKind(state, loopEntry(state, loopVar, 'unroll'), 'unrolled', null);
}

/**
 * Binds a loop to a thread axis; a binding it has is replaced.
 *
 * rewrite: `for i: S` → `for i in thread_binding(tag): S`
 *
 * 1. The tag is one of `THREAD_TAGS`.
 * 2. Conditions 1 to 3 of `checkParallelizable`; `threadIdx.*` may also drive reduce iterators.
 *
 * @throws ScheduleError `UNKNOWN_THREAD_TAG`, `NOT_STAGE_PIPELINE`, `NOT_COMPACT_DATA_FLOW`, `NOT_AFFINE_BINDING`,
 * `WRONG_BLOCK_ITER_TYPE`.
 */
export function bind(state: ScheduleState, loopVar: Var, threadTag: string): ScheduleState {
  const site: Site = { primitive: 'bind', locations: [loopVar.name] };
  const entry = loopEntry(state, loopVar, site.primitive);
  check((THREAD_TAGS as readonly string[]).includes(threadTag), 'UNKNOWN_THREAD_TAG', site, () => {
    return `${threadTag} is none of the thread axes ${THREAD_TAGS.join(', ')}`;
  });
  checkParallelizable(entry, site, threadTag.startsWith('threadIdx.'));
  return withKind(state, entry, 'threadBinding', threadTag);
}

export const FOR_KIND_SPECS = {
  Parallel: { isPure: false, apply: ({ state }, { loop }) => ({ state: parallel(state, loop) }) },
  Vectorize: { isPure: false, apply: ({ state }, { loop }) => ({ state: vectorize(state, loop) }) },
  Unroll: { isPure: false, apply: ({ state }, { loop }) => ({ state: unroll(state, loop) }) },
  Bind: {
    isPure: false,
    apply: ({ state }, { loop, threadAxis }) => ({ state: bind(state, loop, threadAxis) }),
  },
} satisfies Partial<InstructionTable>;
