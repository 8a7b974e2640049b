/**
 * @file From plain TensorIR loops to Loop IR: unrolled loops are copied out, vectorized loops become vector statements
 * (with single lanes for what is left over), and the others become loops over a local.
 */
import type { Buffer } from '../../shared/ir/buffer.js';
import { constInt } from '../../shared/ir/build.js';
import { bytesOf, type DType } from '../../shared/ir/dtype.js';
import type { Expr, Var } from '../../shared/ir/expr.js';
import type { BufferStore, For, Stmt } from '../../shared/ir/stmt.js';
import { usesVar, walkStmt } from '../../shared/ir/visit.js';
import { InputError } from '../../shared/support/errors.js';
import {
  addScaled,
  affineConst,
  affineLocal,
  constant,
  INT32,
  localValue,
  splitAffine,
  type Affine,
} from './affine.js';
import type { AssignStatement, Local, MemoryRegion, Statement, Value } from './loop-ir.js';
import {
  isVarying,
  laneScope,
  splat,
  translateAddress,
  translateIndex,
  translateValue,
  type Binding,
  type Scope,
} from './translate-value.js';

/** Bytes of a vector register. */
const VECTOR_BYTES = 16;
/** A vectorized loop of more vectors than this stays a loop over vectors. */
const MAX_UNROLLED_VECTORS = 32;

export interface TranslateOptions {
  readonly regions: ReadonlyMap<Buffer, MemoryRegion>;
  /** Whether the target has 16-byte vectors. */
  readonly vectors: boolean;
  /** Statements a kernel may have; more is refused. */
  readonly maxStatements: number;
}

interface Context {
  readonly options: TranslateOptions;
  readonly count: { statements: number };
}

/** @throws InputError `LIMIT_STATEMENTS` when unrolling makes too much code, `UNBOUND_THREAD` on thread-bound loops. */
export function translateBody(body: Stmt, options: TranslateOptions): Statement[] {
  const scope: Scope = { bindings: new Map(), lanes: 1, laneVar: null, regions: options.regions, loops: [] };
  const out: Statement[] = [];
  translate(body, scope, { out, context: { options, count: { statements: 0 } } });
  return out;
}

interface Sink {
  readonly out: Statement[];
  readonly context: Context;
}

function emit(sink: Sink, statement: Statement): void {
  const { count, options } = sink.context;
  count.statements++;
  if (count.statements > options.maxStatements) {
    throw new InputError('LIMIT_STATEMENTS', `unrolling makes more than ${options.maxStatements} statements`);
  }
  sink.out.push(statement);
}

function nested(sink: Sink): Sink {
  return { out: [], context: sink.context };
}

function bind(scope: Scope, v: Var, binding: Binding): Scope {
  return { ...scope, bindings: new Map([...scope.bindings, [v, binding]]) };
}

function bindAffine(scope: Scope, v: Var, affine: Affine): Scope {
  return bind(scope, v, { kind: 'affine', affine });
}

function translate(s: Stmt, scope: Scope, sink: Sink): void {
  switch (s.kind) {
    case 'For':
      return translateFor(s, scope, sink);
    case 'BufferStore':
      return translateStore(s, scope, sink);
    case 'Seq':
      for (const child of s.stmts) translate(child, scope, sink);
      return;
    case 'If':
      return translateIf(s.condition, [s.then, s.else], scope, sink);
    case 'Let': {
      const value = translateValue(s.value, scope);
      const local: Local = { kind: 'Local', name: s.var.name, type: value.type };
      emit(sink, { kind: 'Assign', local, value });
      return translate(s.body, bind(scope, s.var, { kind: 'value', value: localValue(local) }), sink);
    }
    case 'Evaluate':
      return; // expressions are pure: nothing to do
    case 'BlockRealize':
      throw new InputError('BLOCK_LEFT', `block ${s.block.name} was not dissolved`);
  }
}

function translateFor(loop: For, scope: Scope, sink: Sink): void {
  if (isVarying(loop.min, scope) || isVarying(loop.extent, scope)) return forEachLane(loop, scope, sink);
  const trips = constInt(loop.extent);
  const first = affineOfIndex(loop.min, scope, sink);
  switch (loop.forKind) {
    case 'threadBinding':
      throw new InputError(
        'UNBOUND_THREAD',
        `loop ${loop.loopVar.name} is bound to ${loop.threadTag}, which this target does not have`,
      );
    case 'unrolled':
      if (trips === null) break;
      for (let i = 0; i < trips; i++) {
        translate(loop.body, bindAffine(scope, loop.loopVar, addScaled(first, affineConst(i), 1)), sink);
      }
      return;
    case 'vectorized':
      if (trips === null || scope.laneVar !== null) break;
      return translateVectorized(loop, { trips, first, scope, sink });
    case 'serial':
    case 'parallel': // one thread: the iterations run in order
      break;
  }
  translateSerial(loop, { extent: translateIndex(loop.extent, scope), first, step: 1 }, scope, sink);
}

/** `min` as an affine form, put into a local when it is not one. */
function affineOfIndex(e: Expr, scope: Scope, sink: Sink): Affine {
  const { affine, rest } = splitAffine(e, (v) => {
    const binding = scope.bindings.get(v);
    return binding?.kind === 'affine' ? binding.affine : null;
  });
  if (rest.length === 0) return affine;
  const local: Local = { kind: 'Local', name: 'min', type: INT32 };
  const assign: AssignStatement = { kind: 'Assign', local, value: translateIndex(e, scope) };
  emit(sink, assign);
  return affineLocal(local);
}

interface SerialRange {
  readonly extent: Value;
  readonly first: Affine;
  /** Distance of the variable's values from one iteration to the next. */
  readonly step: number;
}

function translateSerial(loop: For, range: SerialRange, scope: Scope, sink: Sink, lanes = 1): void {
  const index: Local = { kind: 'Local', name: loop.loopVar.name, type: INT32 };
  const value = addScaled(range.first, affineLocal(index), range.step);
  const inner: Scope = { ...scope, loops: [...scope.loops, index] };
  const body = nested(sink);
  const bound: Scope =
    lanes === 1
      ? bindAffine(inner, loop.loopVar, value)
      : { ...bindAffine(inner, loop.loopVar, { ...value, lane: 1 }), lanes, laneVar: loop.loopVar };
  translate(loop.body, bound, body);
  emit(sink, { kind: 'Loop', index, extent: range.extent, body: body.out });
}

interface VectorLoop {
  readonly trips: number;
  readonly first: Affine;
  readonly scope: Scope;
  readonly sink: Sink;
}

function translateVectorized(loop: For, { trips, first, scope, sink }: VectorLoop): void {
  const canVectorize = sink.context.options.vectors && !collidesInLanes(loop.body, new Set([loop.loopVar]));
  const lanes = canVectorize ? lanesFor(loop.body) : 1;
  const vectors = lanes === 1 ? 0 : Math.floor(trips / lanes);
  if (vectors > MAX_UNROLLED_VECTORS) {
    translateSerial(loop, { extent: constant(vectors), first, step: lanes }, scope, sink, lanes);
  } else {
    for (let n = 0; n < vectors; n++) {
      const affine: Affine = { ...addScaled(first, affineConst(n * lanes), 1), lane: 1 };
      translate(
        loop.body,
        { ...bindAffine(scope, loop.loopVar, affine), lanes, laneVar: loop.loopVar },
        sink,
      );
    }
  }
  const rest = trips - vectors * lanes;
  if (rest > MAX_UNROLLED_VECTORS) {
    translateSerial(
      loop,
      { extent: constant(rest), first: addScaled(first, affineConst(vectors * lanes), 1), step: 1 },
      scope,
      sink,
    );
    return;
  }
  for (let i = vectors * lanes; i < trips; i++) {
    translate(loop.body, bindAffine(scope, loop.loopVar, addScaled(first, affineConst(i), 1)), sink);
  }
}

/**
 * Whether iterations store different values at one place: then the last one must win, and lanes have no order.
 *
 * @param varying the vectorized loop's variable, and what depends on it
 */
function collidesInLanes(s: Stmt, varying: ReadonlySet<Var>): boolean {
  const varies = (e: Expr): boolean => usesVar(e, (v) => varying.has(v));
  switch (s.kind) {
    case 'BufferStore':
      return varies(s.value) && !s.indices.some(varies);
    case 'For': {
      const isOwn = varies(s.min) || varies(s.extent);
      return collidesInLanes(s.body, isOwn ? new Set([...varying, s.loopVar]) : varying);
    }
    case 'Let':
      return collidesInLanes(s.body, varies(s.value) ? new Set([...varying, s.var]) : varying);
    case 'Seq':
      return s.stmts.some((child) => collidesInLanes(child, varying));
    case 'If':
      return collidesInLanes(s.then, varying) || (s.else !== null && collidesInLanes(s.else, varying));
    default:
      return false;
  }
}

/** Lanes that fit all types of data in a loop's body: 4, 2, or 1 when widths differ or are narrow. */
function lanesFor(body: Stmt): number {
  const widths = new Set<number>();
  const see = (dtype: DType): void => {
    if (dtype !== 'bool') widths.add(bytesOf(dtype));
  };
  walkStmt(body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore') widths.add(bytesOf(s.buffer.dtype));
    },
    expr: (e) => {
      if (e.kind === 'BufferLoad') widths.add(bytesOf(e.dtype));
      if (e.kind === 'Cast') {
        see(e.dtype);
        see(e.value.dtype);
      }
    },
  });
  const [width] = widths;
  return widths.size === 1 && width !== undefined && width >= 4 ? VECTOR_BYTES / width : 1;
}

function translateStore(s: BufferStore, scope: Scope, sink: Sink): void {
  const target = translateAddress(s.buffer, s.indices, scope);
  // What is the same in all lanes is stored once.
  if (target !== null && (scope.laneVar === null || target.laneStep === 0)) {
    emit(sink, { kind: 'Store', address: target.address, value: translateValue(s.value, scope) });
    return;
  }
  if (target?.laneStep === 1) {
    emit(sink, {
      kind: 'Store',
      address: target.address,
      value: splat(translateValue(s.value, scope), scope.lanes),
    });
    return;
  }
  forEachLane(s, scope, sink);
}

function forEachLane(s: Stmt, scope: Scope, sink: Sink): void {
  for (let lane = 0; lane < scope.lanes; lane++) translate(s, laneScope(scope, lane), sink);
}

function translateIf(condition: Expr, sides: readonly [Stmt, Stmt | null], scope: Scope, sink: Sink): void {
  const value = translateValue(condition, scope);
  const [then, otherwise] = sides;
  if (value.type.lanes > 1) {
    return forEachLane({ kind: 'If', condition, then, else: otherwise }, scope, sink);
  }
  const [thenSink, elseSink] = [nested(sink), nested(sink)];
  translate(then, scope, thenSink);
  if (otherwise !== null) translate(otherwise, scope, elseSink);
  emit(sink, { kind: 'IfStatement', condition: value, then: thenSink.out, else: elseSink.out });
}
