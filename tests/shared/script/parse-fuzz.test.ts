/** @file Whatever the text, the parser gives a program or an `InputError` with a place in the text; nothing else. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { irModule } from '../../../shared/ir/build-stmt.js';
import { structuralEqual } from '../../../shared/ir/structural.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { InputError } from '../../../shared/support/errors.js';
import { arbitraryFunc } from '../../support/arbitrary-func.js';
import { arbitrarySyntax } from './arbitrary-syntax.js';
import { around } from './refusal.js';

/** Accepts, and then the result can be printed and read back; or refuses with a place that exists. */
function expectTotal(script: string): void {
  let accepted;
  try {
    accepted = parseScript(script);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const lines = script.split(/\r\n|\n|\r/);
    const { line = 0, column = 0 } = error.place;
    expect(error.code).toMatch(/^SCRIPT_[A-Z_]+$/);
    expect(error.message).not.toBe('');
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines.length);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
    return;
  }
  const text = printScript(accepted);
  expect(structuralEqual(parseScript(text), accepted), text).toBe(true);
}

const SNIPPETS = [
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ':',
  ',',
  '.',
  '=',
  '+',
  '-',
  '**',
  '//',
  '<',
  'not ',
  ' and ',
  ' if ',
  ' else ',
  'for ',
  'in ',
  'with ',
  'T.',
  'T.block("b"):',
  'T.axis.',
  'T.grid',
  'T.float32',
  'lambda',
  'None',
  'True',
  '0',
  '1e400',
  '-1',
  '99999999999',
  '"',
  "'",
  '\\',
  '#',
  '\n',
  '\n    ',
  '\t',
  '\r',
  '\0',
  '\u2028',
  'é',
  '😀',
  '\ud800',
  '@',
  '*',
  '...',
  'yield ',
  'await ',
  'f"{x}"',
  'T.reads(',
  '()',
  'A',
  'vi',
];
const edit = fc.record({
  at: fc.nat({ max: 2 ** 20 }),
  remove: fc.oneof(fc.constant(0), fc.nat({ max: 3 }), fc.nat({ max: 40 })),
  insert: fc.oneof(fc.constant(''), fc.constantFrom(...SNIPPETS), fc.nat({ max: 2 ** 20 })),
});
const edits = fc.array(edit, { minLength: 1, maxLength: 4 });

/** Cuts, inserts and copies pieces of the text. */
function mutate(
  text: string,
  changes: readonly { at: number; remove: number; insert: string | number }[],
): string {
  return changes.reduce((current, { at, remove, insert }) => {
    const from = at % (current.length + 1);
    const piece =
      typeof insert === 'string' ? insert : current.slice(insert % (current.length + 1)).slice(0, 12);
    return current.slice(0, from) + piece + current.slice(from + remove);
  }, text);
}

test('programs with small changes', () => {
  const program = fc.oneof(
    arbitraryFunc({ maxStages: 2 }).map((f) => printScript(irModule([f]))),
    arbitrarySyntax().map((f) => printScript(f)),
  );
  fc.assert(
    fc.property(program, edits, (text, changes) => expectTotal(mutate(text, changes))),
    { numRuns: 2500 },
  );
});

test('text without any program', () => {
  const words = fc.array(fc.constantFrom(...SNIPPETS), { maxLength: 30 }).map((parts) => parts.join(''));
  const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), words);
  fc.assert(
    fc.property(anything, (text) => expectTotal(text)),
    { numRuns: 1500 },
  );
  fc.assert(
    fc.property(anything, (text) => expectTotal(around(text))),
    { numRuns: 1500 },
  );
});
