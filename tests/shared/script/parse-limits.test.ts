/** @file The limits on scripts: at the limit and one beyond, and far beyond without running out of stack. */
import { expect, test } from 'vitest';
import { parseScript } from '../../../shared/script/parse.js';
import { MAX_BRACKET_DEPTH, MAX_SCRIPT_DEPTH, MAX_SCRIPT_LENGTH } from '../../../shared/script/syntax.js';
import { refusal } from './refusal.js';

const limited = (body: string): string =>
  `@T.prim_func\ndef f(N: T.Buffer((4,), "int32"), P: T.Buffer((4,), "bool")):\n${body}\n`;

const nest = (n: number): string =>
  limited(
    `${Array.from({ length: n }, (_, d) => `${' '.repeat(d + 1)}for i${d} in range(2):\n`).join('')}${' '.repeat(n + 1)}pass`,
  );

const sum = (n: number): string => limited(`  N[0] = ${Array.from({ length: n }, () => 'N[1]').join(' + ')}`);

test('length', () => {
  const script = limited('  pass');
  const comment = (length: number): string => `${script}#${'x'.repeat(length - script.length - 1)}`;
  expect(parseScript(comment(MAX_SCRIPT_LENGTH)).functions).toHaveLength(1);
  expect(refusal(comment(MAX_SCRIPT_LENGTH + 1)).code).toBe('SCRIPT_TOO_LONG');
});

test('nesting of loops', () => {
  const deepest = Math.floor((MAX_SCRIPT_DEPTH - 1) / 2);
  expect(parseScript(nest(deepest)).functions).toHaveLength(1);
  expect(refusal(nest(deepest + 1)).code).toBe('SCRIPT_TOO_DEEP');
  expect(refusal(nest(1000)).code).toMatch(/^SCRIPT_(TOO_DEEP|SYNTAX)$/);
});

test('nesting of expressions', () => {
  // The body of the function is one level, the value stored another.
  expect(parseScript(sum(MAX_SCRIPT_DEPTH - 2)).functions).toHaveLength(1);
  expect(refusal(sum(MAX_SCRIPT_DEPTH + 1)).code).toBe('SCRIPT_TOO_DEEP');
});

const many = 100_000;
test.each<readonly [what: string, body: string]>([
  ['parentheses', `  N[0] = ${'('.repeat(many)}1${')'.repeat(many)}`],
  ['open parentheses', `  N[0] = ${'('.repeat(many)}`],
  ['brackets beyond the limit', `  N[0] = ${'['.repeat(MAX_BRACKET_DEPTH + 1)}`],
  ['not', `  P[0] = ${'not '.repeat(many)}P[1]`],
  ['minus', `  N[0] = ${'-'.repeat(many)}N[1]`],
  ['sums', `  N[0] = N[1]${' + 1'.repeat(many)}`],
  ['powers', `  N[0] = N[1]${' ** 1'.repeat(many)}`],
  ['and', `  P[0] = P[1]${' and P[1]'.repeat(many)}`],
  ['comparisons', `  P[0] = N[1]${' < N[1]'.repeat(many)}`],
  ['choices', `  N[0] = ${'1 if P[0] else '.repeat(many / 2)}1`],
  ['T.all', `  P[0] = T.all(${'P[1], '.repeat(many)})`],
  ['members', `  N[0] = N${'.a'.repeat(many)}`],
  ['subscripts', `  N[0] = N${'[0]'.repeat(many)}`],
  ['calls', `  N[0] = N${'()'.repeat(many)}`],
  ['bindings', Array.from({ length: 10_000 }, () => '  v = N[0]').join('\n')],
  ['elif', `  if P[0]:\n    pass\n${'  elif P[0]:\n    pass\n'.repeat(10_000)}`],
  ['T.grid', `  for ${'i, '.repeat(10_000)} in T.grid(${'1, '.repeat(10_000)}):\n    pass`],
])('very many %s are refused', (_, body) => {
  expect(refusal(limited(body)).code).toMatch(/^SCRIPT_(TOO_DEEP|SYNTAX|UNSUPPORTED)$/);
});

test('very many statements are read', () => {
  expect(parseScript(limited('  N[0] = 1\n'.repeat(20_000))).functions).toHaveLength(1);
});
