/** @file Printing and reading back gives the same program, up to names; printing that again gives the same text. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { irModule } from '../../../shared/ir/build-stmt.js';
import type { IRModule, PrimFunc } from '../../../shared/ir/prim-func.js';
import { structuralEqual, structuralHash } from '../../../shared/ir/structural.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { at } from '../../../shared/support/errors.js';
import { arbitraryFunc } from '../../support/arbitrary-func.js';
import { arbitrarySyntax } from './arbitrary-syntax.js';

function expectRoundTrip(program: PrimFunc | IRModule): void {
  const text = printScript(program);
  const read = parseScript(text);
  const same = program.kind === 'IRModule' ? read : at(read.functions, 0);
  expect(structuralEqual(same, program), text).toBe(true);
  expect(structuralHash(same)).toBe(structuralHash(program));
  // Names may be repaired in the first print; from then on the text is a fixed point.
  const again = printScript(same);
  expect(
    printScript(program.kind === 'IRModule' ? parseScript(again) : at(parseScript(again).functions, 0)),
  ).toBe(again);
}

test('programs as users write them', () => {
  fc.assert(fc.property(arbitraryFunc(), expectRoundTrip), { numRuns: 300 });
});

test('programs of every construct', () => {
  fc.assert(fc.property(arbitrarySyntax(), expectRoundTrip), { numRuns: 1500 });
});

test('modules', () => {
  const functions = fc.array(arbitraryFunc({ maxStages: 2 }), { maxLength: 4 });
  const modules = functions.map((fs) => irModule(fs.map((f, i) => ({ ...f, name: `f${i}` }))));
  fc.assert(fc.property(modules, expectRoundTrip), { numRuns: 50 });
});
