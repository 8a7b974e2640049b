/** @file Index maps as text, in Python's syntax as TVM prints them: `lambda i0, i1: (i0 // 16, i1, i0 % 16,)`. */
import { createIndexMap, type IndexMap } from '../arith/index-map.js';
import { binary, int, sub, variable } from '../ir/build.js';
import type { BinaryOp, Expr, Var } from '../ir/expr.js';
import { InputError } from '../support/errors.js';
import { createNames } from './names.js';
import { exprText } from './print-expr.js';

export function printIndexMap({ inputs, outputs }: IndexMap): string {
  const names = createNames();
  const parameters = inputs.map((v) => names.of(v)).join(', ');
  return `lambda ${parameters}: (${outputs.map((output) => `${exprText(output, names)},`).join(' ')})`;
}

/** Longer texts are no layouts; it bounds the depth of the reader as well. */
const MAX_LENGTH = 2000;

const TOKEN = /\s*(\/\/|[A-Za-z_]\w*|\d+|[-+*%(),:[\]])/y;

function tokensOf(text: string): string[] {
  if (text.length > MAX_LENGTH) throw malformed(`it is longer than ${MAX_LENGTH} characters`);
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.trimEnd().length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (match?.[1] === undefined) throw malformed(`"${text.slice(at, at + 10)}" is no part of one`);
    tokens.push(match[1]);
  }
  return tokens;
}

const malformed = (what: string): InputError =>
  new InputError('INDEX_MAP_MALFORMED', `not an index map: ${what}`);

const SUMS: ReadonlyMap<string, BinaryOp> = new Map([
  ['+', 'add'],
  ['-', 'sub'],
]);
const PRODUCTS: ReadonlyMap<string, BinaryOp> = new Map([
  ['*', 'mul'],
  ['//', 'floordiv'],
  ['%', 'floormod'],
]);

const CLOSING: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
]);

/**
 * Reads an index map: its outputs are integer expressions of its inputs, in a tuple or a list.
 *
 * @throws InputError `INDEX_MAP_MALFORMED`, `BAD_LITERAL`.
 */
export function parseIndexMap(text: string): IndexMap {
  const tokens = tokensOf(text);
  const inputs = new Map<string, Var>();
  let next = 0;
  const accept = (token: string): boolean => {
    if (tokens[next] !== token) return false;
    next++;
    return true;
  };
  const expect = (token: string): void => {
    if (!accept(token)) throw malformed(`"${tokens[next] ?? 'the end'}" stands where ${token} should`);
  };

  const operand = (): Expr => {
    const token = tokens[next++] ?? 'the end';
    if (token === '-') return sub(int(0), operand());
    if (token === '(') {
      const inner = sum();
      expect(')');
      return inner;
    }
    if (/^\d/.test(token)) return int(Number(token));
    const v = inputs.get(token);
    if (v === undefined) throw malformed(`"${token}" is no index`);
    return v;
  };
  const chain = (operators: ReadonlyMap<string, BinaryOp>, part: () => Expr): Expr => {
    let left = part();
    for (
      let op = operators.get(tokens[next] ?? '');
      op !== undefined;
      op = operators.get(tokens[next] ?? '')
    ) {
      next++;
      left = binary(op, left, part());
    }
    return left;
  };
  const sum = (): Expr => chain(SUMS, () => chain(PRODUCTS, operand));

  expect('lambda');
  do {
    const name = tokens[next++] ?? '';
    if (!/^[A-Za-z_]/.test(name) || inputs.has(name)) throw malformed(`"${name}" cannot name an index`);
    inputs.set(name, variable(name));
  } while (accept(','));
  expect(':');
  const closing = CLOSING.get(tokens[next++] ?? '');
  if (closing === undefined) throw malformed('its outputs are no tuple');
  const outputs: Expr[] = [];
  do {
    if (tokens[next] === closing) break;
    outputs.push(sum());
  } while (accept(','));
  expect(closing);
  if (next !== tokens.length) throw malformed(`"${tokens[next] ?? ''}" follows its end`);
  return createIndexMap([...inputs.values()], outputs);
}
