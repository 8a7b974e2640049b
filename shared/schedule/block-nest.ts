/** @file A block under loops of its own: how blocks are put to a new place. */
import { type Bounds, type Interval } from '../arith/bounds.js';
import { provablyEqual, provablyTrue, simplify } from '../arith/simplify.js';
import { add, allOf, cast, constInt, ge, lt, variable } from '../ir/build.js';
import { blockRealize, forLoop } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { Block, IterVar, Stmt } from '../ir/stmt.js';
import { at } from '../support/errors.js';
import { check, type Site } from './errors.js';
import type { BoxDim } from './required-region.js';
import type { InnerBlockEntry } from './state.js';

/** `a and b and c` as its parts. */
export function conjuncts(e: Expr): Expr[] {
  if (constInt(e) === 1) return [];
  return e.kind === 'Logical' && e.op === 'and' ? [...conjuncts(e.a), ...conjuncts(e.b)] : [e];
}

/**
 * Checks that a block's predicate says no more than that the iterators stay in their domains, so that it can be left
 * behind with the loops it speaks of.
 *
 * @throws ScheduleError `PREDICATE_NOT_IMPLIED`.
 */
export function checkPredicateImplied({ block, realize }: InnerBlockEntry, site: Site): void {
  const isDomain = (condition: Expr): boolean =>
    condition.kind === 'Compare' &&
    condition.op === 'lt' &&
    block.iterVars.some(({ dom }, i) => {
      const end = simplify(add(dom.min, dom.extent));
      return provablyEqual(condition.a, at(realize.iterValues, i)) && provablyEqual(condition.b, end);
    });
  check(conjuncts(realize.predicate).every(isDomain), 'PREDICATE_NOT_IMPLIED', site, () => {
    return `the predicate of block ${block.name} is more than the bounds of its iterators`;
  });
}

export interface NestOptions {
  /** The part of each iterator's domain to run over; `null` for all of it. */
  readonly domains: readonly (BoxDim | null)[];
  /** Ranges of the loops around the place. */
  readonly around: Bounds;
  readonly preserveUnitLoops: boolean;
}

/**
 * `block` under serial loops `ax0`, `ax1`, … over parts of its iterators' domains; where a part may overhang the
 * domain, a predicate cuts it off.
 */
export function blockNest(block: Block, { domains, around, preserveUnitLoops }: NestOptions): Stmt {
  const bounds = new Map<Var, Interval>(around);
  const loops: { readonly v: Var; readonly extent: number }[] = [];
  const conditions: Expr[] = [];
  const values = block.iterVars.map((iter, i) => {
    const part = partOf(iter, domains[i] ?? null);
    if (part.extent === 1 && !preserveUnitLoops) return inDomain(part.min, iter, bounds, conditions);
    const v = variable(`ax${loops.length}`, iter.var.dtype);
    loops.push({ v, extent: part.extent });
    bounds.set(v, { min: 0, max: part.extent - 1 });
    return inDomain(simplify(add(part.min, v), bounds), iter, bounds, conditions);
  });
  const realize: Stmt = blockRealize(values, block, allOf(conditions));
  return loops.reduceRight<Stmt>((body, { v, extent }) => forLoop(v, extent, body), realize);
}

function partOf(iter: IterVar, domain: BoxDim | null): BoxDim {
  const whole = constInt(iter.dom.extent) ?? 1;
  const isWhole = domain?.min.kind === 'IntImm' && domain.extent >= whole;
  if (domain === null || isWhole) return { min: iter.dom.min, extent: whole };
  return { min: cast(iter.var.dtype, domain.min), extent: domain.extent };
}

/** Notes the conditions under which `value` is in the iterator's domain, unless they are certain. */
function inDomain(value: Expr, { dom }: IterVar, bounds: Bounds, conditions: Expr[]): Expr {
  const end = simplify(add(dom.min, dom.extent));
  for (const condition of [ge(value, dom.min), lt(value, end)]) {
    if (!provablyTrue(condition, bounds)) conditions.push(simplify(condition, bounds));
  }
  return value;
}
