/** @file Smart constructors of statements, blocks and functions. */
import { InputError } from '../support/errors.js';
import type { Buffer } from './buffer.js';
import type { BufferRegion, Range } from './region.js';
import { checkIndices, int, literal, TRUE, type Operand } from './build.js';
import { isIndexType } from './dtype.js';
import type { Expr, Var } from './expr.js';
import type { IRModule, PrimFunc } from './prim-func.js';
import type {
  Attrs,
  Block,
  BlockRealize,
  BufferStore,
  Evaluate,
  For,
  ForKind,
  If,
  IterType,
  IterVar,
  Let,
  Seq,
  Stmt,
} from './stmt.js';

export function range(min: Operand, extent: Operand): Range {
  return {
    min: typeof min === 'number' ? int(min) : min,
    extent: typeof extent === 'number' ? int(extent) : extent,
  };
}

/** The whole of a buffer. */
export function fullRegion(b: Buffer): BufferRegion {
  return { buffer: b, region: b.shape.map((extent) => range(0, extent)) };
}

/** The single element `b[indices]`. */
export function pointRegion(b: Buffer, indices: readonly Expr[]): BufferRegion {
  return { buffer: b, region: indices.map((index) => range(index, int(1, index.dtype))) };
}

export interface ForOptions {
  readonly min?: Expr;
  readonly forKind?: ForKind;
  readonly threadTag?: string | null;
  readonly annotations?: Attrs;
}

/** A loop; `min` is 0 and the kind serial unless told otherwise. */
export function forLoop(loopVar: Var, extent: Operand, body: Stmt, options: ForOptions = {}): For {
  if (!isIndexType(loopVar.dtype)) {
    throw new InputError(
      'DTYPE_MISMATCH',
      `loop variable ${loopVar.name} is ${loopVar.dtype}, not int32 or int64`,
    );
  }
  return {
    kind: 'For',
    loopVar,
    min: options.min ?? int(0, loopVar.dtype),
    extent: typeof extent === 'number' ? int(extent, loopVar.dtype) : extent,
    forKind: options.forKind ?? 'serial',
    threadTag: options.threadTag ?? null,
    annotations: options.annotations ?? {},
    body,
  };
}

export function iterVar(v: Var, dom: Range, iterType: IterType): IterVar {
  return { var: v, dom, iterType };
}

export interface BlockParts {
  readonly iterVars?: readonly IterVar[];
  readonly reads?: readonly BufferRegion[];
  readonly writes?: readonly BufferRegion[];
  readonly allocBuffers?: readonly Buffer[];
  readonly annotations?: Attrs;
  readonly init?: Stmt | null;
  readonly body: Stmt;
}

export function block(name: string, parts: BlockParts): Block {
  return {
    kind: 'Block',
    name,
    iterVars: parts.iterVars ?? [],
    reads: parts.reads ?? [],
    writes: parts.writes ?? [],
    allocBuffers: parts.allocBuffers ?? [],
    annotations: parts.annotations ?? {},
    init: parts.init ?? null,
    body: parts.body,
  };
}

/** @throws InputError `BAD_RANK` when there is not one value per iterator. */
export function blockRealize(iterValues: readonly Expr[], b: Block, predicate: Expr = TRUE): BlockRealize {
  if (iterValues.length !== b.iterVars.length) {
    throw new InputError(
      'BAD_RANK',
      `block ${b.name} has ${b.iterVars.length} iterators, but ${iterValues.length} values`,
    );
  }
  return { kind: 'BlockRealize', iterValues, predicate, block: b };
}

/** @throws InputError `BAD_RANK`, `DTYPE_MISMATCH`. */
export function store(b: Buffer, value: Operand, indices: readonly Operand[]): BufferStore {
  const exprs = indices.map((i) => (typeof i === 'number' ? int(i) : i));
  checkIndices(b, exprs);
  const stored = typeof value === 'number' ? literal(value, b.dtype) : value;
  if (stored.dtype !== b.dtype) {
    throw new InputError(
      'DTYPE_MISMATCH',
      `a ${stored.dtype} cannot be stored in ${b.name}, whose type is ${b.dtype}`,
    );
  }
  return { kind: 'BufferStore', buffer: b, value: stored, indices: exprs };
}

export const EMPTY: Seq = { kind: 'Seq', stmts: [] };

/** Statements in order, flattened; a single one stands for itself. */
export function seq(stmts: readonly Stmt[]): Stmt {
  const flat = stmts.flatMap((s) => (s.kind === 'Seq' ? s.stmts : [s]));
  const [only] = flat;
  return flat.length === 1 && only !== undefined ? only : { kind: 'Seq', stmts: flat };
}

export function ifStmt(condition: Expr, then: Stmt, otherwise: Stmt | null = null): If {
  return { kind: 'If', condition, then, else: otherwise };
}

export function letStmt(v: Var, value: Expr, body: Stmt): Let {
  return { kind: 'Let', var: v, value, body };
}

export function evaluate(value: Expr): Evaluate {
  return { kind: 'Evaluate', value };
}

export const ROOT_BLOCK = 'root';

export interface PrimFuncParts {
  readonly params: readonly Buffer[];
  readonly body: Stmt;
  readonly allocBuffers?: readonly Buffer[];
  readonly annotations?: Attrs;
  readonly attrs?: Attrs;
}

/** A function whose body stands in the implicit root block. */
export function primFunc(name: string, parts: PrimFuncParts): PrimFunc {
  const root = block(ROOT_BLOCK, {
    allocBuffers: parts.allocBuffers ?? [],
    annotations: parts.annotations ?? {},
    body: parts.body,
  });
  return { kind: 'PrimFunc', name, params: parts.params, root, attrs: parts.attrs ?? {} };
}

/** @throws InputError `DUPLICATE_NAME` when two functions share a name. */
export function irModule(functions: readonly PrimFunc[]): IRModule {
  const names = new Set<string>();
  for (const f of functions) {
    if (names.has(f.name)) throw new InputError('DUPLICATE_NAME', `two functions are named ${f.name}`);
    names.add(f.name);
  }
  return { kind: 'IRModule', functions };
}
