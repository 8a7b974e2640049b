/** @file Reads what assignments bind: buffers, block iterators, variables and Python's own constants. */
import type { SyntaxNode } from '@lezer/common';
import { buffer, type Buffer } from '../ir/buffer.js';
import { isDType, type DType } from '../ir/dtype.js';
import type { Expr } from '../ir/expr.js';
import { readAs, readValue } from './read-expr.js';
import { tirName, type Reader, type Scope } from './reader.js';
import {
  bindArguments,
  childrenOf,
  fault,
  located,
  splitAt,
  subscriptOf,
  textOf,
  type CallSyntax,
} from './syntax.js';
import { toDType, toExpr, toShape, toText, toTyped, type Value } from './value.js';

/** `left: type = right` taken apart; `values` are the parts of an unparenthesised tuple. */
export interface AssignSyntax {
  readonly targets: readonly SyntaxNode[];
  readonly type: SyntaxNode | null;
  readonly values: readonly SyntaxNode[];
}

/** @throws InputError for chained assignments and starred targets. */
export function assignOf(reader: Reader, node: SyntaxNode): AssignSyntax {
  const parts = splitAt(childrenOf(node), 'AssignOp');
  const [left, right] = parts;
  if (left === undefined || right === undefined || parts.length !== 2) {
    throw fault(reader.source, node, 'UNSUPPORTED', 'only assignments with one `=` are understood');
  }
  const typeDef = left.find((part) => part.name === 'TypeDef');
  const values = splitAt(right, ',').map(([value, extra]) => {
    if (value !== undefined && extra === undefined) return value;
    throw fault(reader.source, node, 'UNSUPPORTED', 'this assignment is not understood');
  });
  const type = typeDef === undefined ? null : (childrenOf(typeDef)[1] ?? null);
  return { targets: left.filter((part) => part.name !== 'TypeDef'), type, values };
}

/** Parameters of `T.Buffer`, `T.match_buffer` and `T.alloc_buffer` that describe layouts other than ours. */
const LAYOUT = ['data', 'strides', 'elem_offset'];
/** Hints that change nothing about a compact buffer. */
const HINTS = ['align', 'offset_factor', 'buffer_type', 'axis_separators'];
const BUFFER_PARAMS = ['shape', 'dtype', ...LAYOUT, 'scope', ...HINTS];

/** The buffer that `T.Buffer(…)` and its relatives describe. */
export function readBuffer(
  reader: Reader,
  scope: Scope,
  name: string,
  call: { readonly node: SyntaxNode; readonly what: string; readonly syntax: CallSyntax },
): Buffer {
  const { source } = reader;
  const args = bindArguments(source, call.what, BUFFER_PARAMS, call.syntax);
  const [shape, dtype] = args;
  if (shape === undefined) throw fault(source, call.node, 'BAD_ARGUMENT', `${call.what} needs a shape`);
  for (const layout of args.slice(2, 2 + LAYOUT.length)) {
    if (layout === undefined || isNothing(readValue(reader, scope, layout))) continue;
    throw fault(
      source,
      layout,
      'UNSUPPORTED',
      'buffers are row-major and compact: no strides, offsets or given data',
    );
  }
  const scopeNode = args[2 + LAYOUT.length];
  const extents = readAs(reader, scope, shape, toShape);
  const type = dtype === undefined ? 'float32' : readAs(reader, scope, dtype, toDType);
  const storage = scopeNode === undefined ? 'global' : readAs(reader, scope, scopeNode, toText);
  return located(source, shape, () => buffer(name, extents, type, storage === '' ? 'global' : storage));
}

function isNothing(v: Value): boolean {
  return (
    v.tag === 'none' || (v.tag === 'tuple' && v.items.length === 0) || (v.tag === 'number' && v.value === 0)
  );
}

/** Calls that declare a variable without a value, which only symbolic shapes need. */
const SYMBOLS: ReadonlySet<string> = new Set(['var', 'Var', 'SizeVar', 'size_var']);

/** @throws InputError `SCRIPT_SYMBOLIC_SHAPE` for `n = T.int32()` and its relatives. */
export function refuseSymbol(
  reader: Reader,
  call: { readonly name: string; readonly node: SyntaxNode; readonly syntax: CallSyntax },
): void {
  const isEmpty = call.syntax.positional.length === 0 && call.syntax.keywords.size === 0;
  if (!SYMBOLS.has(call.name) && !(isDType(call.name) && isEmpty)) return;
  const message =
    'symbolic variables are not understood: shapes must be numbers, as a kernel is specialised to them';
  throw fault(reader.source, call.node, 'SYMBOLIC_SHAPE', message);
}

/** The type that an annotation gives a variable, `null` for `T.let`, which leaves it to the value. */
function annotatedType(reader: Reader, scope: Scope, type: SyntaxNode): DType | null {
  const subscript = subscriptOf(type);
  const inner = subscript === null ? type : (subscript.items[0]?.[0] ?? type);
  const name = tirName(reader, scope, inner);
  if (name !== null && isDType(name)) return name;
  if (subscript === null && (name === 'let' || name === 'Let')) return null;
  throw fault(reader.source, type, 'UNSUPPORTED', `a variable cannot be a ${textOf(reader.source, type)}`);
}

/** The value bound to a variable, in the type that its annotation gives. */
export function readBound(reader: Reader, scope: Scope, value: SyntaxNode, type: SyntaxNode | null): Expr {
  const dtype = type === null ? null : annotatedType(reader, scope, type);
  return readAs(reader, scope, value, (v) => (dtype === null ? toExpr(v) : toTyped(v, dtype)));
}
