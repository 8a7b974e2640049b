/** @file Reads the statements that hold others: bodies, loops, conditions and blocks. */
import type { SyntaxNode } from '@lezer/common';
import { TRUE, variable } from '../ir/build.js';
import {
  block,
  blockRealize,
  evaluate,
  forLoop,
  ifStmt,
  letStmt,
  ROOT_BLOCK,
  seq,
} from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { Stmt } from '../ir/stmt.js';
import { createFrame, declare, tirCall, type Context, type TirCall } from './frame.js';
import { inferRegions } from '../arith/infer-regions.js';
import { uniqueName } from './names.js';
import { readAssign, readUpdate, type Binding } from './read-binding.js';
import { readAs } from './read-expr.js';
import { readLoopHeads, targetNames, type LoopHead } from './read-loop.js';
import { childScope, deepen, nested } from './reader.js';
import { bindArguments, childrenOf, fault, lineOf, splitAt, textOf } from './syntax.js';
import { exprValue, toCondition, toExpr, toText } from './value.js';

type Item = Stmt | Binding;

/** The statements of an indented body, in a scope of their own. */
export function readBody(outer: Context, body: SyntaxNode): Stmt {
  return nested(outer.reader, body, 1, () => {
    const cx: Context = { ...outer, scope: childScope(outer.scope) };
    const statements = childrenOf(body).flatMap((node) =>
      node.name === 'StatementGroup' ? childrenOf(node) : [node],
    );
    const items = statements.flatMap((node) => readStatement(cx, node));
    return assemble(items);
  });
}

/** Puts what follows a binding inside of it. */
function assemble(items: readonly Item[]): Stmt {
  let following: Stmt[] = [];
  for (const item of items.toReversed()) {
    if (item.kind === 'Binding') following = [letStmt(item.var, item.value, seq(following.toReversed()))];
    else following.push(item);
  }
  return seq(following.toReversed());
}

function readStatement(cx: Context, node: SyntaxNode): Item[] {
  const { source } = cx.reader;
  switch (node.name) {
    case ':':
    case ';':
    case 'PassStatement':
      return [];
    case 'AssignStatement':
      return readAssign(cx, node);
    case 'UpdateStatement':
      return [readUpdate(cx, node)];
    case 'ForStatement':
      return [readFor(cx, node)];
    case 'IfStatement':
      return [readIf(cx, node)];
    case 'WithStatement':
      return readWith(cx, node);
    case 'ExpressionStatement':
      return readExpressionStatement(cx, node);
    default: {
      const [first] = childrenOf(node);
      throw fault(
        source,
        node,
        'UNSUPPORTED',
        `${textOf(source, first ?? node)} statements are not understood here`,
      );
    }
  }
}

function readExpressionStatement(cx: Context, node: SyntaxNode): Item[] {
  const { source } = cx.reader;
  const [expression] = childrenOf(node);
  if (expression === undefined || expression.name === 'String' || expression.name === 'ContinuedString')
    return [];
  const call = tirCall(cx, expression);
  if (call !== null && declare(cx, call)) return [];
  if (call?.name === 'evaluate') {
    const [value] = bindArguments(source, 'T.evaluate', ['value'], call.syntax);
    if (value === undefined) throw fault(source, node, 'BAD_ARGUMENT', 'T.evaluate needs a value');
    return [evaluate(readAs(cx.reader, cx.scope, value, toExpr))];
  }
  const what = call === null ? textOf(source, expression).slice(0, 40) : `T.${call.name}`;
  throw fault(source, node, 'UNSUPPORTED', `${what} is not a statement that is understood here`);
}

function readFor(cx: Context, node: SyntaxNode): Stmt {
  const { reader } = cx;
  const children = childrenOf(node);
  const body = children.find((child) => child.name === 'Body');
  const heads = readLoopHeads(reader, cx.scope, node);
  if (body === undefined || children.some((child) => child.name === 'else')) {
    throw fault(reader.source, node, 'UNSUPPORTED', 'a loop has one body and no else');
  }
  const scope = childScope(cx.scope);
  const loops = heads.map((head): readonly [LoopHead, Var] => {
    const v = variable(head.name, head.range.extent.dtype);
    scope.names.set(head.name, exprValue(v));
    reader.loops.set(v, head.range);
    return [head, v];
  });
  return nested(reader, node, loops.length, () => {
    const inside = readBody({ ...cx, scope, isDirect: false }, body);
    return loops.reduceRight<Stmt>((stmt, [head, v]) => {
      const { min, extent } = head.range;
      return forLoop(v, extent, stmt, { min, ...head });
    }, inside);
  });
}

function readIf(cx: Context, node: SyntaxNode): Stmt {
  const { reader } = cx;
  const inner: Context = { ...cx, isDirect: false };
  const branches: (readonly [Expr, Stmt])[] = [];
  let otherwise: Stmt | null = null;
  let condition: Expr | null = null;
  return nested(reader, node, 0, () => {
    for (const child of childrenOf(node)) {
      if (child.name === 'if' || child.name === 'elif' || child.name === 'else') condition = null;
      else if (child.name !== 'Body') condition = readAs(reader, cx.scope, child, toCondition);
      else if (condition === null) otherwise = readBody(inner, child);
      else {
        // Each `elif` stands in the `else` of the one before.
        deepen(reader, child);
        branches.push([condition, readBody(inner, child)]);
      }
    }
    const [last] = branches.slice(-1);
    if (last === undefined) throw fault(reader.source, node, 'SYNTAX', 'the condition is incomplete');
    const innermost = ifStmt(last[0], last[1], otherwise);
    return branches
      .slice(0, -1)
      .reduceRight<Stmt>((rest, [test, then]) => ifStmt(test, then, rest), innermost);
  });
}

function readWith(cx: Context, node: SyntaxNode): Item[] {
  const children = childrenOf(node);
  const body = children.find((child) => child.name === 'Body');
  const [item, second] = splitAt(children.slice(1, -1), ',');
  if (body === undefined || item === undefined || second !== undefined || children[0]?.name !== 'with') {
    throw fault(cx.reader.source, node, 'UNSUPPORTED', 'a with statement has one item');
  }
  const [subject, , alias] = item;
  const call = subject === undefined ? null : tirCall(cx, subject);
  if (call?.name === 'block') return [readBlock(cx, call, body)];
  if (call?.name === 'init') {
    readInit(cx, call, body);
    return [];
  }
  if (call?.name === 'LetStmt' && alias !== undefined) return [readLetBody(cx, call, alias, body)];
  throw fault(
    cx.reader.source,
    node,
    'UNSUPPORTED',
    'with statements are T.block, T.init, or T.LetStmt(…) as a name',
  );
}

function readInit(cx: Context, call: TirCall, body: SyntaxNode): void {
  const { source } = cx.reader;
  if (!cx.isDirect || cx.frame.kind !== 'block') {
    throw fault(source, call.node, 'MISPLACED', 'T.init stands directly in a block');
  }
  if (cx.frame.init !== null) throw fault(source, call.node, 'REPEATED', 'the block has two T.init');
  bindArguments(source, 'T.init', [], call.syntax);
  cx.frame.init = readBody({ ...cx, isDirect: false }, body);
}

/** `with T.LetStmt(value) as v:` binds `v` in its body only. */
function readLetBody(cx: Context, call: TirCall, alias: SyntaxNode, body: SyntaxNode): Stmt {
  const { reader } = cx;
  const [node] = bindArguments(reader.source, 'T.LetStmt', ['value'], call.syntax);
  if (node === undefined) throw fault(reader.source, call.node, 'BAD_ARGUMENT', 'T.LetStmt needs a value');
  const value = readAs(reader, cx.scope, node, toExpr);
  const [name = ''] = targetNames(reader, [alias]);
  const v = variable(name, value.dtype);
  const scope = childScope(cx.scope);
  scope.names.set(name, exprValue(v));
  return letStmt(v, value, readBody({ ...cx, scope, isDirect: false }, body));
}

function readBlock(cx: Context, call: TirCall, body: SyntaxNode): Stmt {
  const { reader } = cx;
  const name = blockName(cx, call);
  const frame = createFrame('block');
  return nested(reader, call.node, 1, () => {
    const stmt = readBody({ ...cx, frame, isDirect: true }, body);
    const needsRegions = name !== ROOT_BLOCK && (frame.reads === null || frame.writes === null);
    const inferred = needsRegions
      ? inferRegions({ init: frame.init, body: stmt })
      : { reads: [], writes: [] };
    const { iterVars, allocBuffers, annotations, init } = frame;
    const own = (regions: typeof inferred.reads): typeof regions =>
      regions.filter((r) => !allocBuffers.includes(r.buffer));
    const reads = frame.reads ?? own(inferred.reads);
    const writes = frame.writes ?? own(inferred.writes);
    const made = block(name, { iterVars, reads, writes, allocBuffers, annotations, init, body: stmt });
    return blockRealize(frame.iterValues, made, frame.predicate ?? TRUE);
  });
}

/** The block's name, its own among the blocks of the function. */
function blockName(cx: Context, call: TirCall): string {
  const { reader, func } = cx;
  const [node] = bindArguments(reader.source, 'T.block', ['name'], call.syntax);
  const name = node === undefined ? '' : readAs(reader, cx.scope, node, toText);
  if (name === '') return uniqueName('block', func.taken);
  const earlier = func.blocks.get(name);
  if (earlier !== undefined) {
    const message = `block ${name} is already defined on line ${lineOf(reader.source, earlier)}; names of blocks are unique in a function`;
    throw fault(reader.source, call.node, 'DUPLICATE_BLOCK', message);
  }
  func.blocks.set(name, call.node.from);
  return name;
}
