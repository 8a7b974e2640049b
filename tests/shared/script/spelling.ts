/** @file Scripts that are the same function, spelled in two ways. */
import { expect } from 'vitest';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { structuralEqual } from '../../../shared/ir/structural.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { at } from '../../../shared/support/errors.js';

/** The function of a script that has no other. */
export function onlyFunction(script: string): PrimFunc {
  const { functions } = parseScript(script);
  expect(functions).toHaveLength(1);
  return at(functions, 0);
}

/** Both scripts are one function up to structural equality. */
export function expectSame(script: string, plain: string): void {
  const [f, g] = [onlyFunction(script), onlyFunction(plain)];
  expect(structuralEqual(f, g), `${printScript(f)}\n${printScript(g)}`).toBe(true);
}

/** Every line that is not empty begins with `by`. */
export function indent(text: string, by: string): string {
  return text.replaceAll(/^(?=.)/gm, by);
}
