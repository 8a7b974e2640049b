/**
 * @file What a block, or a function, declares about itself: iterators, regions, predicate, attributes, buffers.
 *
 * A frame collects these while the statements of its body are read one after the other.
 */
import type { SyntaxNode } from '@lezer/common';
import type { Buffer } from '../ir/buffer.js';
import type { BufferRegion } from '../ir/region.js';
import type { Expr } from '../ir/expr.js';
import type { Attrs, IterVar, Stmt } from '../ir/stmt.js';
import { readBuffer } from './read-assign.js';
import { readAxes } from './read-axis.js';
import { readAs, readValue } from './read-expr.js';
import { readRegion } from './read-region.js';
import { tirName, type Reader, type Scope } from './reader.js';
import { callOf, childrenOf, fault, splitAt, unwrap, type CallSyntax } from './syntax.js';
import { toAttrs, toCondition } from './value.js';

export interface Frame {
  /** `func` is the function's own body: its implicit root block. */
  readonly kind: 'block' | 'func';
  readonly iterVars: IterVar[];
  readonly iterValues: Expr[];
  readonly allocBuffers: Buffer[];
  annotations: Attrs;
  predicate: Expr | null;
  reads: readonly BufferRegion[] | null;
  writes: readonly BufferRegion[] | null;
  init: Stmt | null;
}

export function createFrame(kind: Frame['kind']): Frame {
  const lists = { iterVars: [], iterValues: [], allocBuffers: [] };
  return { kind, ...lists, annotations: {}, predicate: null, reads: null, writes: null, init: null };
}

/** The function that is being read. */
export interface FuncState {
  /** Offsets at which the named blocks begin. */
  readonly blocks: Map<string, number>;
  /** Names that unnamed blocks must not get. */
  readonly taken: Set<string>;
  /** The buffers of the parameters; `null` for a handle that is not matched yet. */
  readonly params: (Buffer | null)[];
  attrs: Attrs;
}

/** Where a statement stands. */
export interface Context {
  readonly reader: Reader;
  readonly func: FuncState;
  readonly scope: Scope;
  readonly frame: Frame;
  /** Whether the statement stands in the frame's own body, not inside a loop or condition of it. */
  readonly isDirect: boolean;
}

/** A call of a function of TIR's namespace. */
export interface TirCall {
  readonly name: string;
  readonly node: SyntaxNode;
  readonly syntax: CallSyntax;
}

/** `node` as a call of TIR's namespace, `null` for anything else. */
export function tirCall(cx: Context, node: SyntaxNode): TirCall | null {
  const inner = unwrap(node);
  const syntax = callOf(cx.reader.source, inner);
  const name = syntax === null ? null : tirName(cx.reader, cx.scope, syntax.callee);
  return syntax === null || name === null ? null : { name: canonicalName(name), node: inner, syntax };
}

function requireDirect(cx: Context, call: TirCall, kind: Frame['kind']): void {
  if (cx.isDirect && cx.frame.kind === kind) return;
  const home = kind === 'block' ? 'directly in a block' : 'at the top of a function';
  throw fault(cx.reader.source, call.node, 'MISPLACED', `T.${call.name} stands ${home}`);
}

/** TVM renamed `block` to `sblock`; both spellings mean the same. */
function canonicalName(name: string): string {
  return name.startsWith('sblock') ? name.slice(1).replace(/^block_alloc/, 'alloc') : name;
}

/** Takes in `T.reads(…)` and its like. Returns false when the call is not a declaration. */
export function declare(cx: Context, call: TirCall): boolean {
  switch (call.name) {
    case 'reads':
    case 'writes':
      declareRegions(cx, call, call.name);
      return true;
    case 'where':
      declarePredicate(cx, call);
      return true;
    case 'block_attr':
      requireDirect(cx, call, 'block');
      cx.frame.annotations = { ...cx.frame.annotations, ...readAttrs(cx, call) };
      return true;
    case 'func_attr':
      requireDirect(cx, call, 'func');
      cx.func.attrs = { ...cx.func.attrs, ...readAttrs(cx, call) };
      return true;
    default:
      return false;
  }
}

function onlyArgument(cx: Context, call: TirCall): SyntaxNode {
  const [argument, extra] = call.syntax.positional;
  if (argument !== undefined && extra === undefined && call.syntax.keywords.size === 0) return argument;
  throw fault(cx.reader.source, call.node, 'BAD_ARGUMENT', `T.${call.name} takes one argument`);
}

function readAttrs(cx: Context, call: TirCall): Attrs {
  return readAs(cx.reader, cx.scope, onlyArgument(cx, call), toAttrs);
}

function declareRegions(cx: Context, call: TirCall, key: 'reads' | 'writes'): void {
  const { source } = cx.reader;
  requireDirect(cx, call, 'block');
  if (cx.frame[key] !== null) throw fault(source, call.node, 'REPEATED', `the block has two T.${key}`);
  const [keyword] = call.syntax.keywords.values();
  if (keyword !== undefined) throw fault(source, keyword, 'BAD_ARGUMENT', `T.${key} takes regions only`);
  const nodes = call.syntax.positional.flatMap((argument) => listItems(argument));
  cx.frame[key] = nodes.map((node) => readRegion(cx.reader, cx.scope, node));
}

/** The items of a list that is written out, or the node itself. */
function listItems(node: SyntaxNode): SyntaxNode[] {
  const inner = unwrap(node);
  if (inner.name !== 'ArrayExpression' && inner.name !== 'TupleExpression') return [inner];
  return splitAt(childrenOf(inner).slice(1, -1), ',').flat();
}

function declarePredicate(cx: Context, call: TirCall): void {
  requireDirect(cx, call, 'block');
  if (cx.frame.predicate !== null) {
    throw fault(cx.reader.source, call.node, 'REPEATED', 'the block has two T.where');
  }
  cx.frame.predicate = readAs(cx.reader, cx.scope, onlyArgument(cx, call), toCondition);
}

/** Takes in `names = T.axis…(…)`, `T.alloc_buffer(…)` and `T.match_buffer(…)`. Returns false for any other call. */
export function declareNames(cx: Context, names: readonly string[], call: TirCall): boolean {
  if (call.name.startsWith('axis.')) {
    requireDirect(cx, call, 'block');
    const kind = call.name.slice('axis.'.length);
    for (const { iter, value } of readAxes(cx.reader, cx.scope, names, { ...call, kind })) {
      cx.frame.iterVars.push(iter);
      cx.frame.iterValues.push(value);
      cx.scope.names.set(iter.var.name, { tag: 'expr', expr: iter.var });
    }
    return true;
  }
  if (call.name !== 'alloc_buffer' && call.name !== 'match_buffer') return false;
  const [name, extra] = names;
  if (name === undefined || extra !== undefined) {
    throw fault(cx.reader.source, call.node, 'BAD_ARGUMENT', `T.${call.name} gives one buffer`);
  }
  const made = call.name === 'alloc_buffer' ? allocate(cx, name, call) : matchHandle(cx, name, call);
  cx.scope.names.set(name, { tag: 'buffer', buffer: made });
  return true;
}

function allocate(cx: Context, name: string, call: TirCall): Buffer {
  const made = readBuffer(cx.reader, cx.scope, name, { ...call, what: 'T.alloc_buffer' });
  cx.frame.allocBuffers.push(made);
  return made;
}

/** Says what a `T.handle` parameter points to. */
function matchHandle(cx: Context, name: string, call: TirCall): Buffer {
  const { source } = cx.reader;
  requireDirect(cx, call, 'func');
  const [handle, ...positional] = call.syntax.positional;
  if (handle === undefined)
    throw fault(source, call.node, 'BAD_ARGUMENT', 'T.match_buffer needs a parameter');
  const value = readValue(cx.reader, cx.scope, handle);
  if (value.tag !== 'handle') {
    throw fault(source, handle, 'UNSUPPORTED', 'T.match_buffer is understood for T.handle parameters only');
  }
  if ((cx.func.params[value.param] ?? null) !== null) {
    throw fault(source, handle, 'REPEATED', 'this parameter is matched twice');
  }
  const syntax: CallSyntax = { ...call.syntax, positional };
  const made = readBuffer(cx.reader, cx.scope, name, { node: call.node, what: 'T.match_buffer', syntax });
  cx.func.params[value.param] = made;
  return made;
}
