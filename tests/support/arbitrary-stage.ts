/** @file The kinds of stages that random programs are made of; see `arbitrary-func.ts`. */
import { buffer, type Buffer } from '../../shared/ir/buffer.js';
import type { BufferRegion } from '../../shared/ir/region.js';
import {
  add,
  and,
  eq,
  floormod,
  ge,
  ifThenElse,
  int,
  literal,
  load,
  lt,
  max,
  min,
  mul,
  select,
  sub,
  TRUE,
  variable,
} from '../../shared/ir/build.js';
import {
  block,
  blockRealize,
  forLoop,
  ifStmt,
  iterVar,
  pointRegion,
  range,
  store,
} from '../../shared/ir/build-stmt.js';
import type { Expr, Var } from '../../shared/ir/expr.js';
import type { IterType, Stmt } from '../../shared/ir/stmt.js';
import { at } from '../../shared/support/errors.js';

export const STAGE_KINDS = [
  'elementwise',
  'binary',
  'broadcast',
  'transpose',
  'stencil',
  'pad',
  'reduce',
  'matmul',
  'predicated',
  'branch',
] as const;

export type StageKind = (typeof STAGE_KINDS)[number];

export interface BuiltStage {
  readonly stmt: Stmt;
  readonly result: Buffer;
  readonly newInputs: readonly Buffer[];
}

/** A stage being built: `pick(n)` gives the next choice of 0…n-1. */
interface Site {
  readonly name: string;
  readonly pick: (count: number) => number;
  readonly source: Buffer;
  readonly available: readonly Buffer[];
}

export function buildStage(
  name: string,
  kind: StageKind,
  picks: readonly number[],
  available: readonly Buffer[],
): BuiltStage {
  let next = 0;
  const pick = (count: number): number => at(picks, next++ % picks.length) % count;
  return STAGES[kind]({ name, pick, source: at(available, pick(available.length)), available });
}

const STAGES: { readonly [K in StageKind]: (site: Site) => BuiltStage } = {
  elementwise,
  binary,
  broadcast,
  transpose,
  stencil,
  pad,
  reduce,
  matmul,
  predicated,
  branch,
};

/** A cheap function of one or two values that keeps small integers small. */
function combine(choice: number, a: Expr, b: Expr): Expr {
  const table = [
    add(a, b),
    sub(a, b),
    max(a, b),
    min(a, b),
    add(mul(a, literal(2, a.dtype)), b),
    select(lt(a, b), a, literal(0, a.dtype)),
  ];
  return at(table, choice % table.length);
}

interface Axis {
  readonly extent: number;
  readonly iterType: IterType;
}

interface BodyParts {
  readonly value: Expr;
  readonly indices: readonly Expr[];
  readonly reads: readonly BufferRegion[];
  readonly init?: Expr;
  /** Replaces the plain store of `value`. */
  readonly body?: Stmt;
}

const LETTERS = 'ijklmn';

/** A loop per axis around one block that has an iterator per loop. */
function nest(
  target: Buffer,
  name: string,
  axes: readonly Axis[],
  body: (iters: readonly Var[]) => BodyParts,
): Stmt {
  const loops = axes.map((_, d) => variable(LETTERS.charAt(d)));
  const iters = axes.map((_, d) => variable(`v${LETTERS.charAt(d)}`));
  const { value, indices, reads, init, body: own } = body(iters);
  const realize = blockRealize(
    loops,
    block(name, {
      iterVars: axes.map((axis, d) => iterVar(at(iters, d), range(0, axis.extent), axis.iterType)),
      reads,
      writes: [pointRegion(target, indices)],
      init: init === undefined ? null : store(target, init, indices),
      body: own ?? store(target, value, indices),
    }),
  );
  return axes.reduceRight<Stmt>((inner, axis, d) => forLoop(at(loops, d), axis.extent, inner), realize);
}

function spatial(shape: readonly number[]): Axis[] {
  return shape.map((extent) => ({ extent, iterType: 'spatial' }));
}

function read(b: Buffer, indices: readonly Expr[]): { readonly value: Expr; readonly region: BufferRegion } {
  return { value: load(b, indices), region: pointRegion(b, indices) };
}

function elementwise({ name, pick, source }: Site): BuiltStage {
  const result = buffer(name, source.shape, source.dtype);
  const [choice, constant] = [pick(6), pick(5)];
  const stmt = nest(result, name, spatial(source.shape), (iters) => {
    const a = read(source, iters);
    return {
      value: combine(choice, a.value, literal(constant, source.dtype)),
      indices: iters,
      reads: [a.region],
    };
  });
  return { stmt, result, newInputs: [] };
}

/** Two buffers of one shape: an earlier one when there is one, else a new input. */
function binary({ name, pick, source, available }: Site): BuiltStage {
  const same = available.filter((b) => b.shape.join() === source.shape.join());
  const chosen = pick(same.length + 1);
  const isNew = chosen === same.length;
  const other = isNew ? buffer(`${name}_in`, source.shape, source.dtype) : at(same, chosen);
  const result = buffer(name, source.shape, source.dtype);
  const choice = pick(6);
  const stmt = nest(result, name, spatial(source.shape), (iters) => {
    const [a, b] = [read(source, iters), read(other, iters)];
    const reads = other === source ? [a.region] : [a.region, b.region];
    return { value: combine(choice, a.value, b.value), indices: iters, reads };
  });
  return { stmt, result, newInputs: isNew ? [other] : [] };
}

/** A vector along one axis is added to every row. */
function broadcast({ name, pick, source }: Site): BuiltStage {
  const axis = pick(Math.max(1, source.shape.length));
  const extent = source.shape[axis];
  const bias = buffer(`${name}_bias`, extent === undefined ? [] : [extent], source.dtype);
  const result = buffer(name, source.shape, source.dtype);
  const stmt = nest(result, name, spatial(source.shape), (iters) => {
    const [a, b] = [read(source, iters), read(bias, iters.slice(axis, axis + 1))];
    return { value: add(a.value, b.value), indices: iters, reads: [a.region, b.region] };
  });
  return { stmt, result, newInputs: [bias] };
}

function transpose({ name, source }: Site): BuiltStage {
  const result = buffer(name, source.shape.toReversed(), source.dtype);
  const stmt = nest(result, name, spatial(result.shape), (iters) => {
    const a = read(source, iters.toReversed());
    return { value: a.value, indices: iters, reads: [a.region] };
  });
  return { stmt, result, newInputs: [] };
}

/** Sums of two neighbours along the last axis, which gets one shorter. */
function stencil(site: Site): BuiltStage {
  const { name, source } = site;
  const length = source.shape[source.shape.length - 1];
  if (length === undefined || length < 2) return elementwise(site);
  const result = buffer(name, [...source.shape.slice(0, -1), length - 1], source.dtype);
  const stmt = nest(result, name, spatial(result.shape), (iters) => {
    const [outer, last] = [iters.slice(0, -1), at(iters, iters.length - 1)];
    const window = { buffer: source, region: [...outer.map((v) => range(v, 1)), range(last, 2)] };
    const sum = add(load(source, [...outer, last]), load(source, [...outer, add(last, 1)]));
    return { value: sum, indices: iters, reads: [window] };
  });
  return { stmt, result, newInputs: [] };
}

/** A zero on either side of the last axis. The guarded read's region is the whole row, where it surely is. */
function pad(site: Site): BuiltStage {
  const { name, source } = site;
  const length = source.shape[source.shape.length - 1];
  if (length === undefined) return elementwise(site);
  const result = buffer(name, [...source.shape.slice(0, -1), length + 2], source.dtype);
  const stmt = nest(result, name, spatial(result.shape), (iters) => {
    const [outer, last] = [iters.slice(0, -1), at(iters, iters.length - 1)];
    const inside = and(ge(last, 1), lt(last, length + 1));
    const row = { buffer: source, region: [...outer.map((v) => range(v, 1)), range(0, length)] };
    const value = ifThenElse(inside, load(source, [...outer, sub(last, 1)]), literal(0, source.dtype));
    return { value, indices: iters, reads: [row] };
  });
  return { stmt, result, newInputs: [] };
}

/** Sum or maximum over one axis. */
function reduce(site: Site): BuiltStage {
  const { name, pick, source } = site;
  if (source.shape.length === 0) return elementwise(site);
  const axis = pick(source.shape.length);
  const isMax = pick(2) === 1;
  const extent = at(source.shape, axis);
  const kept = source.shape.filter((_, d) => d !== axis);
  const result = buffer(name, kept, source.dtype);
  const axes: Axis[] = [...spatial(kept), { extent, iterType: 'reduce' }];
  const stmt = nest(result, name, axes, (iters) => {
    const [outer, k] = [iters.slice(0, -1), at(iters, iters.length - 1)];
    const a = read(source, [...outer.slice(0, axis), k, ...outer.slice(axis)]);
    const sofar = load(result, outer);
    const value = isMax ? max(sofar, a.value) : add(sofar, a.value);
    return { value, indices: outer, reads: [a.region], init: literal(isMax ? -1000 : 0, source.dtype) };
  });
  return { stmt, result, newInputs: [] };
}

/** The source's last axis is contracted with a new input. */
function matmul(site: Site): BuiltStage {
  const { name, pick, source } = site;
  const depth = source.shape[source.shape.length - 1];
  if (depth === undefined) return elementwise(site);
  const columns = 1 + pick(9);
  const weights = buffer(`${name}_w`, [depth, columns], source.dtype);
  const result = buffer(name, [...source.shape.slice(0, -1), columns], source.dtype);
  const axes: Axis[] = [...spatial(result.shape), { extent: depth, iterType: 'reduce' }];
  const stmt = nest(result, name, axes, (iters) => {
    const [indices, k] = [iters.slice(0, -1), at(iters, iters.length - 1)];
    const a = read(source, [...indices.slice(0, -1), k]);
    const b = read(weights, [k, at(indices, indices.length - 1)]);
    const value = add(load(result, indices), mul(a.value, b.value));
    return { value, indices, reads: [a.region, b.region], init: literal(0, source.dtype) };
  });
  return { stmt, result, newInputs: [weights] };
}

/** The first axis is split by a factor that need not divide it, the rest cut off by the block's predicate. */
function predicated(site: Site): BuiltStage {
  const { name, pick, source } = site;
  const length = source.shape[0];
  if (length === undefined) return elementwise(site);
  const factor = 1 + pick(4);
  const result = buffer(name, source.shape, source.dtype);
  const [outer, inner] = [variable('i_0'), variable('i_1')];
  const rest = source.shape.slice(1);
  const loops = rest.map((_, d) => variable(LETTERS.charAt(d + 1)));
  const iters = source.shape.map((_, d) => variable(`v${LETTERS.charAt(d)}`));
  const a = read(source, iters);
  const made = block(name, {
    iterVars: source.shape.map((extent, d) => iterVar(at(iters, d), range(0, extent), 'spatial')),
    reads: [a.region],
    writes: [pointRegion(result, iters)],
    body: store(result, add(a.value, literal(1, source.dtype)), iters),
  });
  const split = add(mul(outer, factor), inner);
  const predicate = length % factor === 0 ? TRUE : lt(split, int(length));
  const realize: Stmt = blockRealize([split, ...loops], made, predicate);
  const around = rest.reduceRight<Stmt>((stmt, extent, d) => forLoop(at(loops, d), extent, stmt), realize);
  const stmt = forLoop(outer, Math.ceil(length / factor), forLoop(inner, factor, around));
  return { stmt, result, newInputs: [] };
}

/** One of two stores, by the parity of the first iterator. */
function branch(site: Site): BuiltStage {
  const { name, source } = site;
  if (source.shape.length === 0) return elementwise(site);
  const result = buffer(name, source.shape, source.dtype);
  const stmt = nest(result, name, spatial(source.shape), (iters) => {
    const a = read(source, iters);
    const isEven = eq(floormod(at(iters, 0), 2), 0);
    const negated = sub(literal(0, source.dtype), a.value);
    const body = ifStmt(isEven, store(result, a.value, iters), store(result, negated, iters));
    return { value: a.value, indices: iters, reads: [a.region], body };
  });
  return { stmt, result, newInputs: [] };
}
