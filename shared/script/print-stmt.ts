/**
 * @file Statements, blocks and functions as lines of TVMScript.
 *
 * Every block states its reads, writes and bindings, so nothing has to be inferred when the text is read back.
 */
import type { Buffer } from '../ir/buffer.js';
import type { Range } from '../ir/region.js';
import { constInt } from '../ir/build.js';
import { ROOT_BLOCK } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { PrimFunc } from '../ir/prim-func.js';
import type { Block, For, IterVar, Stmt } from '../ir/stmt.js';
import { structuralEqual } from '../ir/structural.js';
import { at } from '../support/errors.js';
import { createNames, toIdentifier, type Names } from './names.js';
import { attrsText, exprText, rangeText, regionText, shapeText, stringText } from './print-expr.js';

interface Printer {
  readonly names: Names;
  readonly lines: string[];
  /** Ranges of the loops around the current statement. */
  readonly loops: ReadonlyMap<Var, Range>;
  readonly indent: string;
}

const STEP = '    ';

function emit(p: Printer, line: string): void {
  p.lines.push(p.indent + line);
}

function inner(p: Printer): Printer {
  return { ...p, indent: p.indent + STEP };
}

/** The lines of `s`, indented by `indent`. */
export function stmtLines(s: Stmt, names: Names = createNames(), indent = ''): string[] {
  const p: Printer = { names, lines: [], loops: new Map(), indent };
  printBody(p, s);
  return p.lines;
}

/** The lines of a function with its decorator, indented by `indent`. `name` is the identifier to define. */
export function funcLines(f: PrimFunc, name: string = toIdentifier(f.name), indent = ''): string[] {
  const names = createNames();
  const head: Printer = { names, lines: [], loops: new Map(), indent };
  const params = f.params.map((param) => `${names.of(param)}: T.Buffer(${bufferArgs(param)})`);
  emit(head, '@T.prim_func');
  emit(head, `def ${name}(${params.join(', ')}):`);
  const p = inner(head);
  if (Object.keys(f.attrs).length > 0) emit(p, `T.func_attr(${attrsText(f.attrs)})`);
  if (isPlainRoot(f.root)) {
    printAllocations(p, f.root);
    printBody(p, f.root.body);
  } else {
    emit(p, `with T.block(${stringText(ROOT_BLOCK)}):`);
    printBlockBody(inner(p), f.root, [], null);
  }
  return head.lines;
}

/** Whether the root block says nothing that its implicit form would lose. */
function isPlainRoot(root: Block): boolean {
  const parts = [root.iterVars, root.reads, root.writes, Object.keys(root.annotations)];
  return root.init === null && parts.every((part) => part.length === 0);
}

function bufferArgs(b: Buffer): string {
  const scope = b.scope === 'global' ? '' : `, scope=${stringText(b.scope)}`;
  return `${shapeText(b.shape)}, "${b.dtype}"${scope}`;
}

/** A statement in body position, where nothing at all needs a `pass`. */
function printBody(p: Printer, s: Stmt): void {
  if (s.kind === 'Seq' && s.stmts.length === 0) emit(p, 'pass');
  else printStmts(p, s.kind === 'Seq' ? s.stmts : [s]);
}

function printStmts(p: Printer, stmts: readonly Stmt[]): void {
  for (const [i, s] of stmts.entries()) {
    if (s.kind === 'Let' && i < stmts.length - 1) {
      // An assignment would reach to the end of the list; this form ends where the binding does.
      emit(p, `with T.LetStmt(${exprText(s.value, p.names)}) as ${p.names.of(s.var)}:`);
      printBody(inner(p), s.body);
    } else printStmt(p, s);
  }
}

function printStmt(p: Printer, s: Stmt): void {
  switch (s.kind) {
    case 'For':
      printLoops(p, s);
      return;
    case 'BlockRealize':
      emit(p, `with T.block(${stringText(s.block.name)}):`);
      printBlockBody(inner(p), s.block, s.iterValues, s.predicate);
      return;
    case 'BufferStore': {
      const target = s.indices.length === 0 ? '()' : s.indices.map((i) => exprText(i, p.names)).join(', ');
      emit(p, `${p.names.of(s.buffer)}[${target}] = ${exprText(s.value, p.names)}`);
      return;
    }
    case 'Seq':
      printStmts(p, s.stmts);
      return;
    case 'If':
      emit(p, `if ${exprText(s.condition, p.names)}:`);
      printBody(inner(p), s.then);
      if (s.else === null) return;
      emit(p, 'else:');
      printBody(inner(p), s.else);
      return;
    case 'Let':
      emit(p, `${p.names.of(s.var)}: T.${s.var.dtype} = ${exprText(s.value, p.names)}`);
      printBody(p, s.body);
      return;
    case 'Evaluate':
      emit(p, `T.evaluate(${exprText(s.value, p.names)})`);
  }
}

function isGridLoop(s: Stmt): s is For {
  return (
    s.kind === 'For' &&
    s.forKind === 'serial' &&
    constInt(s.min) === 0 &&
    constInt(s.extent) !== null &&
    Object.keys(s.annotations).length === 0
  );
}

/** The plain loops at the top of a nest, which `T.grid` can hold; empty unless there are two at least. */
function gridOf(s: For): For[] {
  const loops: For[] = [];
  for (let node: Stmt = s; isGridLoop(node); node = node.body) loops.push(node);
  return loops.length > 1 ? loops : [];
}

function printLoops(p: Printer, s: For): void {
  const grid = gridOf(s);
  const loops = grid.length > 0 ? grid : [s];
  const vars = loops.map((loop) => p.names.of(loop.loopVar)).join(', ');
  const iterable =
    grid.length > 0
      ? `T.grid(${grid.map((loop) => exprText(loop.extent, p.names)).join(', ')})`
      : loopText(p, s);
  emit(p, `for ${vars} in ${iterable}:`);
  const ranges = loops.map((loop): [Var, Range] => [loop.loopVar, loop]);
  printBody(inner({ ...p, loops: new Map([...p.loops, ...ranges]) }), at(loops, loops.length - 1).body);
}

const LOOP_FUNCTION: { readonly [K in For['forKind']]: string } = {
  serial: 'T.serial',
  parallel: 'T.parallel',
  vectorized: 'T.vectorized',
  unrolled: 'T.unroll',
  threadBinding: 'T.thread_binding',
};

function loopText(p: Printer, s: For): string {
  const args = [rangeText(s, p.names)];
  if (s.threadTag !== null) args.push(`thread=${stringText(s.threadTag)}`);
  if (Object.keys(s.annotations).length > 0) args.push(`annotations=${attrsText(s.annotations)}`);
  return `${LOOP_FUNCTION[s.forKind]}(${args.join(', ')})`;
}

function printAllocations(p: Printer, b: Block): void {
  for (const buffer of b.allocBuffers)
    emit(p, `${p.names.of(buffer)} = T.alloc_buffer(${bufferArgs(buffer)})`);
}

/** `predicate` is `null` for the root, which is not realized anywhere. */
function printBlockBody(p: Printer, b: Block, values: readonly Expr[], predicate: Expr | null): void {
  printAxes(p, b.iterVars, values);
  if (predicate !== null && constInt(predicate) !== 1) emit(p, `T.where(${exprText(predicate, p.names)})`);
  emit(p, `T.reads(${b.reads.map((r) => regionText(r, p.names)).join(', ')})`);
  emit(p, `T.writes(${b.writes.map((r) => regionText(r, p.names)).join(', ')})`);
  if (Object.keys(b.annotations).length > 0) emit(p, `T.block_attr(${attrsText(b.annotations)})`);
  printAllocations(p, b);
  if (b.init !== null) {
    emit(p, 'with T.init():');
    printBody(inner(p), b.init);
  }
  printBody(p, b.body);
}

/** Whether `T.axis.remap` says it all: the value is a loop that runs over just this domain. */
function isRemap(p: Printer, iter: IterVar, value: Expr): boolean {
  const loop = value.kind === 'Var' ? p.loops.get(value) : undefined;
  if (loop === undefined || !(iter.iterType === 'spatial' || iter.iterType === 'reduce')) return false;
  const sameType = iter.var.dtype === value.dtype;
  return sameType && structuralEqual(loop.min, iter.dom.min) && structuralEqual(loop.extent, iter.dom.extent);
}

/** Bindings in order; neighbours that are plain renamings of loops share a line. */
function printAxes(p: Printer, iterVars: readonly IterVar[], values: readonly Expr[]): void {
  for (let i = 0; i < iterVars.length;) {
    let end = i;
    while (end < iterVars.length && isRemap(p, at(iterVars, end), at(values, end))) end++;
    if (end - i > 1) {
      printRemap(p, iterVars.slice(i, end), values.slice(i, end));
      i = end;
    } else {
      printAxis(p, at(iterVars, i), at(values, i));
      i++;
    }
  }
}

function printRemap(p: Printer, iterVars: readonly IterVar[], values: readonly Expr[]): void {
  const kinds = iterVars.map((iter) => (iter.iterType === 'reduce' ? 'R' : 'S')).join('');
  const names = iterVars.map((iter) => p.names.of(iter.var)).join(', ');
  emit(p, `${names} = T.axis.remap("${kinds}", [${values.map((v) => exprText(v, p.names)).join(', ')}])`);
}

function printAxis(p: Printer, iter: IterVar, value: Expr): void {
  const range = rangeText(iter.dom, p.names);
  const dom = constInt(iter.dom.min) === 0 ? range : `(${range})`;
  emit(p, `${p.names.of(iter.var)} = T.axis.${iter.iterType}(${dom}, ${exprText(value, p.names)})`);
}
