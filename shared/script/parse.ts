/**
 * @file TVMScript to TensorIR. The text is Python, but nothing of it is run: what is not TVMScript is refused where it
 * matters and passed over where it does not, such as imports and code beside the functions.
 *
 * Errors are `InputError`s with a code `SCRIPT_…`, line, column and the text at fault. What comes out is well typed;
 * whether its indices stay in bounds and its regions are right is for `verifyFunc` to say.
 */
import type { SyntaxNode } from '@lezer/common';
import { irModule } from '../ir/build-stmt.js';
import type { IRModule, PrimFunc } from '../ir/prim-func.js';
import { InputError } from '../support/errors.js';
import { assignOf } from './read-assign.js';
import { readValue } from './read-expr.js';
import { readFunction } from './read-func.js';
import { targetNames } from './read-loop.js';
import { childScope, createReader, type Reader, type Scope } from './reader.js';
import { childrenOf, dottedName, fault, parseSyntax, placeOf, textOf } from './syntax.js';
import type { Value } from './value.js';

/** Everything that the top level of a script gives. */
interface Program {
  readonly reader: Reader;
  readonly functions: PrimFunc[];
  hasModule: boolean;
}

/**
 * The functions of a script, in order; those of a module class and those beside it alike.
 * @throws InputError `SCRIPT_…` with its place, at the first fault.
 */
export function parseScript(text: string): IRModule {
  const source = parseSyntax(text);
  const program: Program = { reader: createReader(source), functions: [], hasModule: false };
  const scope = childScope(null);
  for (const node of childrenOf(source.tree.topNode)) readTopLevel(program, scope, node);
  if (program.functions.length === 0 && !program.hasModule) {
    const message = 'there is no function decorated with @T.prim_func in the script';
    throw new InputError('SCRIPT_EMPTY', message, placeOf(source.text, 0, source.text.length));
  }
  return irModule(program.functions);
}

function readTopLevel(program: Program, scope: Scope, node: SyntaxNode): void {
  switch (node.name) {
    case 'ImportStatement':
      readImport(program.reader, node);
      return;
    case 'AssignStatement':
      readConstants(program.reader, scope, node);
      return;
    case 'StatementGroup':
      for (const child of childrenOf(node)) readTopLevel(program, scope, child);
      return;
    case 'DecoratedStatement':
      readDecorated(program, scope, node);
      return;
    default:
    // Code beside the functions, such as a call that prints the module, is none of the program.
  }
}

const TIR_MODULES: ReadonlySet<string> = new Set(['tir', 'tirx', 's_tir']);

/** Notes what the script calls TIR's namespace. */
function readImport(reader: Reader, node: SyntaxNode): void {
  const names = childrenOf(node).filter((child) => child.name === 'VariableName' || child.name === 'as');
  for (const [i, child] of names.entries()) {
    if (!TIR_MODULES.has(textOf(reader.source, child))) continue;
    const alias = names[i + 1]?.name === 'as' ? names[i + 2] : child;
    if (alias !== undefined) reader.namespaces.add(textOf(reader.source, alias));
  }
}

/** Keeps the constants that functions may use; what only Python could compute is refused where it is used. */
function readConstants(reader: Reader, scope: Scope, node: SyntaxNode): void {
  const children = childrenOf(node);
  const targets = children.slice(
    0,
    children.findIndex((child) => child.name === 'AssignOp'),
  );
  for (const target of targets) {
    if (target.name === 'VariableName') scope.names.set(textOf(reader.source, target), { tag: 'opaque' });
  }
  try {
    const { targets: plain, values } = assignOf(reader, node);
    const names = targetNames(reader, plain);
    const read = values.map((value) => readValue(reader, scope, value));
    const [first] = read;
    const given: readonly Value[] =
      names.length > 1 && read.length === 1 && first?.tag === 'tuple' ? first.items : read;
    if (given.length !== names.length) return;
    for (const [i, value] of given.entries()) scope.names.set(names[i] ?? '', value);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
}

/** The last part of each decorator's name: `prim_func` of `@T.prim_func(private=True)`. */
function decoratorsOf(reader: Reader, node: SyntaxNode): string[] {
  return childrenOf(node)
    .filter((child) => child.name === 'Decorator')
    .map((decorator) => {
      const parts = childrenOf(decorator).filter((part) => part.name !== 'At' && part.name !== 'ArgList');
      const [only] = parts;
      const dotted = parts.length === 1 && only !== undefined ? dottedName(reader.source, only) : null;
      const last = parts[parts.length - 1];
      return dotted?.[dotted.length - 1] ?? (last === undefined ? '' : textOf(reader.source, last));
    });
}

function readDecorated(program: Program, scope: Scope, node: SyntaxNode): void {
  const { reader } = program;
  const decorators = decoratorsOf(reader, node);
  const children = childrenOf(node);
  const definition = children[children.length - 1];
  if (definition?.name === 'FunctionDefinition' && decorators.includes('prim_func')) {
    addFunction(program, scope, definition);
  } else if (definition?.name === 'ClassDefinition' && decorators.includes('ir_module')) {
    program.hasModule = true;
    readModule(program, scope, definition);
  } else {
    const message = `the decorator ${decorators.join(', ')} is not understood; functions are @T.prim_func, modules @I.ir_module`;
    throw fault(reader.source, node, 'UNSUPPORTED', message);
  }
}

function addFunction(program: Program, scope: Scope, definition: SyntaxNode): void {
  const f = readFunction(program.reader, scope, definition);
  if (program.functions.some((other) => other.name === f.name)) {
    throw fault(program.reader.source, definition, 'DUPLICATE_NAME', `two functions are named ${f.name}`);
  }
  program.functions.push(f);
}

function readModule(program: Program, globals: Scope, definition: SyntaxNode): void {
  const { reader } = program;
  const scope = childScope(globals);
  const body = childrenOf(definition).find((child) => child.name === 'Body');
  for (const node of body === undefined ? [] : childrenOf(body)) {
    switch (node.name) {
      case ':':
      case 'PassStatement':
      case 'ExpressionStatement': // docstrings, and the module's attributes
        break;
      case 'AssignStatement':
        readConstants(reader, scope, node);
        break;
      case 'DecoratedStatement':
        readDecorated(program, scope, node);
        break;
      default:
        throw fault(
          reader.source,
          node,
          'UNSUPPORTED',
          'a module holds functions decorated with @T.prim_func',
        );
    }
  }
}
