/** @file Reads assignments: stores to buffers, variables of the program, and Python's own names for values. */
import type { SyntaxNode } from '@lezer/common';
import type { Buffer } from '../ir/buffer.js';
import { load, variable } from '../ir/build.js';
import { store } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { Stmt } from '../ir/stmt.js';
import { declareNames, tirCall, type Context } from './frame.js';
import { applyOperator } from './operators.js';
import { assignOf, readBound, refuseSymbol, type AssignSyntax } from './read-assign.js';
import { readAs, readIndices, readValue } from './read-expr.js';
import { targetNames } from './read-loop.js';
import { deepen } from './reader.js';
import { childrenOf, fault, located, subscriptOf, textOf } from './syntax.js';
import { exprValue, toTyped, type Value } from './value.js';

/** A binding that reaches to the end of the body it stands in. */
export interface Binding {
  readonly kind: 'Binding';
  readonly var: Var;
  readonly value: Expr;
}

/** What an assignment comes to; nothing when it only names something. */
export function readAssign(cx: Context, node: SyntaxNode): (Stmt | Binding)[] {
  const { source } = cx.reader;
  const assign = assignOf(cx.reader, node);
  const [target, ...otherTargets] = assign.targets;
  const [value, ...otherValues] = assign.values;
  if (target === undefined || value === undefined)
    throw fault(source, node, 'SYNTAX', 'the assignment is incomplete');
  if (otherTargets.length === 0 && subscriptOf(target) !== null) {
    const [extra] = otherValues;
    if (extra !== undefined) throw fault(source, extra, 'BAD_ARGUMENT', 'one value is stored at a time');
    return [readStore(cx, target, (b) => readAs(cx.reader, cx.scope, value, (v) => toTyped(v, b.dtype)))];
  }
  const names = targetNames(cx.reader, assign.targets);
  const call = otherValues.length === 0 ? tirCall(cx, value) : null;
  if (call !== null) {
    refuseSymbol(cx.reader, call);
    if (assign.type === null && declareNames(cx, names, call)) return [];
  }
  return readBindings(cx, names, assign);
}

/** The calls that wrap the value of a binding: `v = T.let(x)`. */
const LET_CALLS: ReadonlySet<string> = new Set(['let', 'Let', 'bind']);

function readBindings(cx: Context, names: readonly string[], assign: AssignSyntax): (Stmt | Binding)[] {
  const { reader, scope } = cx;
  const [only] = assign.values;
  if (only !== undefined && assign.values.length === 1) {
    const [name, extra] = names;
    const call = tirCall(cx, only);
    const wrapped = call !== null && LET_CALLS.has(call.name) ? call.syntax.positional[0] : undefined;
    if (name !== undefined && extra === undefined && (assign.type !== null || wrapped !== undefined)) {
      return [bind(cx, name, readBound(reader, scope, wrapped ?? only, assign.type), only)];
    }
  }
  const values = assign.values.map((value) => readValue(reader, scope, value));
  const [first] = values;
  const given = values.length === 1 && names.length > 1 && first?.tag === 'tuple' ? first.items : values;
  if (given.length !== names.length) {
    const node = assign.targets[0] ?? only;
    if (node !== undefined) {
      const message = `${names.length} name(s) are given ${given.length} value(s)`;
      throw fault(reader.source, node, 'BAD_ARGUMENT', message);
    }
  }
  return names.flatMap((name, i) => bindValue(cx, name, given[i], only));
}

/** An expression becomes a variable of the program; Python's own values stay names for themselves. */
function bindValue(
  cx: Context,
  name: string,
  value: Value | undefined,
  node: SyntaxNode | undefined,
): (Stmt | Binding)[] {
  if (value === undefined || node === undefined) return [];
  if (value.tag === 'expr') return [bind(cx, name, value.expr, node)];
  cx.scope.names.set(name, value);
  return [];
}

function bind(cx: Context, name: string, value: Expr, node: SyntaxNode): Binding {
  // What follows in this body is one level further in.
  deepen(cx.reader, node);
  const v = variable(name, value.dtype);
  cx.scope.names.set(name, exprValue(v));
  return { kind: 'Binding', var: v, value };
}

function readStore(
  cx: Context,
  target: SyntaxNode,
  readStored: (b: Buffer, indices: readonly Expr[]) => Expr,
): Stmt {
  const { reader, scope } = cx;
  const object = subscriptOf(target)?.object ?? target;
  const stored = readValue(reader, scope, object);
  if (stored.tag !== 'buffer')
    throw fault(reader.source, object, 'BAD_ARGUMENT', 'only buffers can be stored to');
  const indices = readIndices(reader, scope, target);
  const value = located(reader.source, target, () => readStored(stored.buffer, indices));
  return located(reader.source, target, () => store(stored.buffer, value, indices));
}

/** `A[i] += x`. */
export function readUpdate(cx: Context, node: SyntaxNode): Stmt {
  const { reader, scope } = cx;
  const [target, operator, value, extra] = childrenOf(node);
  if (target === undefined || operator === undefined || value === undefined || extra !== undefined) {
    throw fault(reader.source, node, 'UNSUPPORTED', 'this assignment is not understood');
  }
  if (subscriptOf(target) === null) {
    throw fault(
      reader.source,
      target,
      'UNSUPPORTED',
      'only elements of buffers are updated; variables never change',
    );
  }
  const symbol = textOf(reader.source, operator).slice(0, -1);
  return readStore(cx, target, (b, indices) => {
    const old = exprValue(load(b, indices));
    return readAs(reader, scope, value, (v) => {
      const result = applyOperator(symbol, old, v);
      if (result === null)
        throw fault(reader.source, operator, 'UNSUPPORTED', `operator ${symbol}= is not understood`);
      return toTyped(result, b.dtype);
    });
  });
}
