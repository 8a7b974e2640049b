/** @file The two nests that a reduction becomes when one of its loops is factored: partial results, and their combination. */
import { simplify } from '../arith/simplify.js';
import type { Buffer } from '../ir/buffer.js';
import { allOf, binary, constInt, ifThenElse, load, variable } from '../ir/build.js';
import { block as makeBlock, blockRealize, iterVar, pointRegion, store } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { BlockRealize, For, IterVar, Stmt } from '../ir/stmt.js';
import { substitute, substituteRegion, usesVar } from '../ir/visit.js';
import { at } from '../support/errors.js';
import type { Reduction } from './reduction-pattern.js';
import type { InnerBlockEntry, LoopEntry } from './state.js';

/** Which loops drive what. */
export interface Drivers {
  readonly spatial: ReadonlySet<Var>;
  readonly reduce: ReadonlySet<Var>;
  /** The loop that is factored, and those that drive the same reduce iterators, or iterators that these drive, …. */
  readonly factored: ReadonlySet<Var>;
}

export interface Factoring {
  readonly entry: InnerBlockEntry;
  readonly loop: LoopEntry;
  readonly drivers: Drivers;
  readonly reduction: Reduction;
  /** The parts of the predicate that the new iterators must repeat, and those that the block keeps. */
  readonly guard: readonly Expr[];
  readonly rest: readonly Expr[];
  readonly partials: Buffer;
  readonly axis: number;
}

function loopIter({ loopVar, min, extent }: For, iterType: 'spatial' | 'reduce'): IterVar {
  return iterVar(variable(`v${loopVar.name}`, loopVar.dtype), { min, extent }, iterType);
}

/** The block of partial results under copies of all loops. */
export function partialNest(factoring: Factoring, loops: readonly LoopEntry[], name: string): Stmt {
  const { entry, rest } = factoring;
  const copies = new Map<Var, Expr>();
  const nest = loops.map(({ node }) => {
    const { loopVar, min, extent } = node;
    const copy = { ...node, loopVar: variable(loopVar.name, loopVar.dtype) };
    const ranged = { ...copy, min: substitute(min, copies), extent: substitute(extent, copies) };
    copies.set(loopVar, copy.loopVar);
    return ranged;
  });
  const { iterVars, values, inBlock, own } = partialIters(factoring, loops);
  const block = makeBlock(name, {
    iterVars,
    annotations: entry.block.annotations,
    ...partialParts(factoring, { iterVars, inBlock, own }),
  });
  const realize: Stmt = blockRealize(
    values.map((value) => substitute(value, copies)),
    block,
    allOf(rest.map((part) => substitute(part, copies))),
  );
  return nest.reduceRight<Stmt>((body, loop) => ({ ...loop, body }), realize);
}

interface PartialIters {
  readonly iterVars: readonly IterVar[];
  /** What the block's old iterators and the factored loops are in the new block. */
  readonly inBlock: ReadonlyMap<Var, Expr>;
  /** The iterator of the factored loop. */
  readonly own: Var;
}

/** The factored loop's iterator, then the old ones: kept, or in pieces where they depend on the factored loops. */
function partialIters(
  { entry: { block, realize }, loop, drivers: { factored } }: Factoring,
  loops: readonly LoopEntry[],
): PartialIters & { values: Expr[] } {
  const { loopVar } = loop.node;
  const additional = loopIter(loop.node, 'spatial');
  const iterVars = [additional];
  const values: Expr[] = [loopVar];
  const inBlock = new Map<Var, Expr>([[loopVar, additional.var]]);
  block.iterVars.forEach((iter, i) => {
    const value = at(realize.iterValues, i);
    if (iter.iterType !== 'reduce' || !usesVar(value, (v) => factored.has(v))) {
      const copy = iterVar(variable(iter.var.name, iter.var.dtype), iter.dom, iter.iterType);
      iterVars.push(copy);
      values.push(value);
      inBlock.set(iter.var, copy.var);
      return;
    }
    for (const { node } of loops) {
      if (inBlock.has(node.loopVar) || !usesVar(value, (v) => v === node.loopVar)) continue;
      const piece = loopIter(node, 'reduce');
      iterVars.push(piece);
      values.push(node.loopVar);
      inBlock.set(node.loopVar, piece.var);
    }
    inBlock.set(iter.var, simplify(substitute(value, inBlock), boundsOfIters(iterVars)));
  });
  return { iterVars, values, inBlock, own: additional.var };
}

function boundsOfIters(iterVars: readonly IterVar[]): Map<Var, { min: number; max: number }> {
  return new Map(
    iterVars.flatMap(({ var: v, dom }) => {
      const [min, extent] = [constInt(dom.min), constInt(dom.extent)];
      return min === null || extent === null ? [] : [[v, { min, max: min + extent - 1 }] as const];
    }),
  );
}

/** Regions, init and body of the block of partial results. Without reduce iterators it needs no init. */
function partialParts(
  { entry: { block }, reduction, guard, partials, axis }: Factoring,
  { iterVars, inBlock, own }: PartialIters,
) {
  const bounds = boundsOfIters(iterVars);
  const inside = (e: Expr): Expr => {
    const next = substitute(e, inBlock);
    return next === e ? e : simplify(next, bounds);
  };
  const indices = reduction.indices.map((index) => substitute(index, inBlock)).toSpliced(axis, 0, own);
  const initial = store(partials, reduction.initial, indices);
  const value = inside(reduction.value);
  const condition = allOf(guard.map(inside));
  const guarded = ifThenElse(condition, value, reduction.initial);
  const reduces = iterVars.some(({ iterType }) => iterType === 'reduce');
  const combined = reduces ? binary(reduction.op, load(partials, indices), guarded) : guarded;
  return {
    reads: block.reads.filter((r) => r.buffer !== reduction.buffer).map((r) => substituteRegion(r, inBlock)),
    writes: [pointRegion(partials, indices)],
    init: reduces ? initial : null,
    body: store(partials, combined, indices),
  };
}

/** The block that combines the partial results. It keeps the name, the spatial iterators, the init and the output. */
export function combination({
  entry,
  loop,
  drivers,
  reduction,
  rest,
  partials,
  axis,
}: Factoring): BlockRealize {
  const { block, realize } = entry;
  const own = loopIter(loop.node, 'reduce');
  const spatial = block.iterVars.flatMap((iter, i) =>
    iter.iterType === 'spatial' ? [{ iter, value: at(realize.iterValues, i) }] : [],
  );
  const { buffer, indices, op } = reduction;
  const partial = indices.toSpliced(axis, 0, own.var);
  const predicate = allOf(rest.filter((part) => !usesVar(part, (v) => drivers.reduce.has(v))));
  const combining = {
    ...block,
    iterVars: [own, ...spatial.map(({ iter }) => iter)],
    reads: [pointRegion(partials, partial)],
    writes: [pointRegion(buffer, indices)],
    body: store(buffer, binary(op, load(buffer, indices), load(partials, partial)), indices),
  };
  return blockRealize([loop.node.loopVar, ...spatial.map(({ value }) => value)], combining, predicate);
}
