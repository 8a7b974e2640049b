/** @file Splitting a reduction in two, so that one of its loops becomes spatial: rfactor. */
import { provablyEqual, provablyTrue } from '../../arith/simplify.js';
import { buffer as makeBuffer, type Buffer } from '../../ir/buffer.js';
import { constInt, isConst } from '../../ir/build.js';
import { seq } from '../../ir/build-stmt.js';
import type { Expr, Var } from '../../ir/expr.js';
import type { For, Stmt } from '../../ir/stmt.js';
import { substitute, usesVar, varsOf } from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { conjuncts } from '../block-nest.js';
import { check, type Site } from '../errors.js';
import { combination, partialNest, type Drivers, type Factoring } from '../factored-reduction.js';
import { blockValue, type InstructionTable } from '../instruction.js';
import { reductionOf } from '../reduction-pattern.js';
import { freshBlockName, replaceStmt, withAllocBuffers } from '../replace.js';
import { checkOnlyBlocks, checkReductionBlock, checkStagePipeline, runsOnceUnder } from '../scope.js';
import {
  blockEntry,
  blocksUnder,
  loopBounds,
  loopEntry,
  loopsAbove,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';

/**
 * Computes one partial result per iteration of a reduction's loop, and combines them in a reduction of its own.
 *
 * rewrite: `for i: for k0: for k1: B: {init: C[i] = 0; C[i] += A[i, k0, k1]}` with loop k1 →
 * `for i: for k0: for k1: B_rf: {init: C_rf[k1, i] = 0; C_rf[k1, i] += A[i, k0, k1]}` (k1 is spatial there);
 * `for i: for k1: B: {init: C[i] = 0; C[i] += C_rf[k1, i]}`. The first nest has all loops, with their kinds and
 * annotations; the second goes without the other loops that drive reduce iterators. The reduce iterators that loop k1
 * takes part in become one iterator per loop; where tiles overhang, the value is what changes nothing.
 *
 * 1. The loop has one block under it, around which nothing but loops stands.
 * 2. The scope is a stage pipeline.
 * 3. The block is a reduction block.
 * 4. The loop is serial, without annotations, and starts at 0. It, and the loops that drive the same iterators, have
 *    constant extents, and no loop that remains depends on one that goes.
 * 5. The loop drives no spatial iterator, and no loop around the block drives iterators of both types.
 * 6. The block is the first under its outermost loop, and the only one under the outermost loop that drives a reduce
 *    iterator. The loops from there on run none of its instances twice.
 * 7. The block is one store that combines by sum, product, minimum or maximum, and its init a literal that changes
 *    nothing when combined once more. It uses loops through its iterators only, and initialises where they start.
 * 8. The predicate's parts that concern the loop concern no other loops than those of condition 4.
 * 9. The axis is one of the new buffer, whose rank is one more than the output's: from -(n+1) to n.
 *
 * @returns the new state and the name of the block of partial results
 * @throws ScheduleError `NOT_ONLY_CHILD`, `OPAQUE_ACCESS`, `NOT_STAGE_PIPELINE`, `NOT_REDUCTION_BLOCK`, `NOT_SERIAL_LOOP`,
 * `HAS_ANNOTATION_OR_THREAD_BINDING`, `LOOP_NOT_START_WITH_ZERO`, `SYMBOLIC_EXTENT`, `DEPENDENT_LOOP`, `LOOP_PROPERTY`,
 * `REPEATED_REDUCTION`, `RFACTOR_NOT_APPLICABLE`, `PREDICATE_NOT_IMPLIED`, `FACTOR_AXIS_OUT_OF_RANGE`.
 */
export function rfactor(
  state: ScheduleState,
  loopVar: Var,
  factorAxis: number,
): { state: ScheduleState; partial: string } {
  const site: Site = { primitive: 'rfactor', locations: [loopVar.name] };
  const loop = loopEntry(state, loopVar, site.primitive);
  const under = blocksUnder(loop);
  const [entry] = under;
  check(entry !== undefined && under.length === 1, 'NOT_ONLY_CHILD', site, () => {
    return `${under.length} blocks stand under loop ${loopVar.name}, not one`;
  });
  const loops = loopsAbove(entry);
  checkOnlyBlocks(at(loops, 0), site);
  checkStagePipeline(entry.scope, site);
  checkReductionBlock(entry, site);
  checkFactorLoop(loop.node, site);
  const drivers = driversOf(entry, loops, loopVar);
  checkLoops(entry, loop, drivers, site);
  const reduction = reductionOf(entry.block);
  const { freeVars } = blockFacts(entry.block);
  const usesLoops = loops.some(({ node }) => freeVars.has(node.loopVar));
  check(reduction !== null && !usesLoops, 'RFACTOR_NOT_APPLICABLE', site, () => {
    return `block ${entry.block.name} is not one store that sums, multiplies, or takes the minimum or maximum`;
  });
  checkStart(entry, loops, drivers, site);
  const { guard, rest } = splitPredicate(entry, drivers, site);
  const axis = checkAxis(factorAxis, reduction.buffer.shape.length, site);

  const partials = partialBuffer(reduction.buffer, axis, loop.node);
  const factoring: Factoring = { entry, loop, drivers, reduction, guard, rest, partials, axis };
  const name = freshBlockName(state, `${entry.block.name}_rf`);
  const first = partialNest(factoring, loops, name);
  const combined = replaceNest(state, factoring, first);
  const scope = blockEntry(combined, entry.scope.block.name, site.primitive);
  return { state: withAllocBuffers(combined, scope, [...scope.block.allocBuffers, partials]), partial: name };
}

function checkFactorLoop({ loopVar, forKind, annotations, min }: For, site: Site): void {
  check(
    forKind === 'serial',
    'NOT_SERIAL_LOOP',
    site,
    () => `loop ${loopVar.name} is ${forKind}, not serial`,
  );
  check(Object.keys(annotations).length === 0, 'HAS_ANNOTATION_OR_THREAD_BINDING', site, () => {
    return `loop ${loopVar.name} has annotations`;
  });
  check(isConst(min, 0), 'LOOP_NOT_START_WITH_ZERO', site, () => `loop ${loopVar.name} does not start at 0`);
}

function driversOf({ block, realize }: InnerBlockEntry, loops: readonly LoopEntry[], loopVar: Var): Drivers {
  const around = new Set(loops.map(({ node }) => node.loopVar));
  const [spatial, reduce, factored] = [new Set<Var>(), new Set<Var>(), new Set<Var>([loopVar])];
  const reduceDrivers: (readonly Var[])[] = [];
  block.iterVars.forEach(({ iterType }, i) => {
    const used = [...varsOf(at(realize.iterValues, i))].filter((v) => around.has(v));
    for (const v of used) (iterType === 'reduce' ? reduce : spatial).add(v);
    if (iterType === 'reduce') reduceDrivers.push(used);
  });
  for (let size = 0; size !== factored.size;) {
    size = factored.size;
    for (const used of reduceDrivers)
      if (used.some((v) => factored.has(v))) used.forEach((v) => factored.add(v));
  }
  return { spatial, reduce, factored };
}

function checkLoops(entry: InnerBlockEntry, loop: LoopEntry, drivers: Drivers, site: Site): void {
  const { spatial, reduce, factored } = drivers;
  const loops = loopsAbove(entry);
  const { name } = entry.block;
  const goes = (v: Var): boolean => reduce.has(v) && v !== loop.node.loopVar;
  for (const { node } of loops) {
    const { loopVar, min, extent } = node;
    const isConstant = constInt(min) !== null && constInt(extent) !== null;
    check(isConstant || !factored.has(loopVar), 'SYMBOLIC_EXTENT', site, () => {
      return `the range of loop ${loopVar.name} is not constant`;
    });
    const depends = !goes(loopVar) && [min, extent].some((e) => usesVar(e, goes));
    check(!depends, 'DEPENDENT_LOOP', site, () => {
      return `the range of loop ${loopVar.name} depends on a loop of the reduction`;
    });
    const isMixed = spatial.has(loopVar) && (reduce.has(loopVar) || factored.has(loopVar));
    check(!isMixed, 'LOOP_PROPERTY', site, () => {
      return `loop ${loopVar.name} drives spatial iterators of block ${name}`;
    });
  }
  const top = topOf(loops, drivers);
  check(
    blocksUnder(at(loops, 0))[0] === entry && blocksUnder(top).length === 1,
    'LOOP_PROPERTY',
    site,
    () => {
      return `block ${name} is not the first under its outermost loop, or not the only one under its reduction`;
    },
  );
  check(runsOnceUnder(entry, top), 'REPEATED_REDUCTION', site, () => {
    return `loop ${top.node.loopVar.name} runs instances of block ${name} more than once`;
  });
}

/** The outermost loop that takes part in the reduction. */
function topOf(loops: readonly LoopEntry[], { reduce, factored }: Drivers): LoopEntry {
  return at(
    loops.filter(({ node }) => reduce.has(node.loopVar) || factored.has(node.loopVar)),
    0,
  );
}

/** Where the loops of the reduction start, the block must run and initialise: then the original initialises at all. */
function checkStart(entry: InnerBlockEntry, loops: readonly LoopEntry[], drivers: Drivers, site: Site): void {
  const { block, realize } = entry;
  const bounds = loopBounds(entry);
  const start = new Map(
    loops.filter(({ node }) => drivers.reduce.has(node.loopVar)).map(({ node }) => [node.loopVar, node.min]),
  );
  const initialises = block.iterVars.every(({ iterType, dom }, i) => {
    return iterType !== 'reduce' || provablyEqual(substitute(at(realize.iterValues, i), start), dom.min);
  });
  const runs = conjuncts(realize.predicate)
    .filter((part) => usesVar(part, (v) => start.has(v)))
    .every((part) => provablyTrue(substitute(part, start), bounds));
  check(initialises && runs, 'RFACTOR_NOT_APPLICABLE', site, () => {
    return `block ${block.name} does not initialise where its loops start`;
  });
}

function splitPredicate(
  entry: InnerBlockEntry,
  { factored, reduce }: Drivers,
  site: Site,
): { guard: Expr[]; rest: Expr[] } {
  const parts = conjuncts(entry.realize.predicate);
  const guard = parts.filter((part) => usesVar(part, (v) => factored.has(v)));
  const rest = parts.filter((part) => !guard.includes(part));
  const isSeparate =
    guard.every((part) => !usesVar(part, (v) => !factored.has(v))) &&
    rest.every((part) => !usesVar(part, (v) => reduce.has(v)) || !usesVar(part, (v) => !reduce.has(v)));
  check(isSeparate, 'PREDICATE_NOT_IMPLIED', site, () => {
    return 'a part of the predicate concerns loops of the reduction together with others';
  });
  return { guard, rest };
}

function checkAxis(factorAxis: number, rank: number, site: Site): number {
  const exists = Number.isInteger(factorAxis) && factorAxis >= -(rank + 1) && factorAxis <= rank;
  check(exists, 'FACTOR_AXIS_OUT_OF_RANGE', site, () => {
    return `axis ${factorAxis} is not between ${-(rank + 1)} and ${rank}`;
  });
  return factorAxis < 0 ? factorAxis + rank + 1 : factorAxis;
}

function partialBuffer({ name, shape, dtype, scope }: Buffer, axis: number, { extent }: For): Buffer {
  return makeBuffer(`${name}_rf`, shape.toSpliced(axis, 0, constInt(extent) ?? 1), dtype, scope);
}

/** The reduction of the partial results in the place of the old one, and `first` before the outermost loop. */
function replaceNest(state: ScheduleState, factoring: Factoring, first: Stmt): ScheduleState {
  const { entry, loop, drivers } = factoring;
  const loops = loopsAbove(entry);
  const [outermost, top] = [at(loops, 0), topOf(loops, drivers)];
  const kept = loops
    .slice(loops.indexOf(top))
    .filter((candidate) => candidate === loop || !drivers.reduce.has(candidate.node.loopVar));
  const nest = kept.reduceRight<Stmt>((body, { node }) => ({ ...node, body }), combination(factoring));
  if (top === outermost) return replaceStmt(state, top, seq([first, nest]));
  const replaced = replaceStmt(state, top, nest);
  const outer = loopEntry(replaced, outermost.node.loopVar, 'rfactor');
  return replaceStmt(replaced, outer, seq([first, outer.node]));
}

export const RFACTOR_SPECS = {
  RFactor: {
    isPure: false,
    apply: ({ state }, { loop, factorAxis }) => {
      const result = rfactor(state, loop, factorAxis);
      return { state: result.state, outputs: [blockValue(result.partial)] };
    },
  },
} satisfies Partial<InstructionTable>;
