/** @file Reads expressions: Python's syntax tree to values, with TIR's meaning of the operators. */
import type { SyntaxNode } from '@lezer/common';
import { allOf, and, bool, FALSE, load, mul, not, or } from '../ir/build.js';
import type { Expr } from '../ir/expr.js';
import { at } from '../support/errors.js';
import { alternativesOf, isBoolean, isNot, type Factor } from './boolean-syntax.js';
import { EXPR_FUNCTIONS, namedFloat, type ExprFunction } from './expr-functions.js';
import { parseNumber } from './number-arithmetic.js';
import {
  applyChoice,
  applyCompare,
  applyInvert,
  applyOperator,
  COMPARE_SYMBOLS,
  convert,
} from './operators.js';
import { findName, nested, tirName, type Reader, type Scope } from './reader.js';
import { unquote } from './string-literal.js';
import {
  bindArguments,
  callOf,
  childrenOf,
  fault,
  located,
  splitAt,
  subscriptOf,
  textOf,
  unwrap,
  type CallSyntax,
} from './syntax.js';
import { exprValue, NONE, numberValue, toCondition, toDType, toExpr, toText, type Value } from './value.js';

/** The value of an expression. @throws InputError at the first fault in it. */
export function readValue(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const inner = unwrap(node);
  return nested(reader, inner, 1, () => located(reader.source, inner, () => valueOf(reader, scope, inner)));
}

/** The value of an expression, converted by `conversion`, whose refusals are placed at the expression. */
export function readAs<T>(reader: Reader, scope: Scope, node: SyntaxNode, conversion: (v: Value) => T): T {
  const value = readValue(reader, scope, node);
  return located(reader.source, node, () => conversion(value));
}

function valueOf(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const { source } = reader;
  switch (node.name) {
    case 'Number':
      return parseNumber(textOf(source, node));
    case 'String':
      return { tag: 'string', value: unquote(textOf(source, node)) };
    case 'ContinuedString': {
      const parts = childrenOf(node).map((part) => toText(readValue(reader, scope, part)));
      return { tag: 'string', value: parts.join('') };
    }
    case 'Boolean':
      return exprValue(bool(textOf(source, node) === 'True'));
    case 'None':
      return { tag: 'none' };
    case 'VariableName':
      return readName(reader, scope, node);
    case 'TupleExpression':
    case 'ArrayExpression':
      return { tag: 'tuple', items: readItems(reader, scope, node) };
    case 'DictionaryExpression':
      return readDictionary(reader, scope, node);
    case 'UnaryExpression':
    case 'BinaryExpression':
      if (isBoolean(node)) return readBoolean(reader, scope, node);
      return node.name === 'UnaryExpression'
        ? readUnary(reader, scope, node)
        : readBinary(reader, scope, node);
    case 'ConditionalExpression':
      return readConditional(reader, scope, node);
    case 'MemberExpression':
      return readMember(reader, scope, node);
    case 'CallExpression':
      return readCall(reader, scope, node);
    default:
      throw fault(
        source,
        node,
        'UNSUPPORTED',
        `this kind of expression (${node.name}) is not understood here`,
      );
  }
}

function readName(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const name = textOf(reader.source, node);
  const value = findName(scope, name);
  if (value === null) throw fault(reader.source, node, 'UNDEFINED_NAME', `the name ${name} is not defined`);
  return value;
}

function readItems(reader: Reader, scope: Scope, node: SyntaxNode): Value[] {
  return splitAt(childrenOf(node).slice(1, -1), ',').map((part) => {
    const [item, extra] = part;
    if (item === undefined || extra !== undefined) {
      throw fault(reader.source, node, 'UNSUPPORTED', 'only plain items are understood in a list');
    }
    return readValue(reader, scope, item);
  });
}

function readDictionary(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const entries = splitAt(childrenOf(node).slice(1, -1), ',').map((part): readonly [string, Value] => {
    const [key, colon, value] = part;
    if (key === undefined || colon?.name !== ':' || value === undefined) {
      throw fault(reader.source, node, 'UNSUPPORTED', 'only entries of the form key: value are understood');
    }
    return [readAs(reader, scope, key, toText), readValue(reader, scope, value)];
  });
  return { tag: 'dict', entries };
}

/** Levels of nesting above item `i` of `n` that are joined from the left. */
function chainLevels(i: number, n: number): number {
  return i === 0 ? n - 1 : n - i;
}

function readBoolean(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const alternatives = alternativesOf(node);
  const conditions = alternatives.map((factors, i) =>
    nested(reader, node, chainLevels(i, alternatives.length), () => {
      const parts = factors.map((factor, j) =>
        nested(reader, node, chainLevels(j, factors.length) + factor.nots, () =>
          readFactor(reader, scope, node, factor),
        ),
      );
      return allOf(parts);
    }),
  );
  return exprValue(conditions.reduce(or, FALSE));
}

function readFactor(reader: Reader, scope: Scope, node: SyntaxNode, { nots, operand }: Factor): Expr {
  if (operand === null) throw fault(reader.source, node, 'SYNTAX', 'a condition is incomplete');
  let condition = readAs(reader, scope, operand, toCondition);
  for (let i = 0; i < nots; i++) condition = not(condition);
  return condition;
}

/** An operand of an operator that binds tighter than `not`, which Python wants parenthesised there. */
function readOperand(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  if (isNot(node))
    throw fault(reader.source, node, 'SYNTAX', 'not valid Python: `not` needs parentheses here');
  return readValue(reader, scope, node);
}

function readUnary(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const [operator, operand] = childrenOf(node);
  if (operator === undefined || operand === undefined) {
    throw fault(reader.source, node, 'SYNTAX', 'an operand is missing');
  }
  const symbol = textOf(reader.source, operator);
  const value = readOperand(reader, scope, operand);
  if (symbol === '~') return exprValue(applyInvert(value));
  if (symbol === '+') return value.tag === 'number' ? value : exprValue(toExpr(value));
  if (value.tag === 'number') return numberValue(-value.value, value.isFloat);
  return exprValue(mul(toExpr(value), -1));
}

/** Operator and operands; operators such as `not in` are more than one node and come out as `symbol` too. */
function operandsOf(
  reader: Reader,
  node: SyntaxNode,
): { left: SyntaxNode; symbol: string; right: SyntaxNode } {
  const children = childrenOf(node);
  const [left, right] = [children[0], children[children.length - 1]];
  if (left === undefined || right === undefined || children.length < 3) {
    throw fault(reader.source, node, 'SYNTAX', 'an operand is missing');
  }
  const symbol = children
    .slice(1, -1)
    .map((part) => textOf(reader.source, part))
    .join(' ');
  return { left, symbol, right };
}

function readBinary(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const { left, symbol, right } = operandsOf(reader, node);
  if (COMPARE_SYMBOLS.has(symbol)) return exprValue(readComparison(reader, scope, node).result);
  const a = readOperand(reader, scope, left);
  const b = readOperand(reader, scope, right);
  const value = applyOperator(symbol, a, b);
  if (value === null)
    throw fault(reader.source, node, 'UNSUPPORTED', `operator ${symbol} is not understood here`);
  return value;
}

/** `a < b`, and the chain `a < b < c`, which the grammar nests to the left and Python reads as `a < b and b < c`. */
function readComparison(reader: Reader, scope: Scope, node: SyntaxNode): { result: Expr; last: Value } {
  const { left, symbol, right } = operandsOf(reader, node);
  const op = COMPARE_SYMBOLS.get(symbol);
  if (op === undefined)
    throw fault(reader.source, node, 'UNSUPPORTED', `operator ${symbol} is not understood here`);
  const isChain = left.name === 'BinaryExpression' && isComparison(reader, left);
  const before = isChain ? nested(reader, left, 1, () => readComparison(reader, scope, left)) : null;
  const a = before === null ? readOperand(reader, scope, left) : before.last;
  const b = readOperand(reader, scope, right);
  const own = located(reader.source, node, () => applyCompare(op, a, b));
  return { result: before === null ? own : and(before.result, own), last: b };
}

function isComparison(reader: Reader, node: SyntaxNode): boolean {
  return childrenOf(node).some(
    (child) => child.name === 'CompareOp' && COMPARE_SYMBOLS.has(textOf(reader.source, child)),
  );
}

function readConditional(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const [whenTrue, , condition, , whenFalse] = childrenOf(node);
  if (whenTrue === undefined || condition === undefined || whenFalse === undefined) {
    throw fault(reader.source, node, 'SYNTAX', 'a conditional expression has three parts');
  }
  const a = readValue(reader, scope, whenTrue);
  const test = readValue(reader, scope, condition);
  return exprValue(applyChoice(true, test, a, readValue(reader, scope, whenFalse)));
}

/** `A[i, j]`; the other dotted names stand for nothing by themselves. */
function readMember(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const subscript = subscriptOf(node);
  if (subscript === null) {
    const name = textOf(reader.source, node);
    throw fault(reader.source, node, 'UNSUPPORTED', `${name} is not a value that is understood here`);
  }
  const target = readValue(reader, scope, subscript.object);
  if (target.tag !== 'buffer') {
    throw fault(reader.source, subscript.object, 'BAD_ARGUMENT', 'only buffers are indexed');
  }
  return exprValue(load(target.buffer, readIndices(reader, scope, node)));
}

/** The indices of `A[i, j]`; `A[()]` and `A[(i, j)]` are the same with a tuple. */
export function readIndices(reader: Reader, scope: Scope, node: SyntaxNode): Expr[] {
  const items = subscriptOf(node)?.items ?? [];
  const values = items.map((parts) => {
    const [item, extra] = parts;
    if (item === undefined || extra !== undefined || item.name === ':') {
      throw fault(
        reader.source,
        item ?? node,
        'UNSUPPORTED',
        'slices are understood in T.reads and T.writes only',
      );
    }
    return readValue(reader, scope, item);
  });
  const [only] = values;
  const indices = values.length === 1 && only?.tag === 'tuple' ? only.items : values;
  return indices.map((v) => located(reader.source, node, () => toExpr(v)));
}

/** Python's own functions, by the name of what they mean here. */
const BUILTINS: ReadonlyMap<string, string> = new Map([
  ['min', 'min'],
  ['max', 'max'],
  ['abs', 'abs'],
  ['float', 'python float'],
]);

function readCall(reader: Reader, scope: Scope, node: SyntaxNode): Value {
  const { source } = reader;
  const syntax = callOf(source, node);
  if (syntax === null) throw fault(source, node, 'SYNTAX', 'a call is incomplete');
  const name = functionName(reader, scope, syntax.callee);
  const row = name === null ? undefined : EXPR_FUNCTIONS.get(name);
  if (name !== null && row !== undefined) return callFunction(reader, scope, node, { name, row, syntax });
  if (name === 'python float') {
    const [v] = readArguments(reader, scope, node, { name: 'float', params: ['x'], syntax });
    return numberValue(v?.tag === 'number' ? v.value : namedFloat(toText(v ?? NONE)), true);
  }
  const [object, , property] = childrenOf(syntax.callee);
  if (object !== undefined && property !== undefined && textOf(source, property) === 'astype') {
    const value = readValue(reader, scope, object);
    const [dtype] = readArguments(reader, scope, node, { name: 'astype', params: ['dtype'], syntax });
    return exprValue(convert(toDType(dtype ?? NONE), value));
  }
  throw fault(
    source,
    syntax.callee,
    'UNSUPPORTED',
    `function ${textOf(source, syntax.callee)} is not understood here`,
  );
}

/** The name in TIR's namespace that a callee means. */
function functionName(reader: Reader, scope: Scope, callee: SyntaxNode): string | null {
  const name = tirName(reader, scope, callee);
  if (name !== null || callee.name !== 'VariableName') return name;
  const plain = textOf(reader.source, callee);
  if (findName(scope, plain) !== null) return null;
  return BUILTINS.get(plain) ?? null;
}

interface NamedCall {
  readonly name: string;
  readonly params: readonly string[];
  readonly syntax: CallSyntax;
}

/** The values of all parameters. @throws InputError when one is missing. */
function readArguments(reader: Reader, scope: Scope, node: SyntaxNode, what: NamedCall): Value[] {
  const nodes = bindArguments(reader.source, what.name, what.params, what.syntax);
  return nodes.map((argument, i) => {
    if (argument !== undefined) return readValue(reader, scope, argument);
    throw fault(reader.source, node, 'BAD_ARGUMENT', `${what.name} needs the argument ${at(what.params, i)}`);
  });
}

interface FunctionCall {
  readonly name: string;
  readonly row: ExprFunction;
  readonly syntax: CallSyntax;
}

function callFunction(reader: Reader, scope: Scope, node: SyntaxNode, what: FunctionCall): Value {
  const { name, row, syntax } = what;
  if (row.params === 'rest') return exprValue(row.build(readRest(reader, scope, what)));
  // Older texts state the type of a result, which follows from the operands.
  const keywords = new Map(syntax.keywords);
  const stated = row.params.includes('dtype') ? undefined : keywords.get('dtype');
  if (stated !== undefined) keywords.delete('dtype');
  const named: NamedCall = { name, params: row.params, syntax: { ...syntax, keywords } };
  const result = row.build(readArguments(reader, scope, node, named));
  if (stated !== undefined && readAs(reader, scope, stated, toDType) !== result.dtype) {
    throw fault(reader.source, stated, 'DTYPE_MISMATCH', `the result of ${name} is a ${result.dtype}`);
  }
  return exprValue(result);
}

/** Any number of values that will be joined into a chain. */
function readRest(reader: Reader, scope: Scope, { name, syntax }: FunctionCall): Value[] {
  const [keyword] = syntax.keywords.values();
  if (keyword !== undefined)
    throw fault(reader.source, keyword, 'BAD_ARGUMENT', `${name} takes no named arguments`);
  return syntax.positional.map((argument, i) =>
    nested(reader, argument, chainLevels(i, syntax.positional.length), () =>
      readValue(reader, scope, argument),
    ),
  );
}
