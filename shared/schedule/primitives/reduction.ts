/** @file Primitives on reductions. */
import { simplify } from '../../arith/simplify.js';
import type { Buffer } from '../../ir/buffer.js';
import { allOf, eq, variable } from '../../ir/build.js';
import { block as makeBlock, blockRealize, forLoop, iterVar, seq } from '../../ir/build-stmt.js';
import type { Expr, Var } from '../../ir/expr.js';
import type { Block, BlockRealize, For, Stmt } from '../../ir/stmt.js';
import { substitute, substituteRegion, substituteStmt, usesVar, walkStmt } from '../../ir/visit.js';
import { at, invariant } from '../../support/errors.js';
import { blockFacts } from '../block-facts.js';
import { intersects } from '../dependencies.js';
import { check, type Site } from '../errors.js';
import { blockValue, type InstructionTable } from '../instruction.js';
import { freshBlockName, replaceStmt } from '../replace.js';
import { checkOnlyBlocks, checkReductionBlock, checkStagePipeline, runsOnceUnder } from '../scope.js';
import {
  bindLoops,
  blocksUnder,
  innerBlockEntry,
  loopBounds,
  loopEntry,
  loopsAbove,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';

/**
 * Separates the initialisation of a reduction from its updates and puts it before a loop.
 *
 * rewrite: `for i: for k: B: {init: X; body: Y}` with loop k → `for i: {B_init: X; for k: B_update: Y}`. The loops of
 * `B_init` are copies of those at or inside the loop that its spatial iterators use, kinds and annotations included.
 *
 * 1. The loop is around the block, in its scope.
 * 2. The block is a reduction block.
 * 3. No loop outside of the given one drives a reduce iterator.
 * 4. The loop and those inside of it run no instance of the block twice: one init does for all.
 * 5. Nothing but blocks stands under the loop, and no condition around them.
 * 6. If other blocks stand under it, its scope is a stage pipeline: none of them needs what the init overwrites, and
 *    none makes what the init reads.
 *
 * @returns the new state, and the names of the two blocks
 * @throws ScheduleError `LOOP_POSITION`, `NOT_REDUCTION_BLOCK`, `LOOP_HEIGHT`, `REPEATED_REDUCTION`,
 * `OPAQUE_ACCESS`, `NOT_STAGE_PIPELINE`, `NOT_COMPACT_DATA_FLOW`.
 */
export function decomposeReduction(
  state: ScheduleState,
  blockName: string,
  loopVar: Var,
): { state: ScheduleState; init: string; update: string } {
  const site: Site = { primitive: 'decompose_reduction', locations: [blockName, loopVar.name] };
  const entry = innerBlockEntry(state, blockName, site.primitive);
  const loops = loopsAbove(entry);
  const position = loops.indexOf(loopEntry(state, loopVar, site.primitive));
  check(position >= 0, 'LOOP_POSITION', site, () => `loop ${loopVar.name} is not around block ${blockName}`);
  checkReductionBlock(entry, site);
  checkHeight(entry, loops.slice(0, position), site);
  const loop = at(loops, position);
  check(runsOnceUnder(entry, loop), 'REPEATED_REDUCTION', site, () => {
    return `loop ${loopVar.name} runs instances of block ${blockName} more than once`;
  });
  checkOnlyBlocks(loop, site);
  checkInitMayMove(entry, loop, site);

  const init = freshBlockName(state, `${blockName}_init`);
  const update = freshBlockName(state, `${blockName}_update`);
  const before = initNest(entry, loops.slice(position), init);
  const updating = replaceStmt(state, entry, { ...entry.realize, block: updateBlock(entry.block, update) });
  const target = loopEntry(updating, loopVar, site.primitive);
  return { state: replaceStmt(updating, target, seq([before, target.node])), init, update };
}

function checkHeight(entry: InnerBlockEntry, outer: readonly LoopEntry[], site: Site): void {
  const above = new Set(outer.map((loop) => loop.node.loopVar));
  entry.block.iterVars.forEach(({ iterType }, i) => {
    const drives = iterType === 'reduce' && usesVar(at(entry.realize.iterValues, i), (v) => above.has(v));
    check(!drives, 'LOOP_HEIGHT', site, () => {
      return `a loop outside of the given one drives a reduce iterator of block ${entry.block.name}`;
    });
  });
}

function checkInitMayMove({ block, scope }: InnerBlockEntry, loop: LoopEntry, site: Site): void {
  const others = blocksUnder(loop).filter((other) => other.block !== block);
  if (others.length === 0) return;
  checkStagePipeline(scope, site);
  const loaded = block.init === null ? new Set<Buffer>() : loadedBy(block.init);
  for (const other of others) {
    check(!intersects(blockFacts(other.block).writes, loaded), 'NOT_COMPACT_DATA_FLOW', site, () => {
      return `block ${other.block.name} makes what the init of ${block.name} reads`;
    });
  }
}

/** The block without its `init`. It now reads what it accumulates into. */
function updateBlock(block: Block, name: string): Block {
  const read = new Set(block.reads.map((r) => r.buffer));
  const accumulated = block.writes.filter((w) => !read.has(w.buffer));
  return { ...block, name, init: null, reads: [...accumulated, ...block.reads] };
}

/** The initialisation under copies of those of `loops` (at or inside the target loop) that spatial iterators use. */
function initNest(entry: InnerBlockEntry, loops: readonly LoopEntry[], name: string): Stmt {
  const { block, realize } = entry;
  const spatialValues = realize.iterValues.filter((_, i) => at(block.iterVars, i).iterType === 'spatial');
  const bounds = new Map(loopBounds(at(loops, 0).parent));
  const inInit = new Map<Var, Expr>();
  const copies: For[] = [];
  for (const { node } of loops) {
    const { loopVar } = node;
    if (spatialValues.some((value) => usesVar(value, (v) => v === loopVar))) {
      const copy = copyLoop(node, inInit);
      copies.push(copy);
      bindLoops([copy], bounds);
      inInit.set(loopVar, copy.loopVar);
    } else {
      inInit.set(loopVar, substitute(node.min, inInit));
    }
  }
  // The init ran where every reduce iterator was at its start. Loops that only drive reduce iterators stay at their
  // own start; for a loop that drives spatial ones as well, the predicate says it.
  const conditions = [realize.predicate, ...startConditions(realize)];
  const predicate = allOf(conditions.map((condition) => simplify(substitute(condition, inInit), bounds)));
  const values = spatialValues.map((value) => simplify(substitute(value, inInit), bounds));
  const initRealize: Stmt = blockRealize(values, initBlock(block, name), predicate);
  return copies.reduceRight<Stmt>((body, loop) => ({ ...loop, body }), initRealize);
}

function copyLoop(loop: For, inInit: ReadonlyMap<Var, Expr>): For {
  const { loopVar, min, extent, body } = loop;
  const copy = forLoop(
    variable(`${loopVar.name}_init`, loopVar.dtype),
    substitute(extent, inInit),
    body,
    loop,
  );
  return { ...copy, min: substitute(min, inInit) };
}

function startConditions({ block, iterValues }: BlockRealize): Expr[] {
  return block.iterVars.flatMap(({ iterType, dom }, i) =>
    iterType === 'reduce' ? [eq(at(iterValues, i), dom.min)] : [],
  );
}

function initBlock(block: Block, name: string): Block {
  invariant(block.init !== null, 'a reduction block has an init');
  const inInit = new Map<Var, Expr>();
  const iterVars = block.iterVars.flatMap(({ var: v, dom, iterType }) => {
    if (iterType !== 'spatial') {
      inInit.set(v, dom.min);
      return [];
    }
    const copy = variable(v.name, v.dtype);
    inInit.set(v, copy);
    return [iterVar(copy, dom, iterType)];
  });
  const loaded = loadedBy(block.init);
  return makeBlock(name, {
    iterVars,
    reads: block.reads.filter((r) => loaded.has(r.buffer)).map((r) => substituteRegion(r, inInit)),
    writes: block.writes.map((w) => substituteRegion(w, inInit)),
    annotations: block.annotations,
    body: substituteStmt(block.init, inInit),
  });
}

function loadedBy(s: Stmt): Set<Buffer> {
  const loaded = new Set<Buffer>();
  walkStmt(s, {
    expr: (e) => {
      if (e.kind === 'BufferLoad') loaded.add(e.buffer);
    },
  });
  return loaded;
}

export const REDUCTION_SPECS = {
  DecomposeReduction: {
    isPure: false,
    apply: ({ state }, { block, loop }) => {
      const result = decomposeReduction(state, block, loop);
      return {
        state: result.state,
        outputs: [blockValue(result.init)],
        renamed: new Map([[block, result.update]]),
      };
    },
  },
} satisfies Partial<InstructionTable>;
