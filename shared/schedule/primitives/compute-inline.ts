/** @file Primitives that dissolve a block into those that use it, or into the one that feeds it. */
import { inferRegions } from '../../arith/infer-regions.js';
import { simplify } from '../../arith/simplify.js';
import type { Buffer } from '../../ir/buffer.js';
import { constInt, isConst } from '../../ir/build.js';
import { store } from '../../ir/build-stmt.js';
import type { Expr, Var } from '../../ir/expr.js';
import type { Block, BufferStore, Stmt } from '../../ir/stmt.js';
import {
  mapExpr,
  mapStmt,
  substitute,
  usesVar,
  walkExpr,
  walkStmt,
  type Substitution,
} from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { checkPredicateImplied } from '../block-nest.js';
import { consumersOf, producersOf, writersOf } from '../dependencies.js';
import { check, type Site } from '../errors.js';
import type { InstructionTable } from '../instruction.js';
import { iteratorRanges } from '../iterator-ranges.js';
import { removeBlock, replaceBlock, withAllocBuffers } from '../replace.js';
import { checkCompleteBlock, checkStagePipeline, isOutputBlock } from '../scope.js';
import { blockEntry, innerBlockEntry, type InnerBlockEntry, type ScheduleState } from '../state.js';

/**
 * Computes an elementwise block anew in each of its uses, and drops its buffer.
 *
 * rewrite: `B[i] = f(A[i]); C[j] = g(B[e])` → `C[j] = g(f(A[e]))`.
 *
 * 1. The block is complete, has no `init`, and is no output block.
 * 2. It writes one buffer, of its own scope, and is the only block that does.
 * 3. Its body is one store, at distinct iterators, to a value that depends on these alone.
 * 4. Its predicate is implied by the domains of its iterators.
 * 5. Its consumers hold no blocks.
 * 6. It is not the only block of its scope.
 * 7. The scope is a stage pipeline: what the block reads is still there where it is computed anew.
 *
 * @throws ScheduleError `NOT_COMPLETE_BLOCK`, `HAS_INIT_BLOCK`, `OUTPUT_BLOCK`, `NOT_SINGLE_WRITE_BLOCK`,
 *   `BODY_ANALYSIS`, `PREDICATE_NOT_IMPLIED`, `NOT_LEAF_BLOCK`, `ONLY_LEAF_BLOCK`, `NOT_STAGE_PIPELINE`.
 */
export function computeInline(state: ScheduleState, blockName: string): ScheduleState {
  const site: Site = { primitive: 'compute_inline', locations: [blockName] };
  const entry = innerBlockEntry(state, blockName, site.primitive);
  const { buffer, definition, iters } = definitionOf(entry, site);
  check(
    !isOutputBlock(entry),
    'OUTPUT_BLOCK',
    site,
    () => `block ${blockName} is an output block of its scope`,
  );
  const consumers = consumersOf(entry);
  for (const consumer of consumers) checkLeaf(consumer, site);
  checkStagePipeline(entry.scope, site);
  const inlined = (indices: readonly Expr[]): Expr => {
    const values: Substitution = new Map(iters.map((iter, d) => [iter, at(indices, d)]));
    return mapExpr(substitute(definition, values), (e) => (e.kind === 'BufferLoad' ? simplifyIndices(e) : e));
  };
  const without = removeBlock(state, entry, site.primitive);
  const rewritten = consumers.reduce((current, { block }) => {
    const target = blockEntry(current, block.name, site.primitive);
    return replaceBlock(current, target, replaceLoads(target.block, buffer, inlined));
  }, without);
  return dropBuffer(rewritten, entry.scope.block.name, buffer, site);
}

function simplifyIndices(e: Extract<Expr, { kind: 'BufferLoad' }>): Expr {
  return { ...e, indices: e.indices.map((index) => simplify(index)) };
}

interface Definition {
  readonly buffer: Buffer;
  /** The value of `buffer[iters]`. */
  readonly definition: Expr;
  readonly iters: readonly Var[];
}

function definitionOf(entry: InnerBlockEntry, site: Site): Definition {
  const { block, scope } = entry;
  check(block.init === null, 'HAS_INIT_BLOCK', site, () => `block ${block.name} has an init`);
  checkCompleteBlock(entry, site);
  const [write, ...others] = block.writes;
  const single =
    write !== undefined && others.length === 0 && writersOf(scope.children, write.buffer).length === 1;
  check(
    single,
    'NOT_SINGLE_WRITE_BLOCK',
    site,
    () => `block ${block.name} is not the only writer of one buffer`,
  );
  checkPredicateImplied(entry, site);
  const body = plainStore(block, site);
  const iters = body.indices.filter((index): index is Var => index.kind === 'Var');
  const own = new Set(block.iterVars.map((iter) => iter.var));
  const distinct = new Set(iters).size === body.indices.length && iters.every((iter) => own.has(iter));
  const closed = !usesVar(body.value, (v) => !iters.includes(v));
  check(distinct && closed, 'BODY_ANALYSIS', site, () => {
    return `the store of block ${block.name} is not at distinct iterators that determine its value`;
  });
  return { buffer: body.buffer, definition: body.value, iters };
}

function plainStore(block: Block, site: Site): BufferStore {
  const { body } = block;
  check(
    body.kind === 'BufferStore',
    'BODY_ANALYSIS',
    site,
    () => `the body of block ${block.name} is not one store`,
  );
  return body;
}

function checkLeaf({ block }: InnerBlockEntry, site: Site): void {
  let isLeaf = true;
  walkStmt(block.body, {
    stmt: (s) => {
      if (s.kind === 'BlockRealize') isLeaf = false;
    },
  });
  check(isLeaf, 'NOT_LEAF_BLOCK', site, () => `block ${block.name} holds other blocks`);
}

/** The block with every load of `buffer` replaced, and its regions found anew. */
function replaceLoads(block: Block, buffer: Buffer, by: (indices: readonly Expr[]) => Expr): Block {
  const rewrite = (s: Stmt): Stmt =>
    mapStmt(s, { expr: (e) => (e.kind === 'BufferLoad' && e.buffer === buffer ? by(e.indices) : e) });
  return withRegions({
    ...block,
    init: block.init === null ? null : rewrite(block.init),
    body: rewrite(block.body),
  });
}

function withRegions(block: Block): Block {
  return { ...block, ...inferRegions(block) };
}

/** Drops a buffer that nothing uses any more from the scope that allocates it. */
function dropBuffer(state: ScheduleState, scopeName: string, buffer: Buffer, site: Site): ScheduleState {
  const scope = blockEntry(state, scopeName, site.primitive);
  return withAllocBuffers(
    state,
    scope,
    scope.block.allocBuffers.filter((b) => b !== buffer),
  );
}

/**
 * Lets the producer of a block compute what the block makes of it, and drops the buffer between them.
 *
 * rewrite: `B[i] = f(A[i]); C[p(i)] = g(B[i])` → `C[p(i)] = g(f(A[i]))`, in the place of the producer.
 *
 * 1. The block is complete and its body is one store.
 * 2. It has one producer, which is complete, has one plain store and no other consumer.
 * 3. It reads the producer's buffer at distinct iterators over the whole of it (or 0 where there is one element), always
 *    at the same ones, and its value and place depend on these iterators alone.
 * 4. Both predicates are implied by the domains of the iterators.
 * 5. The producer is no output block. If the block itself is one, it runs for all of what it could read.
 * 6. The scope is a stage pipeline: nothing needs what the block would overwrite too early.
 *
 * @throws ScheduleError `NOT_COMPLETE_BLOCK`, `HAS_INIT_BLOCK`, `NON_SINGLE_PRODUCER`, `NOT_SINGLE_READ_WRITE_BUFFER`,
 *   `BODY_ANALYSIS`, `PREDICATE_NOT_IMPLIED`, `NOT_LEAF_BLOCK`, `OUTPUT_BLOCK`, `NOT_STAGE_PIPELINE`.
 */
export function reverseComputeInline(state: ScheduleState, blockName: string): ScheduleState {
  const site: Site = { primitive: 'reverse_compute_inline', locations: [blockName] };
  const entry = innerBlockEntry(state, blockName, site.primitive);
  checkCompleteBlock(entry, site);
  checkLeaf(entry, site);
  checkPredicateImplied(entry, site);
  const producer = onlyProducer(entry, site);
  const consumed = plainStore(entry.block, site);
  const produced = plainStore(producer.block, site);
  const { buffer } = produced;
  check(
    !isOutputBlock(producer),
    'OUTPUT_BLOCK',
    site,
    () => `block ${producer.block.name} is an output block`,
  );
  checkStagePipeline(entry.scope, site);

  const iters = iteratorsOver(entry.block, consumed, buffer, site);
  checkRunsForAll(entry, site);
  const values: Substitution = new Map(
    iters.flatMap((iter, d) => (iter === null ? [] : [[iter, at(produced.indices, d)] as const])),
  );
  const closed = [...consumed.indices, consumed.value].every((e) => !usesVar(e, (v) => !values.has(v)));
  check(closed, 'BODY_ANALYSIS', site, () => `block ${blockName} depends on more than what it reads`);
  const value = mapExpr(substitute(consumed.value, values), (e) =>
    e.kind === 'BufferLoad' && e.buffer === buffer ? produced.value : e,
  );
  const indices = consumed.indices.map((index) => simplify(substitute(index, values)));
  const fused = withRegions({ ...producer.block, body: store(consumed.buffer, value, indices) });

  const without = removeBlock(state, entry, site.primitive);
  const target = blockEntry(without, producer.block.name, site.primitive);
  return dropBuffer(replaceBlock(without, target, fused), entry.scope.block.name, buffer, site);
}

/** The producer may compute more than the block makes use of; in a parameter, that would show. */
function checkRunsForAll(entry: InnerBlockEntry, site: Site): void {
  if (!isOutputBlock(entry)) return;
  const ranges = iteratorRanges(entry);
  const complete = entry.block.iterVars.every(({ dom }, i) => {
    const range = ranges?.[i];
    return range !== undefined && range.max - range.min + 1 === constInt(dom.extent);
  });
  check(complete, 'BODY_ANALYSIS', site, () => {
    return `block ${entry.block.name} does not run for all of its iterators' domains`;
  });
}

function onlyProducer(entry: InnerBlockEntry, site: Site): InnerBlockEntry {
  const [producer, ...others] = producersOf(entry);
  check(producer !== undefined && others.length === 0, 'NON_SINGLE_PRODUCER', site, () => {
    return `block ${entry.block.name} has ${others.length + (producer === undefined ? 0 : 1)} producers, not one`;
  });
  check(
    producer.block.init === null,
    'HAS_INIT_BLOCK',
    site,
    () => `block ${producer.block.name} has an init`,
  );
  checkCompleteBlock(producer, site);
  checkLeaf(producer, site);
  checkPredicateImplied(producer, site);
  const single = consumersOf(producer).length === 1 && producer.block.writes.length === 1;
  check(single, 'NOT_SINGLE_READ_WRITE_BUFFER', site, () => {
    return `block ${producer.block.name} does not write one buffer for block ${entry.block.name} alone`;
  });
  return producer;
}

/** The iterator of `block` that runs over each dimension of `buffer`; `null` for dimensions of one element. */
function iteratorsOver(block: Block, consumed: BufferStore, buffer: Buffer, site: Site): (Var | null)[] {
  const loads: (readonly Expr[])[] = [];
  walkExpr(consumed.value, (e) => {
    if (e.kind === 'BufferLoad' && e.buffer === buffer) loads.push(e.indices);
  });
  const [first] = loads;
  const refuse = (): string => `block ${block.name} does not read ${buffer.name} element by element`;
  check(first !== undefined, 'BODY_ANALYSIS', site, refuse);
  const isSame = (index: Expr, d: number): boolean =>
    index === first[d] || (isConst(index, 0) && isConst(at(first, d), 0));
  const same = loads.every((indices) => indices.every(isSame));
  check(same, 'BODY_ANALYSIS', site, refuse);
  const iters = first.map((index, d) => {
    const extent = at(buffer.shape, d);
    if (extent === 1 && isConst(index, 0)) return null;
    const iter = block.iterVars.find((candidate) => candidate.var === index);
    const covers = iter !== undefined && isConst(iter.dom.min, 0) && constInt(iter.dom.extent) === extent;
    check(covers, 'BODY_ANALYSIS', site, refuse);
    return iter.var;
  });
  const used = iters.filter((iter) => iter !== null);
  check(new Set(used).size === used.length, 'BODY_ANALYSIS', site, refuse);
  return iters;
}

export const COMPUTE_INLINE_SPECS = {
  ComputeInline: { isPure: false, apply: ({ state }, { block }) => ({ state: computeInline(state, block) }) },
  ReverseComputeInline: {
    isPure: false,
    apply: ({ state }, { block }) => ({ state: reverseComputeInline(state, block) }),
  },
} satisfies Partial<InstructionTable>;
