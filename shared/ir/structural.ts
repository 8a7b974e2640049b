/**
 * @file Structural equality and hash: whether two programs are the same up to the names of things.
 *
 * Both read one canonical token stream, in which every binder is numbered by its order of appearance. Two terms are
 * equal exactly when their streams are, so the hash of the stream can never disagree with equality.
 *
 * Compared: operators, types, shapes, scopes, loop kinds, iterator types, regions, predicates, annotations and
 * attributes (whatever the order of their keys). Not compared: names of variables, buffers, blocks and functions,
 * and the attribute `global_symbol`, which is a function's name. Bound variables and buffers are matched one to one
 * by where they occur; a variable that is free in the compared terms is equal only to itself.
 */
import type { Buffer } from './buffer.js';
import type { BufferRegion, Range } from './region.js';
import type { Expr, Var } from './expr.js';
import type { IRModule, PrimFunc } from './prim-func.js';
import type { Attrs, AttrValue, Block, Stmt } from './stmt.js';

export type IRNode = IRModule | PrimFunc | Stmt | Expr;

type Token = string | number;

interface Stream {
  readonly tokens: Token[];
  /** Numbers of the variables that are in scope. */
  readonly bound: Map<Var, number>;
  readonly buffers: Map<Buffer, number>;
  /** Free variables in order of first occurrence. */
  readonly free: Map<Var, number>;
  binders: number;
}

/** Whether `a` and `b` are the same program up to names. */
export function structuralEqual(a: IRNode, b: IRNode): boolean {
  if (a === b) return true;
  const [left, right] = [streamOf(a), streamOf(b)];
  if (left.tokens.length !== right.tokens.length || left.free.size !== right.free.size) return false;
  if (!left.tokens.every((token, i) => Object.is(token, right.tokens[i]))) return false;
  const rightFree = [...right.free.keys()];
  return [...left.free.keys()].every((v, i) => v === rightFree[i]);
}

/**
 * 64 bits as 16 hexadecimal digits, the same in every process. Equal programs have equal hashes; unequal programs
 * may collide, so a hash only finds the bucket in which `structuralEqual` decides.
 */
export function structuralHash(node: IRNode): string {
  const lanes: [number, number] = [0x243f6a88, 0x85a308d3];
  for (const token of streamOf(node).tokens) mixToken(lanes, token);
  const [high, low] = [avalanche(lanes[0] ^ (lanes[1] >>> 15)), avalanche(lanes[1] ^ (lanes[0] >>> 13))];
  return hex(high) + hex(low);
}

function streamOf(node: IRNode): Stream {
  const out: Stream = { tokens: [], bound: new Map(), buffers: new Map(), free: new Map(), binders: 0 };
  if (node.kind === 'IRModule') {
    out.tokens.push('IRModule', node.functions.length);
    for (const f of node.functions) writeFunc(out, f);
  } else if (node.kind === 'PrimFunc') writeFunc(out, node);
  else if (isStmt(node)) writeStmt(out, node);
  else writeExpr(out, node);
  return out;
}

function isStmt(node: Stmt | Expr): node is Stmt {
  switch (node.kind) {
    case 'For':
    case 'BlockRealize':
    case 'BufferStore':
    case 'Seq':
    case 'If':
    case 'Let':
    case 'Evaluate':
      return true;
    default:
      return false;
  }
}

function writeFunc(out: Stream, f: PrimFunc): void {
  out.tokens.push('PrimFunc', f.params.length);
  for (const param of f.params) writeBuffer(out, param);
  writeAttrs(out, Object.fromEntries(Object.entries(f.attrs).filter(([key]) => key !== 'global_symbol')));
  writeBlock(out, f.root);
}

function writeBuffer(out: Stream, b: Buffer): void {
  const known = out.buffers.get(b);
  if (known !== undefined) {
    out.tokens.push('buffer', known);
    return;
  }
  out.buffers.set(b, out.buffers.size);
  out.tokens.push('newBuffer', b.dtype, b.scope, b.shape.length, ...b.shape);
}

/** Numbers a variable for the time that `scope` runs. */
function bind(out: Stream, v: Var, scope: () => void): void {
  const outer = out.bound.get(v);
  out.tokens.push('bind', v.dtype);
  out.bound.set(v, out.binders++);
  scope();
  if (outer === undefined) out.bound.delete(v);
  else out.bound.set(v, outer);
}

function writeVar(out: Stream, v: Var): void {
  const known = out.bound.get(v);
  if (known !== undefined) {
    out.tokens.push('var', known);
    return;
  }
  const number = out.free.get(v) ?? out.free.size;
  out.free.set(v, number);
  out.tokens.push('free', number, v.dtype);
}

function writeAttrs(out: Stream, attrs: Attrs): void {
  const keys = Object.keys(attrs).toSorted();
  out.tokens.push('attrs', keys.length);
  for (const key of keys) {
    out.tokens.push(key);
    writeAttr(out, attrs[key] ?? null);
  }
}

function writeAttr(out: Stream, value: AttrValue): void {
  if (value === null) out.tokens.push('null');
  else if (typeof value === 'object') {
    if (isList(value)) {
      out.tokens.push('list', value.length);
      for (const item of value) writeAttr(out, item);
    } else writeAttrs(out, value);
  } else out.tokens.push(typeof value, typeof value === 'boolean' ? Number(value) : value);
}

function isList(value: readonly AttrValue[] | Attrs): value is readonly AttrValue[] {
  return Array.isArray(value);
}

function writeRange(out: Stream, r: Range): void {
  writeExpr(out, r.min);
  writeExpr(out, r.extent);
}

function writeRegions(out: Stream, regions: readonly BufferRegion[]): void {
  out.tokens.push('regions', regions.length);
  for (const r of regions) {
    writeBuffer(out, r.buffer);
    out.tokens.push(r.region.length);
    for (const dim of r.region) writeRange(out, dim);
  }
}

function writeBlock(out: Stream, b: Block): void {
  out.tokens.push('Block', b.iterVars.length);
  for (const iter of b.iterVars) {
    out.tokens.push(iter.iterType);
    writeRange(out, iter.dom);
  }
  bindAll(
    out,
    b.iterVars.map((iter) => iter.var),
    () => {
      out.tokens.push('alloc', b.allocBuffers.length);
      for (const buffer of b.allocBuffers) writeBuffer(out, buffer);
      writeRegions(out, b.reads);
      writeRegions(out, b.writes);
      writeAttrs(out, b.annotations);
      writeOptional(out, b.init);
      writeStmt(out, b.body);
    },
  );
}

function bindAll(out: Stream, vars: readonly Var[], scope: () => void): void {
  const [first, ...rest] = vars;
  if (first === undefined) scope();
  else bind(out, first, () => bindAll(out, rest, scope));
}

function writeOptional(out: Stream, s: Stmt | null): void {
  if (s === null) out.tokens.push('none');
  else writeStmt(out, s);
}

function writeStmt(out: Stream, s: Stmt): void {
  out.tokens.push(s.kind);
  switch (s.kind) {
    case 'For':
      out.tokens.push(s.forKind, s.threadTag === null ? 0 : 1, s.threadTag ?? '');
      writeExpr(out, s.min);
      writeExpr(out, s.extent);
      writeAttrs(out, s.annotations);
      bind(out, s.loopVar, () => writeStmt(out, s.body));
      return;
    case 'BlockRealize':
      writeExprs(out, s.iterValues);
      writeExpr(out, s.predicate);
      writeBlock(out, s.block);
      return;
    case 'BufferStore':
      writeBuffer(out, s.buffer);
      writeExpr(out, s.value);
      writeExprs(out, s.indices);
      return;
    case 'Seq':
      out.tokens.push(s.stmts.length);
      for (const child of s.stmts) writeStmt(out, child);
      return;
    case 'If':
      writeExpr(out, s.condition);
      writeStmt(out, s.then);
      writeOptional(out, s.else);
      return;
    case 'Let':
      writeExpr(out, s.value);
      bind(out, s.var, () => writeStmt(out, s.body));
      return;
    case 'Evaluate':
      writeExpr(out, s.value);
  }
}

function writeExprs(out: Stream, exprs: readonly Expr[]): void {
  out.tokens.push(exprs.length);
  for (const e of exprs) writeExpr(out, e);
}

function writeExpr(out: Stream, e: Expr): void {
  if (e.kind === 'Var') {
    writeVar(out, e);
    return;
  }
  out.tokens.push(e.kind, e.dtype);
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm':
      out.tokens.push(e.value);
      return;
    case 'Binary':
    case 'Compare':
    case 'Logical':
      out.tokens.push(e.op);
      writeExpr(out, e.a);
      writeExpr(out, e.b);
      return;
    case 'Not':
      writeExpr(out, e.a);
      return;
    case 'Select':
    case 'IfThenElse':
      writeExpr(out, e.condition);
      writeExpr(out, e.whenTrue);
      writeExpr(out, e.whenFalse);
      return;
    case 'Cast':
      writeExpr(out, e.value);
      return;
    case 'Call':
      out.tokens.push(e.op);
      writeExprs(out, e.args);
      return;
    case 'BufferLoad':
      writeBuffer(out, e.buffer);
      writeExprs(out, e.indices);
  }
}

/** Two independent multiplicative lanes of 32 bits: fast in JavaScript, and far from colliding in practice. */
function mixWord(lanes: [number, number], word: number): void {
  const a = Math.imul(lanes[0] ^ word, 0x9e3779b1);
  const b = Math.imul(lanes[1] + word, 0xc2b2ae3d);
  lanes[0] = (a << 13) | (a >>> 19);
  lanes[1] = ((b << 17) | (b >>> 15)) ^ a;
}

function mixToken(lanes: [number, number], token: Token): void {
  if (typeof token === 'number' && Object.is(token | 0, token)) {
    mixWord(lanes, 1);
    mixWord(lanes, token);
    return;
  }
  const text = Object.is(token, -0) ? '-0' : String(token);
  mixWord(lanes, typeof token === 'number' ? 2 : 3);
  mixWord(lanes, text.length);
  for (let i = 0; i < text.length; i++) mixWord(lanes, text.charCodeAt(i));
}

/** Spreads every input bit over the whole word. */
function avalanche(word: number): number {
  const a = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return (b ^ (b >>> 16)) >>> 0;
}

function hex(word: number): string {
  return word.toString(16).padStart(8, '0');
}
