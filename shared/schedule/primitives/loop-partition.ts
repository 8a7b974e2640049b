/** @file Cutting a loop's range into consecutive parts: loop_partition. */
import { inferRegions } from '../../arith/infer-regions.js';
import { boundsOf, EVERYTHING, type Interval } from '../../arith/bounds.js';
import { simplifiedBounds } from '../../arith/simplify.js';
import { constInt, int, isConst, variable } from '../../ir/build.js';
import { block as makeBlock, blockRealize, forLoop, iterVar, range, seq } from '../../ir/build-stmt.js';
import type { Expr, Var } from '../../ir/expr.js';
import type { Block, BlockRealize, For, Stmt } from '../../ir/stmt.js';
import {
  mapBlockChildren,
  mapStmtChildren,
  substitute,
  substituteStmt,
  usesVar,
  walkStmt,
} from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { copyStmt } from '../copy-stmt.js';
import { check, type Site } from '../errors.js';
import { loopValue, type InstructionTable } from '../instruction.js';
import { replaceStmt } from '../replace.js';
import {
  bindLoops,
  loopBounds,
  loopEntry,
  loopsAbove,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';
import { substituteLoopVars } from '../substitute-loops.js';
import { checkPlainLoop } from './loop-transform.js';

/**
 * Cuts a loop into loops over consecutive parts of its range, of the given lengths; what is left over is one more part.
 *
 * rewrite: `for i in n: B` with factors [f] → `i_common: {i0_partition: {for i0 in [0, f): B_i0};
 * i1_partition: {for i1 in [f, n): B_i1}}`, with names that start with the first block's: `B_i_common`,
 * `B_i0_partition`, …. Each part is a scope of its own, in which its blocks are the only writers of what they write.
 * In a part where a reduction cannot start, its block has no init and says that it reads what it adds to.
 *
 * TVM's enclosing blocks claim to touch nothing and use the loops around directly. These say what they touch, and the
 * outer one has an opaque iterator for each of those loops, so that no later step takes it for something whose instances
 * may be moved or run at once.
 *
 * 1. The loop has no annotations and no thread binding, and starts at 0.
 * 2. Its extent is constant; of the loops around it, at least bounds are known.
 * 3. There are factors, positive but for at most one, which is `null` and gets what the others leave: at least 1.
 * 4. Their sum is at most the extent.
 * 5. For every reduction below and every part but the first: if the loop drives one of its reduce iterators, that
 *    iterator is certain to be past its start.
 *
 * @returns the new state, and the loops of the parts in order
 * @throws ScheduleError `HAS_ANNOTATION_OR_THREAD_BINDING`, `LOOP_NOT_START_WITH_ZERO`, `SYMBOLIC_EXTENT`, `BAD_ARGUMENT`,
 * `NOT_SINGLE_INFER_FACTOR`, `NON_POSITIVE_FACTOR`, `WRONG_FACTOR_SUM`, `NOT_AFFINE_BINDING`.
 */
export function loopPartition(
  state: ScheduleState,
  loopVar: Var,
  factors: readonly (number | null)[],
  options: { readonly preserveUnitIters: boolean },
): { state: ScheduleState; loops: Var[] } {
  const site: Site = { primitive: 'loop_partition', locations: [loopVar.name] };
  const entry = loopEntry(state, loopVar, site.primitive);
  checkPlainLoop(entry, site);
  const extent = constInt(entry.node.extent);
  check(extent !== null, 'SYMBOLIC_EXTENT', site, () => `the extent of loop ${loopVar.name} is not constant`);
  const bounds = loopBounds(entry);
  const bounded = loopsAbove(entry).every(({ node }) => Number.isFinite(bounds.get(node.loopVar)?.max));
  check(bounded, 'SYMBOLIC_EXTENT', site, () => `nothing is known of the loops around ${loopVar.name}`);
  const lengths = partLengths(extent, factors, site);
  const base = `${firstBlockIn(entry.node.body) ?? 'part'}_${loopVar.name}`;
  const taken = new Set(state.index.blocks.keys());
  const parts: { loop: For; scope: Stmt }[] = [];
  let start = 0;
  lengths.forEach((length, i) => {
    const loop = partLoop(entry, { start, length, suffix: `${loopVar.name}${i}`, taken }, options, site);
    parts.push({ loop, scope: scopeAround(freshName(`${base}${i}_partition`, taken), loop) });
    start += length;
  });
  const common = scopeAround(freshName(`${base}_common`, taken), seq(parts.map(({ scope }) => scope)));
  return {
    state: replaceStmt(state, entry, closeOver(common, entry)),
    loops: parts.map(({ loop }) => loop.loopVar),
  };
}

function partLengths(extent: number, factors: readonly (number | null)[], site: Site): number[] {
  const known = factors.filter((factor) => factor !== null);
  check(factors.length > 0, 'BAD_ARGUMENT', site, () => 'there are no factors');
  check(factors.length - known.length <= 1, 'NOT_SINGLE_INFER_FACTOR', site, () => {
    return `only one factor may be inferred, not ${factors.length - known.length}`;
  });
  check(
    known.every((factor) => Number.isSafeInteger(factor) && factor > 0),
    'NON_POSITIVE_FACTOR',
    site,
    () => {
      return `factors [${factors.join(', ')}] are not all positive integers`;
    },
  );
  const rest = extent - known.reduce((sum, factor) => sum + factor, 0);
  const isInferred = known.length < factors.length;
  check(rest >= (isInferred ? 1 : 0), 'WRONG_FACTOR_SUM', site, () => {
    return `parts of [${factors.join(', ')}] iterations are more than the ${extent} that there are`;
  });
  const lengths = factors.map((factor) => factor ?? rest);
  return isInferred || rest === 0 ? lengths : [...lengths, rest];
}

function firstBlockIn(s: Stmt): string | null {
  let name: string | null = null;
  walkStmt(s, {
    stmt: (node) => {
      if (node.kind === 'BlockRealize') name ??= node.block.name;
      return name === null;
    },
  });
  return name;
}

function freshName(name: string, taken: Set<string>): string {
  let fresh = name;
  for (let suffix = 1; taken.has(fresh); suffix++) fresh = `${name}_${suffix}`;
  taken.add(fresh);
  return fresh;
}

interface Part {
  readonly start: number;
  readonly length: number;
  /** Name of the part's loop, and what is appended to the names of its blocks. */
  readonly suffix: string;
  readonly taken: Set<string>;
}

function partLoop(
  { node, parent }: LoopEntry,
  { start, length, suffix, taken }: Part,
  { preserveUnitIters }: { readonly preserveUnitIters: boolean },
  site: Site,
): For {
  const { dtype } = node.loopVar;
  const v = variable(suffix, dtype);
  const copy = copyStmt(node.body, (name) => freshName(`${name}_${suffix}`, taken));
  const loop = forLoop(v, length, copy, { min: int(start, dtype) });
  const bounds = new Map(loopBounds(parent));
  bindLoops([loop], bounds);
  const moved = substituteLoopVars(copy, new Map([[node.loopVar, v]]), bounds);
  const body = start === 0 ? moved : continueReductions(moved, { bounds, driven: new Set([v]), site });
  if (length > 1 || preserveUnitIters) return { ...loop, body };
  const numbered = substituteLoopVars(body, new Map([[v, int(start, dtype)]]), bounds);
  return { ...loop, body: neverRuns(numbered) ? body : numbered };
}

/** Whether the predicate of some block below is false: without variables, nothing shows why its iterators are in bounds. */
function neverRuns(s: Stmt): boolean {
  let found = false;
  walkStmt(s, {
    stmt: (node) => {
      if (node.kind === 'BlockRealize' && isConst(node.predicate, 0)) found = true;
      return !found;
    },
  });
  return found;
}

interface PartContext {
  /** Ranges of the loops and iterators around. */
  readonly bounds: ReadonlyMap<Var, Interval>;
  /** The part's loop, and the iterators that it drives. */
  readonly driven: ReadonlySet<Var>;
  readonly site: Site;
}

/** Takes the init from reductions that were started in another part. */
function continueReductions(s: Stmt, context: PartContext): Stmt {
  const { driven, site } = context;
  const bounds = new Map(context.bounds);
  const inside = (child: Stmt): Stmt => continueReductions(child, { ...context, bounds });
  if (s.kind === 'For') bindLoops([s], bounds);
  if (s.kind !== 'BlockRealize') return mapStmtChildren(s, inside, (e) => e);
  const inBlock = new Set(driven);
  let { block } = s;
  block.iterVars.forEach((iter, i) => {
    const value = at(s.iterValues, i);
    const values = simplifiedBounds(value, bounds);
    bounds.set(iter.var, values);
    if (!usesVar(value, (v) => driven.has(v))) return;
    inBlock.add(iter.var);
    if (iter.iterType !== 'reduce' || s.block.init === null) return;
    check(values.min > boundsOf(iter.dom.min).max, 'NOT_AFFINE_BINDING', site, () => {
      return `it is not certain where iterator ${iter.var.name} of block ${block.name} starts`;
    });
    block = withoutInit(s.block);
  });
  const body = continueReductions(block.body, { bounds, driven: inBlock, site });
  return { ...s, block: { ...block, body } };
}

/** Without its init, a block reads what it accumulates into. */
function withoutInit(block: Block): Block {
  const read = new Set(block.reads.map((r) => r.buffer));
  return {
    ...block,
    init: null,
    reads: [...block.writes.filter((w) => !read.has(w.buffer)), ...block.reads],
  };
}

/** A block without iterators around a statement, that says what is read and written there. */
function scopeAround(name: string, body: Stmt): BlockRealize {
  return blockRealize([], makeBlock(name, { ...inferRegions({ init: null, body }), body }));
}

/**
 * The block with an opaque iterator for every loop around it that it uses, or for none: it depends on nothing but its
 * iterators, as blocks should, and its instances must stay where they are and in their order.
 */
function closeOver({ block }: BlockRealize, entry: LoopEntry): BlockRealize {
  const { freeVars } = blockFacts(block);
  const bounds = loopBounds(entry);
  const used = loopsAbove(entry).filter(({ node }) => freeVars.has(node.loopVar));
  const inside = new Map<Var, Expr>();
  const iterVars = used.map(({ node: { loopVar } }) => {
    const { min, max } = bounds.get(loopVar) ?? EVERYTHING;
    const v = variable(`v${loopVar.name}`, loopVar.dtype);
    inside.set(loopVar, v);
    return iterVar(v, range(int(min, loopVar.dtype), int(max - min + 1, loopVar.dtype)), 'opaque');
  });
  const closed = mapBlockChildren(
    block,
    (s) => substituteStmt(s, inside),
    (e) => substitute(e, inside),
  );
  if (used.length === 0) {
    const only = iterVar(variable('vo'), range(0, 1), 'opaque');
    return blockRealize([int(0)], { ...closed, iterVars: [only] });
  }
  return blockRealize(
    used.map(({ node }) => node.loopVar),
    { ...closed, iterVars },
  );
}

export const LOOP_PARTITION_SPECS = {
  LoopPartition: {
    isPure: false,
    apply: ({ state }, { loop, factors, preserveUnitIters }) => {
      const result = loopPartition(state, loop, factors, { preserveUnitIters });
      return { state: result.state, outputs: result.loops.map(loopValue) };
    },
  },
} satisfies Partial<InstructionTable>;
