/**
 * @file From text to Python's syntax tree, the limits on the text, and errors that know their place in it.
 *
 * The tree is read strictly: the first thing that is not Python ends it. Positions are offsets in UTF-16 units.
 */
import type { SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@lezer/python';
import { at, InputError, type Place } from '../support/errors.js';

/** Longest text, in UTF-16 units. */
export const MAX_SCRIPT_LENGTH = 2 ** 20;

/** Deepest nesting of the program that the text describes: loops, blocks, bindings and expressions together. */
export const MAX_SCRIPT_DEPTH = 64;

/** Deepest nesting of brackets; higher, since a level of the program may take two of them. */
export const MAX_BRACKET_DEPTH = 2 * MAX_SCRIPT_DEPTH;

export interface Source {
  readonly text: string;
  readonly tree: Tree;
}

const strictParser = parser.configure({ strict: true });

/** @throws InputError `SCRIPT_TOO_LONG`, `SCRIPT_TOO_DEEP`, `SCRIPT_SYNTAX`. */
export function parseSyntax(script: string): Source {
  if (script.length > MAX_SCRIPT_LENGTH) {
    const message = `the script has ${script.length} characters; at most ${MAX_SCRIPT_LENGTH} are allowed`;
    throw new InputError('SCRIPT_TOO_LONG', message, { line: 1, column: 1, text: '' });
  }
  const text = script.startsWith('\uFEFF') ? script.slice(1) : script;
  checkBrackets(text);
  const parse = strictParser.startParse(text);
  for (;;) {
    try {
      const tree = parse.advance();
      if (tree !== null) return { text, tree };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw syntaxFault(text, parse.parsedPos);
    }
  }
}

function syntaxFault(text: string, parsedTo: number): InputError {
  // At the end of the text the fault is where the last line stops, not on the empty line below it.
  const offset = Math.min(parsedTo, text.trimEnd().length);
  const rest = /^[ \t]*(\w+|[^\w\s]|)/.exec(text.slice(offset, offset + 200));
  const token = rest?.[1] ?? '';
  const found = token === '' ? 'the line ends too early' : `unexpected ${token}`;
  return new InputError('SCRIPT_SYNTAX', `not valid Python: ${found}`, placeOf(text, offset, text.length));
}

/** The grammar's own limit on nesting would show as a syntax error; this says what is wrong. */
function checkBrackets(text: string): void {
  let depth = 0;
  for (let i = 0; i < text.length;) {
    const char = text.charAt(i);
    if (char === '#') i = endOfLine(text, i);
    else if (char === '"' || char === "'") i = endOfString(text, i);
    else {
      if ('([{'.includes(char)) depth++;
      else if (')]}'.includes(char)) depth = Math.max(0, depth - 1);
      if (depth > MAX_BRACKET_DEPTH) {
        const message = `brackets are nested more than ${MAX_BRACKET_DEPTH} deep`;
        throw new InputError('SCRIPT_TOO_DEEP', message, placeOf(text, i, i + 1));
      }
      i++;
    }
  }
}

function endOfLine(text: string, from: number): number {
  let i = from;
  while (i < text.length && text.charAt(i) !== '\n' && text.charAt(i) !== '\r') i++;
  return i;
}

function endOfString(text: string, from: number): number {
  const char = text.charAt(from);
  const isLong = text.startsWith(char.repeat(3), from);
  const quote = isLong ? char.repeat(3) : char;
  let i = from + quote.length;
  while (i < text.length && !text.startsWith(quote, i)) {
    if (!isLong && text.charAt(i) === '\n') return i;
    i += text.charAt(i) === '\\' ? 2 : 1;
  }
  return i + quote.length;
}

const LINE_END = /\r\n|\n|\r/g;
const MAX_EXCERPT = 120;

/** Line and column of an offset, with the text from there up to `to` or the end of the line; at its end, the line. */
export function placeOf(text: string, from: number, to: number): Place {
  const before = text.slice(0, from).split(LINE_END);
  const start = at(before, before.length - 1);
  const excerpt = firstLine(text.slice(from, to));
  const shown = excerpt === '' ? `${start}${firstLine(text.slice(from))}`.trim() : excerpt;
  return { line: before.length, column: start.length + 1, text: shown.slice(0, MAX_EXCERPT) };
}

function firstLine(text: string): string {
  return at(text.split(LINE_END, 1), 0).trim();
}

export function lineOf(source: Source, offset: number): number {
  return source.text.slice(0, offset).split(LINE_END).length;
}

/** The error `SCRIPT_<code>` at `node`. */
export function fault(source: Source, node: SyntaxNode, code: string, message: string): InputError {
  return new InputError(`SCRIPT_${code}`, message, placeOf(source.text, node.from, node.to));
}

/** Runs `f`; a refusal in it that does not know its place yet is one of `node`. */
export function located<T>(source: Source, node: SyntaxNode, f: () => T): T {
  try {
    return f();
  } catch (error) {
    if (error instanceof InputError && error.place.line === undefined) {
      throw fault(source, node, error.code, error.message);
    }
    throw error;
  }
}

export function textOf(source: Source, node: SyntaxNode): string {
  return source.text.slice(node.from, node.to);
}

/** The children of `node` without comments. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment') children.push(child);
  }
  return children;
}

/** Splits nodes at those named `separator`; a separator at the end adds nothing. */
export function splitAt(nodes: readonly SyntaxNode[], separator: string): SyntaxNode[][] {
  const parts: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) parts.push([]);
    else at(parts, parts.length - 1).push(node);
  }
  if (at(parts, parts.length - 1).length === 0) parts.pop();
  return parts;
}

/** The expression inside any number of parentheses. */
export function unwrap(node: SyntaxNode): SyntaxNode {
  let inner = node;
  while (inner.name === 'ParenthesizedExpression') {
    const child = childrenOf(inner)[1];
    if (child === undefined) return inner;
    inner = child;
  }
  return inner;
}

/** `['T', 'axis', 'remap']` for `T.axis.remap`, `null` for anything that is not a dotted name. */
export function dottedName(source: Source, node: SyntaxNode): string[] | null {
  const parts: string[] = [];
  let current = node;
  while (current.name === 'MemberExpression') {
    const [object, dot, property] = childrenOf(current);
    if (object === undefined || dot?.name !== '.' || property === undefined) return null;
    parts.push(textOf(source, property));
    current = object;
  }
  if (current.name !== 'VariableName') return null;
  return [...parts, textOf(source, current)].toReversed();
}

/** `object[items]`, with the items between the commas; `null` for anything else. */
export function subscriptOf(node: SyntaxNode): { object: SyntaxNode; items: SyntaxNode[][] } | null {
  if (node.name !== 'MemberExpression') return null;
  const [object, open, ...rest] = childrenOf(node);
  if (object === undefined || open?.name !== '[') return null;
  return { object, items: splitAt(rest.slice(0, -1), ',') };
}

export interface CallSyntax {
  readonly callee: SyntaxNode;
  readonly positional: readonly SyntaxNode[];
  readonly keywords: ReadonlyMap<string, SyntaxNode>;
}

/** A call's parts, `null` for anything else. @throws InputError for `*` and `**` arguments and repeated keywords. */
export function callOf(source: Source, node: SyntaxNode): CallSyntax | null {
  const [callee, list] = childrenOf(node);
  if (node.name !== 'CallExpression' || callee === undefined || list === undefined) return null;
  const positional: SyntaxNode[] = [];
  const keywords = new Map<string, SyntaxNode>();
  for (const part of splitAt(childrenOf(list).slice(1, -1), ',')) {
    const [first, assign, value] = part;
    if (first === undefined) throw fault(source, list, 'SYNTAX', 'an argument is missing between commas');
    if (part.length === 1 && keywords.size === 0) positional.push(first);
    else if (
      part.length === 3 &&
      assign?.name === 'AssignOp' &&
      value !== undefined &&
      first.name === 'VariableName'
    ) {
      const name = textOf(source, first);
      if (keywords.has(name)) throw fault(source, first, 'BAD_ARGUMENT', `argument ${name} is given twice`);
      keywords.set(name, value);
    } else throw fault(source, first, 'UNSUPPORTED', 'only plain and named arguments are understood here');
  }
  return { callee, positional, keywords };
}

/** Arguments in the order of `params`; `undefined` where one is left out. */
export function bindArguments(
  source: Source,
  what: string,
  params: readonly string[],
  call: CallSyntax,
): (SyntaxNode | undefined)[] {
  const extra = call.positional[params.length];
  if (extra !== undefined) {
    throw fault(
      source,
      extra,
      'BAD_ARGUMENT',
      `${what} takes ${params.length} argument(s): ${params.join(', ')}`,
    );
  }
  for (const [name, node] of call.keywords) {
    const index = params.indexOf(name);
    if (index < 0) throw fault(source, node, 'BAD_ARGUMENT', `${what} has no argument ${name}`);
    if (index < call.positional.length)
      throw fault(source, node, 'BAD_ARGUMENT', `argument ${name} is given twice`);
  }
  return params.map((name, i) => call.positional[i] ?? call.keywords.get(name));
}
