/**
 * @file The verifier: what the types of the IR cannot say. A function that passes has its variables bound, its blocks and
 * buffers in order, and every index proven to be in bounds; compiled code may rely on it.
 */
import { boundsOfLinear, type Bounds, type Interval } from '../arith/bounds.js';
import { addScaled, linearConst, type Linear, type LinearTerm } from '../arith/linear.js';
import { relatedForms } from '../arith/related-forms.js';
import { sameExpr } from '../arith/same-expr.js';
import { linearOf } from '../arith/simplify.js';
import { InputError } from '../support/errors.js';
import type { Buffer } from './buffer.js';
import type { BufferRegion } from './region.js';
import { add, isConst, not } from './build.js';
import { verifyConstants } from './constants.js';
import { isIndexType } from './dtype.js';
import type { Expr, Var } from './expr.js';
import type { PrimFunc } from './prim-func.js';
import type { Block, BlockRealize, For, Stmt } from './stmt.js';
import { mapExprChildren } from './visit.js';

/** What is known at a point of the program. */
interface Context {
  /** Variables in scope, with their ranges. */
  readonly bounds: Bounds;
  /** Linear forms that are not positive here. */
  readonly facts: readonly Linear[];
  readonly buffers: ReadonlySet<Buffer>;
}

/** What may occur once in the whole function. */
interface Seen {
  readonly loopVars: Set<Var>;
  readonly blockNames: Set<string>;
  readonly written: Set<Buffer>;
}

/** @throws InputError `IR_…`, for the first fault found. */
export function verifyFunc(func: PrimFunc): void {
  const seen: Seen = { loopVars: new Set(), blockNames: new Set([func.root.name]), written: new Set() };
  const buffers = new Set(func.params);
  if (buffers.size < func.params.length)
    refuse('DUPLICATE_BUFFER', `${func.name} has the same buffer twice as a parameter`);
  const context: Context = { bounds: new Map(), facts: [], buffers: withBuffers(buffers, func.root) };
  verifyStmt(func.root.body, context, seen);
  verifyConstants(func);
  if (!func.params.some((param) => seen.written.has(param))) {
    refuse('NO_OUTPUT', `${func.name} writes none of its parameters`);
  }
}

function refuse(code: string, message: string): never {
  throw new InputError(`IR_${code}`, message);
}

function withBuffers(buffers: ReadonlySet<Buffer>, { name, allocBuffers }: Block): ReadonlySet<Buffer> {
  for (const b of allocBuffers) {
    if (buffers.has(b))
      refuse('DUPLICATE_BUFFER', `block ${name} allocates buffer ${b.name}, which exists already`);
  }
  return new Set([...buffers, ...allocBuffers]);
}

function verifyStmt(s: Stmt, context: Context, seen: Seen): void {
  switch (s.kind) {
    case 'For':
      return verifyFor(s, context, seen);
    case 'BlockRealize':
      return verifyRealize(s, context, seen);
    case 'BufferStore':
      verifyExpr(s.value, context);
      verifyAccess(s.buffer, s.indices, context);
      seen.written.add(s.buffer);
      return;
    case 'Seq':
      for (const child of s.stmts) verifyStmt(child, context, seen);
      return;
    case 'If':
      verifyCondition(s.condition, context);
      verifyStmt(s.then, assuming(context, s.condition), seen);
      if (s.else !== null) verifyStmt(s.else, assuming(context, not(s.condition)), seen);
      return;
    case 'Let':
      verifyExpr(s.value, context);
      if (s.var.dtype !== s.value.dtype)
        refuse('DTYPE', `${s.var.name} is ${s.var.dtype}, its value is ${s.value.dtype}`);
      return verifyStmt(s.body, bind(context, s.var, rangeOf(s.value, context)), seen);
    case 'Evaluate':
      return verifyExpr(s.value, context);
  }
}

function bind(context: Context, v: Var, range: Interval): Context {
  return { ...context, bounds: new Map([...context.bounds, [v, range]]) };
}

function rangeOf(e: Expr, { bounds }: Context): Interval {
  return isIndexType(e.dtype)
    ? boundsOfLinear(linearOf(e, bounds), bounds)
    : { min: -Infinity, max: Infinity };
}

function verifyFor(loop: For, context: Context, seen: Seen): void {
  const { loopVar, min, extent } = loop;
  if (seen.loopVars.has(loopVar)) refuse('DUPLICATE_LOOP', `two loops share the variable ${loopVar.name}`);
  seen.loopVars.add(loopVar);
  if ((loop.threadTag !== null) !== (loop.forKind === 'threadBinding')) {
    refuse('THREAD_TAG', `loop ${loopVar.name} must have a thread tag exactly when it is bound to a thread`);
  }
  verifyExpr(min, context);
  verifyExpr(extent, context);
  const [first, trips] = [rangeOf(min, context), rangeOf(extent, context)];
  if (!(trips.min >= 1)) refuse('EXTENT', `the extent of loop ${loopVar.name} is not certain to be positive`);
  verifyStmt(loop.body, bind(context, loopVar, { min: first.min, max: first.max + trips.max - 1 }), seen);
}

function verifyRealize(realize: BlockRealize, context: Context, seen: Seen): void {
  const { block, iterValues, predicate } = realize;
  if (seen.blockNames.has(block.name)) refuse('DUPLICATE_BLOCK', `two blocks are named "${block.name}"`);
  seen.blockNames.add(block.name);
  if (iterValues.length !== block.iterVars.length) {
    refuse(
      'ITERATORS',
      `block ${block.name} has ${block.iterVars.length} iterators, but ${iterValues.length} values`,
    );
  }
  verifyCondition(predicate, context);
  const inside = assuming(context, predicate);
  let body: Context = { ...context, facts: [], buffers: withBuffers(context.buffers, block) };
  for (const [i, { var: v, dom }] of block.iterVars.entries()) {
    const value = iterValues[i];
    if (value === undefined) continue;
    verifyExpr(value, context);
    const [first, extent] = [rangeOf(dom.min, context), rangeOf(dom.extent, context)];
    const last = add(dom.min, add(dom.extent, -1));
    if (!isAtMost(value, last, inside) || !isAtMost(dom.min, value, inside)) {
      refuse('ITERATOR_DOMAIN', `iterator ${v.name} of block ${block.name} may leave its domain`);
    }
    body = bind(body, v, { min: first.min, max: first.max + extent.max - 1 });
  }
  verifyRegions(block, body);
  if (block.init !== null) verifyInit(block, block.init, body, seen);
  verifyStmt(block.body, body, seen);
}

function verifyInit(block: Block, init: Stmt, context: Context, seen: Seen): void {
  if (!block.iterVars.some((iter) => iter.iterType === 'reduce')) return verifyStmt(init, context, seen);
  for (const iter of block.iterVars) {
    if (iter.iterType === 'reduce' && !isConst(iter.dom.min, 0) && iter.dom.min.kind !== 'IntImm') {
      refuse('INIT', `reduce iterator ${iter.var.name} of block ${block.name} has no constant start`);
    }
  }
  verifyStmt(init, context, seen);
}

/** Every buffer that a block touches must be declared, and every declared one must exist. */
function verifyRegions(block: Block, context: Context): void {
  const declared = (what: string, regions: readonly BufferRegion[]): void => {
    for (const { buffer, region } of regions) {
      if (!context.buffers.has(buffer))
        refuse('UNKNOWN_BUFFER', `block ${block.name} ${what} ${buffer.name}, which does not exist`);
      if (region.length !== buffer.shape.length) {
        refuse(
          'REGION_RANK',
          `block ${block.name} ${what} ${region.length} dimensions of ${buffer.name}, which has ${buffer.shape.length}`,
        );
      }
      for (const dim of region) {
        verifyExpr(dim.min, context);
        verifyExpr(dim.extent, context);
      }
    }
  };
  declared('reads', block.reads);
  declared('writes', block.writes);
}

function verifyCondition(condition: Expr, context: Context): void {
  if (condition.dtype !== 'bool') refuse('DTYPE', `a condition is ${condition.dtype}, not bool`);
  verifyExpr(condition, context);
}

function verifyExpr(e: Expr, context: Context): void {
  switch (e.kind) {
    case 'Var':
      if (!context.bounds.has(e))
        refuse('UNBOUND_VARIABLE', `variable ${e.name} is used where it is not bound`);
      return;
    case 'BufferLoad':
      return verifyAccess(e.buffer, e.indices, context);
    case 'IfThenElse':
      verifyCondition(e.condition, context);
      verifyExpr(e.whenTrue, assuming(context, e.condition));
      return verifyExpr(e.whenFalse, assuming(context, not(e.condition)));
    default:
      mapExprChildren(e, (child) => {
        verifyExpr(child, context);
        return child;
      });
  }
}

function verifyAccess(b: Buffer, indices: readonly Expr[], context: Context): void {
  if (!context.buffers.has(b)) refuse('UNKNOWN_BUFFER', `buffer ${b.name} is used where it does not exist`);
  for (const [d, index] of indices.entries()) {
    verifyExpr(index, context);
    const extent = b.shape[d] ?? 0;
    const low = isNonPositive(addScaled(linearConst(0), linearOf(index, context.bounds), -1), context);
    const high = isNonPositive(
      addScaled(linearOf(index, context.bounds), linearConst(extent - 1), -1),
      context,
    );
    if (low && high) continue;
    const { min, max } = rangeOf(index, context);
    refuse(
      'OUT_OF_BOUNDS',
      `${b.name}[${b.shape.join(', ')}]: index ${d} is not proven to be in bounds, it may be from ${min} to ${max}`,
    );
  }
}

/** Whether `a <= b` is certain. */
function isAtMost(a: Expr, b: Expr, context: Context): boolean {
  return isNonPositive(addScaled(linearOf(a, context.bounds), linearOf(b, context.bounds), -1), context);
}

function isNonPositive(form: Linear, context: Context): boolean {
  return upperBound(form, context) <= 0;
}

/**
 * The largest value that a linear form can be shown to have: by ranges alone; because multiples of known facts, which are
 * not positive, take parts of it away; or through one of its quotients.
 */
function upperBound(form: Linear, context: Context): number {
  const { bounds } = context;
  if (context.facts.length === 0) return boundsOfLinear(form, bounds).max;
  const quotients = form.terms.flatMap((term) => quotientOf(term) ?? []);
  const limits = quotients.flatMap((quotient) => limitOf(quotient, context) ?? []);
  const facts = [...relatedForms(form, context.facts, MAX_FACTS), ...limits];
  // The form is an integer, however rational the multiples are.
  const upper = Math.floor(upperThroughFacts(form, facts, bounds) + ROUNDING);
  return Math.min(upper, ...quotients.map((quotient) => boundThroughQuotient(form, quotient, context)));
}

/** Facts that are tried together; inner conditions, which come last, are the ones that matter. */
const MAX_FACTS = 6;
/** Multiples of rational numbers are computed in floating point; sums of a few of them are off by far less. */
const ROUNDING = 1e-6;

/** The best bound that comes from taking away multiples of some of the facts, none of which is positive. */
function upperThroughFacts(form: Linear, facts: readonly Linear[], bounds: Bounds): number {
  let upper = boundsOfLinear(form, bounds).max;
  for (const [i, fact] of facts.entries()) {
    const others = facts.slice(i + 1);
    for (const factor of commonFactors(form, fact)) {
      upper = Math.min(upper, upperThroughFacts(addScaled(form, fact, -factor), others, bounds));
    }
  }
  return upper;
}

/** A term `factor * (dividend // divisor)`. */
interface Quotient {
  readonly atom: Expr;
  readonly factor: number;
  readonly dividend: Expr;
  readonly divisor: number;
}

function quotientOf([atom, factor]: LinearTerm): Quotient | null {
  if (atom.kind !== 'Binary' || atom.op !== 'floordiv' || atom.b.kind !== 'IntImm' || atom.b.value <= 0)
    return null;
  return { atom, factor, dividend: atom.a, divisor: atom.b.value };
}

/** The value of largest effect, upwards, that a quotient takes when its dividend does. */
function extremeOf(dividend: Linear, { factor, divisor }: Quotient, context: Context): number {
  const extreme =
    factor > 0
      ? upperBound(dividend, context)
      : -upperBound(addScaled(linearConst(0), dividend, -1), context);
  return Math.floor(extreme / divisor);
}

/** What the facts about a quotient's dividend say about the quotient, as a fact; `null` if no more than its range does. */
function limitOf(quotient: Quotient, context: Context): Linear | null {
  const { bounds } = context;
  const sign = Math.sign(quotient.factor);
  const limit = sign * extremeOf(linearOf(quotient.dividend, bounds), quotient, context);
  const form: Linear = { terms: [[quotient.atom, sign]], constant: -limit };
  return boundsOfLinear(form, bounds).max > 0 ? form : null;
}

/** `f*(y // c) + r` is `f*((y + c*r/f) // c)` where f divides r: then the facts about y + c*r/f as a whole apply. */
function boundThroughQuotient(form: Linear, quotient: Quotient, context: Context): number {
  const { atom, factor, dividend, divisor } = quotient;
  const rest = form.terms.filter(([other]) => other !== atom);
  if (rest.some(([, coefficient]) => coefficient % factor !== 0)) return Infinity;
  const others: Linear = {
    terms: rest.map(([other, coefficient]) => [other, coefficient / factor]),
    constant: 0,
  };
  const whole = addScaled(linearOf(dividend, context.bounds), others, divisor);
  return factor * extremeOf(whole, quotient, context) + form.constant;
}

/** The positive factors by which a fact cancels one of the terms of a form. */
function commonFactors(form: Linear, fact: Linear): Set<number> {
  const factors = new Set<number>();
  for (const [atom, coefficient] of form.terms) {
    const other = fact.terms.find(([candidate]) => sameExpr(candidate, atom))?.[1] ?? 0;
    if (other * coefficient > 0) factors.add(coefficient / other);
  }
  return factors;
}

/** The context where `condition` holds. */
function assuming(context: Context, condition: Expr): Context {
  const facts = factsOf(condition, context.bounds);
  return facts.length === 0 ? context : { ...context, facts: [...context.facts, ...facts] };
}

/** Linear forms that a condition makes non-positive. */
function factsOf(condition: Expr, bounds: Bounds): Linear[] {
  if (condition.kind === 'Logical' && condition.op === 'and') {
    return [...factsOf(condition.a, bounds), ...factsOf(condition.b, bounds)];
  }
  if (condition.kind === 'Not' && condition.a.kind === 'Logical' && condition.a.op === 'or') {
    return [...factsOf(not(condition.a.a), bounds), ...factsOf(not(condition.a.b), bounds)];
  }
  const negated = condition.kind === 'Not';
  const compare = negated ? condition.a : condition;
  if (compare.kind !== 'Compare' || !isIndexType(compare.a.dtype)) return [];
  const difference = addScaled(linearOf(compare.a, bounds), linearOf(compare.b, bounds), -1);
  const atMost = (offset: number): Linear => addScaled(difference, linearConst(offset), 1);
  const atLeast = (offset: number): Linear => addScaled(linearConst(offset), difference, -1);
  switch (compare.op) {
    case 'lt':
      return negated ? [atLeast(0)] : [atMost(1)];
    case 'le':
      return negated ? [atLeast(1)] : [atMost(0)];
    case 'gt':
      return negated ? [atMost(0)] : [atLeast(1)];
    case 'ge':
      return negated ? [atMost(1)] : [atLeast(0)];
    case 'eq':
      return negated ? [] : [atMost(0), atLeast(0)];
    case 'ne':
      return negated ? [atMost(0), atLeast(0)] : [];
  }
}
