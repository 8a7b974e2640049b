/** @file Python's string literals. */
import { InputError } from '../support/errors.js';

const SIMPLE_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\n': '',
  '\r\n': '',
  '\r': '',
};

const ESCAPE = /\\(\r\n|[0-7]{1,3}|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[^])/g;

/** The value of a string literal given with its prefix and quotes. @throws InputError `BAD_STRING`. */
export function unquote(literal: string): string {
  const match = /^([A-Za-z]*)("""|'''|"|')([^]*)\2$/.exec(literal);
  if (match === null) throw new InputError('BAD_STRING', 'the string is not closed');
  const [, prefix = '', , body = ''] = match;
  if (!/^[ru]?$/i.test(prefix))
    throw new InputError('BAD_STRING', `strings with the prefix ${prefix} are not understood`);
  return prefix.toLowerCase() === 'r' ? body : body.replaceAll(ESCAPE, unescapeOne);
}

function unescapeOne(whole: string, escape: string): string {
  const simple = Object.hasOwn(SIMPLE_ESCAPES, escape) ? SIMPLE_ESCAPES[escape] : undefined;
  if (simple !== undefined) return simple;
  if (/^[0-7]/.test(escape)) return String.fromCodePoint(Number.parseInt(escape, 8));
  if (!/^[xuU]./.test(escape)) return whole;
  const code = Number.parseInt(escape.slice(1), 16);
  if (code > 0x10ffff) throw new InputError('BAD_STRING', `${whole} is not a character`);
  return String.fromCodePoint(code);
}
