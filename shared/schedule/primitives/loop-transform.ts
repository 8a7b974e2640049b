/** @file Primitives that reshape loops: split and fuse. Reordering is in reorder.ts. */
import { provablyTrue, simplify } from '../../arith/simplify.js';
import { add, constInt, floordiv, floormod, ge, int, lt, mul, variable } from '../../ir/build.js';
import { forLoop } from '../../ir/build-stmt.js';
import { rangeOf } from '../../ir/dtype.js';
import type { Expr, Var } from '../../ir/expr.js';
import type { For, Stmt } from '../../ir/stmt.js';
import { usesVar } from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { check, type Site } from '../errors.js';
import { loopValue, type InstructionTable } from '../instruction.js';
import { replaceStmt } from '../replace.js';
import { bindLoops, loopBounds, loopEntry, type LoopEntry, type ScheduleState } from '../state.js';
import { guard, substituteLoopVars } from '../substitute-loops.js';

/** A loop that may be taken apart: nobody has asked for anything special about it. */
export function checkPlainLoop({ node }: LoopEntry, site: Site): void {
  const plain = node.forKind !== 'threadBinding' && Object.keys(node.annotations).length === 0;
  check(plain, 'HAS_ANNOTATION_OR_THREAD_BINDING', site, () => {
    return `loop ${node.loopVar.name} has annotations or is bound to a thread`;
  });
  check(constInt(node.min) === 0, 'LOOP_NOT_START_WITH_ZERO', site, () => {
    return `loop ${node.loopVar.name} does not start at 0`;
  });
}

/** Whether every value of `[0, extent)` is one of the loop variable's type. */
function fits(extent: number, loopVar: Var): boolean {
  const range = rangeOf(loopVar.dtype);
  return range !== null && extent <= range[1];
}

/** One extent per factor, outermost first, the missing one inferred by rounding up. */
function splitExtents(loop: For, factors: readonly (number | null)[], site: Site): Expr[] {
  const { loopVar } = loop;
  const known = factors.filter((factor) => factor !== null);
  const product = known.reduce((total, factor) => total * factor, 1);
  check(factors.length > 0, 'BAD_ARGUMENT', site, () => 'there are no factors');
  check(factors.length - known.length <= 1, 'NOT_SINGLE_INFER_FACTOR', site, () => {
    return `only one factor may be inferred, not ${factors.length - known.length}`;
  });
  const positive = known.every((factor) => Number.isSafeInteger(factor) && factor > 0);
  check(positive, 'NON_POSITIVE_FACTOR', site, () => {
    return `factors [${factors.join(', ')}] are not all positive integers`;
  });
  check(fits(product, loopVar), 'EXTENT_OVERFLOW', site, () => {
    return `the product ${product} of the factors is no ${loopVar.dtype}`;
  });
  return factors.map((factor) =>
    factor === null
      ? floordiv(add(loop.extent, int(product - 1, loopVar.dtype)), int(product, loopVar.dtype))
      : int(factor, loopVar.dtype),
  );
}

export interface SplitOptions {
  /** Keep variables of new loops of extent 1 in the iterator values, where they may otherwise be 0. */
  readonly preserveUnitIters: boolean;
  /** Add no predicate: the caller knows that what lies beyond the extent does no harm. */
  readonly disablePredication: boolean;
}

/**
 * Splits a loop into a nest of loops, one per factor, outermost first; one factor may be `null` and is inferred.
 *
 * rewrite: `for i in n: S(i)` → `for i_0 in f0: for i_1 in f1: S(i_0 * f1 + i_1)`, where S runs only for
 * `i_0 * f1 + i_1 < n` when the product of the factors is not n.
 *
 * 1. The loop has no annotations and no thread binding.
 * 2. The loop starts at 0.
 * 3. At most one factor is `null`.
 * 4. The others are positive, and their product is within the loop variable's type.
 * 5. The product of all is provably no less than the extent.
 *
 * @throws ScheduleError `HAS_ANNOTATION_OR_THREAD_BINDING`, `LOOP_NOT_START_WITH_ZERO`, `NOT_SINGLE_INFER_FACTOR`,
 * `NON_POSITIVE_FACTOR`, `EXTENT_OVERFLOW`, `WRONG_FACTOR_PRODUCT`.
 */
export function split(
  state: ScheduleState,
  loopVar: Var,
  factors: readonly (number | null)[],
  options: SplitOptions,
): { state: ScheduleState; loops: Var[] } {
  const site: Site = { primitive: 'split', locations: [loopVar.name] };
  const entry = loopEntry(state, loopVar, site.primitive);
  const loop = entry.node;
  checkPlainLoop(entry, site);
  const bounds = new Map(loopBounds(entry));
  const extents = splitExtents(loop, factors, site).map((extent) => simplify(extent, bounds));
  const product = simplify(extents.reduce(mul), bounds);
  const covers = provablyTrue(ge(product, loop.extent), bounds);
  check(covers, 'WRONG_FACTOR_PRODUCT', site, () => {
    return `the factors [${factors.join(', ')}] do not cover the loop's extent`;
  });

  const vars = extents.map((_, i) => variable(`${loopVar.name}_${i}`, loopVar.dtype));
  const nest = vars.map((v, i) => forLoop(v, at(extents, i), loop.body));
  bindLoops(nest, bounds);
  const index = indexOfSplit(nest, options.preserveUnitIters);
  const body = substituteLoopVars(loop.body, new Map([[loopVar, index]]), bounds);
  const inRange = lt(index, loop.extent);
  const guarded =
    options.disablePredication || provablyTrue(inRange, bounds)
      ? body
      : guard(body, simplify(inRange, bounds));
  const rewritten = nest.reduceRight<Stmt>((inner, outer) => ({ ...outer, body: inner }), guarded);
  return { state: replaceStmt(state, entry, rewritten), loops: vars };
}

/** `(i_0 * f1 + i_1) * f2 + i_2`, leaving out loops of extent 1 unless they are to be kept. */
function indexOfSplit(nest: readonly For[], preserveUnitIters: boolean): Expr {
  return nest.reduce<Expr>(
    (outer, { loopVar, extent }) => {
      const digit = constInt(extent) === 1 && !preserveUnitIters ? int(0, loopVar.dtype) : loopVar;
      return add(mul(outer, extent), digit);
    },
    int(0, at(nest, 0).loopVar.dtype),
  );
}

/**
 * Fuses loops that stand directly in each other into one.
 *
 * rewrite: `for i in n: for j in m: S(i, j)` → `for i_j_fused in n * m: S(i_j_fused // m, i_j_fused % m)`
 *
 * 1. No loop has annotations or a thread binding.
 * 2. Every loop starts at 0.
 * 3. Each next loop is the only child of the one before.
 * 4. No extent depends on another of the loops.
 * 5. The product of the extents is within the loop variables' type.
 *
 * @throws ScheduleError `HAS_ANNOTATION_OR_THREAD_BINDING`, `LOOP_NOT_START_WITH_ZERO`, `NOT_ONLY_CHILD`,
 * `DEPENDENT_LOOP`, `EXTENT_OVERFLOW`.
 */
export function fuse(
  state: ScheduleState,
  loopVars: readonly Var[],
  preserveUnitIters: boolean,
): { state: ScheduleState; loop: Var } {
  const site: Site = { primitive: 'fuse', locations: loopVars.map((v) => v.name) };
  check(loopVars.length > 0, 'BAD_ARGUMENT', site, () => 'there are no loops to fuse');
  const entries = loopVars.map((v) => loopEntry(state, v, site.primitive));
  for (const entry of entries) checkPlainLoop(entry, site);
  const loops = entries.map((entry) => entry.node);
  loops.slice(1).forEach((inner, i) => {
    check(at(loops, i).body === inner, 'NOT_ONLY_CHILD', site, () => {
      return `loop ${inner.loopVar.name} is not the only child of ${at(loops, i).loopVar.name}`;
    });
  });
  const fusedSet = new Set(loopVars);
  for (const { loopVar, extent } of loops) {
    check(!usesVar(extent, (v) => fusedSet.has(v)), 'DEPENDENT_LOOP', site, () => {
      return `the extent of loop ${loopVar.name} depends on another of the loops`;
    });
  }
  const dtype = loopVars.some((v) => v.dtype === 'int64') ? 'int64' : 'int32';
  const fused = variable(`${loopVars.map((v) => v.name).join('_')}_fused`, dtype);
  const size = loops.reduce((total, { extent }) => total * (constInt(extent) ?? 1), 1);
  check(
    fits(size, fused),
    'EXTENT_OVERFLOW',
    site,
    () => `the product ${size} of the extents is no ${dtype}`,
  );

  const outermost = at(entries, 0);
  const bounds = new Map(loopBounds(outermost));
  const extent = simplify(loops.map((loop) => loop.extent).reduce(mul), bounds);
  const body = at(loops, loops.length - 1).body;
  const fusedLoop = forLoop(fused, extent, body);
  bindLoops([fusedLoop], bounds);
  const parts = partsOfFused(loops, fused, preserveUnitIters);
  const rewritten: Stmt = { ...fusedLoop, body: substituteLoopVars(body, parts, bounds) };
  return { state: replaceStmt(state, outermost, rewritten), loop: fused };
}

/** The value of each fused loop's variable, in terms of the new one. */
function partsOfFused(loops: readonly For[], fused: Var, preserveUnitIters: boolean): Map<Var, Expr> {
  const parts = new Map<Var, Expr>();
  let rest: Expr = fused;
  loops.toReversed().forEach(({ loopVar, extent }, i) => {
    const isOutermost = i === loops.length - 1;
    const isUnit = constInt(extent) === 1;
    if (isUnit && !(isOutermost && preserveUnitIters)) parts.set(loopVar, int(0, fused.dtype));
    else parts.set(loopVar, isOutermost ? rest : floormod(rest, extent));
    rest = floordiv(rest, extent);
  });
  return parts;
}

export const LOOP_TRANSFORM_SPECS = {
  Split: {
    isPure: false,
    apply: ({ state }, { loop, factors, preserveUnitIters, disablePredication }) => {
      const result = split(state, loop, factors, { preserveUnitIters, disablePredication });
      return { state: result.state, outputs: result.loops.map(loopValue) };
    },
  },
  Fuse: {
    isPure: false,
    apply: ({ state }, { loops, preserveUnitIters }) => {
      const result = fuse(state, loops, preserveUnitIters);
      return { state: result.state, outputs: [loopValue(result.loop)] };
    },
  },
} satisfies Partial<InstructionTable>;
