/** @file Reads functions: parameters, body, and the root block that a body has whether it is written or not. */
import type { SyntaxNode } from '@lezer/common';
import type { Buffer } from '../ir/buffer.js';
import { isConst } from '../ir/build.js';
import { block, primFunc, ROOT_BLOCK } from '../ir/build-stmt.js';
import { isDType } from '../ir/dtype.js';
import type { PrimFunc } from '../ir/prim-func.js';
import type { Block, Stmt } from '../ir/stmt.js';
import { InputError } from '../support/errors.js';
import { createFrame, type Context, type FuncState } from './frame.js';
import { readBuffer } from './read-assign.js';
import { readBody } from './read-stmt.js';
import { childScope, tirName, type Reader, type Scope } from './reader.js';
import {
  callOf,
  childrenOf,
  fault,
  placeOf,
  splitAt,
  subscriptOf,
  textOf,
  type CallSyntax,
} from './syntax.js';

/** The function of a `def` statement. @throws InputError at its first fault. */
export function readFunction(reader: Reader, globals: Scope, node: SyntaxNode): PrimFunc {
  const { source } = reader;
  const children = childrenOf(node);
  const [def, nameNode] = children;
  const paramList = children.find((child) => child.name === 'ParamList');
  const body = children.find((child) => child.name === 'Body');
  if (def?.name !== 'def' || nameNode === undefined || paramList === undefined || body === undefined) {
    throw fault(source, node, 'UNSUPPORTED', 'this kind of function is not understood');
  }
  const func: FuncState = { blocks: new Map(), taken: stringsIn(reader, body), params: [], attrs: {} };
  const scope = childScope(globals);
  const paramNodes = splitAt(childrenOf(paramList).slice(1, -1), ',');
  for (const parts of paramNodes) readParam(reader, scope, func, parts);
  const cx: Context = { reader, func, scope, frame: createFrame('func'), isDirect: true };
  const stmt = readBody(cx, body);
  const params = func.params.map((param, i): Buffer => {
    if (param !== null) return param;
    throw fault(
      source,
      paramNodes[i]?.[0] ?? paramList,
      'BAD_PARAMETER',
      'this parameter has no T.match_buffer',
    );
  });
  const root = rootOf(cx, stmt);
  return { ...primFunc(textOf(source, nameNode), { params, body: root.body, attrs: func.attrs }), root };
}

/** Every string in a body, so that no unnamed block gets the name of a block further down. */
function stringsIn(reader: Reader, body: SyntaxNode): Set<string> {
  const strings = new Set<string>();
  reader.source.tree.iterate({
    from: body.from,
    to: body.to,
    enter: (node) => {
      if (node.name === 'String') strings.add(reader.source.text.slice(node.from + 1, node.to - 1));
    },
  });
  return strings;
}

/** `A: T.Buffer((4, 4), "float32")`, the older `T.Buffer[(4, 4), "float32"]`, or `a: T.handle`. */
function readParam(reader: Reader, scope: Scope, func: FuncState, parts: readonly SyntaxNode[]): void {
  const { source } = reader;
  const [nameNode, typeDef, extra] = parts;
  const type = typeDef?.name === 'TypeDef' ? childrenOf(typeDef)[1] : undefined;
  if (nameNode?.name !== 'VariableName' || type === undefined || extra !== undefined) {
    const node = nameNode ?? typeDef;
    const message = 'a parameter has a name and a type, T.Buffer(shape, dtype) or T.handle';
    if (node === undefined) throw new InputError('SCRIPT_BAD_PARAMETER', message, placeOf(source.text, 0, 0));
    throw fault(source, node, 'BAD_PARAMETER', message);
  }
  const name = textOf(source, nameNode);
  if (scope.names.has(name))
    throw fault(source, nameNode, 'BAD_PARAMETER', `two parameters are named ${name}`);
  const param = readParamBuffer(reader, scope, name, type);
  scope.names.set(
    name,
    param === null ? { tag: 'handle', param: func.params.length } : { tag: 'buffer', buffer: param },
  );
  func.params.push(param);
}

/** The buffer that a parameter's type describes, `null` for a handle. */
function readParamBuffer(reader: Reader, scope: Scope, name: string, type: SyntaxNode): Buffer | null {
  const { source } = reader;
  const call = callOf(source, type);
  const subscript = subscriptOf(type);
  const typeName = tirName(reader, scope, call?.callee ?? subscript?.object ?? type);
  if (typeName === 'handle') return null;
  if (typeName === 'Buffer') {
    const syntax: CallSyntax | null =
      subscript === null
        ? call
        : { callee: subscript.object, positional: subscript.items.flat(), keywords: new Map() };
    if (syntax !== null) return readBuffer(reader, scope, name, { node: type, what: 'T.Buffer', syntax });
  }
  if (typeName !== null && isDType(typeName)) {
    const message = `${name} is a scalar: shapes must be numbers, and every parameter is a buffer`;
    throw fault(source, type, 'SYMBOLIC_SHAPE', message);
  }
  throw fault(
    source,
    type,
    'BAD_PARAMETER',
    `a parameter is a T.Buffer(shape, dtype) or a T.handle, not ${textOf(source, type)}`,
  );
}

/** The block that the whole body is: the one written as `root`, or else the implicit one. */
function rootOf(cx: Context, stmt: Stmt): Block {
  const { frame, func, reader } = cx;
  const written = func.blocks.get(ROOT_BLOCK);
  if (written === undefined) return block(ROOT_BLOCK, { allocBuffers: frame.allocBuffers, body: stmt });
  const isRoot = stmt.kind === 'BlockRealize' && stmt.block.name === ROOT_BLOCK;
  if (isRoot && stmt.block.iterVars.length === 0 && isConst(stmt.predicate, 1)) {
    return block(ROOT_BLOCK, {
      ...stmt.block,
      allocBuffers: [...frame.allocBuffers, ...stmt.block.allocBuffers],
    });
  }
  const message = `only the outermost block of a function can be named ${ROOT_BLOCK}, without iterators or a predicate`;
  throw new InputError(
    'SCRIPT_MISPLACED',
    message,
    placeOf(reader.source.text, written, reader.source.text.length),
  );
}
