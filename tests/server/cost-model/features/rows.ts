/** @file Rows of features as tests look at them: by name, and by group. */
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { parseScript } from '../../../../shared/script/parse.js';
import { at } from '../../../../shared/support/errors.js';
import { featureNames, type FeatureOptions } from '../../../../server/cost-model/features/names.js';
import { perStoreFeatures } from '../../../../server/cost-model/features/per-store.js';

export function rowsOf(func: PrimFunc, options: FeatureOptions = {}): number[][] {
  const { rows, count, width } = perStoreFeatures(func, options);
  return Array.from({ length: count }, (_, i) => [...rows.subarray(i * width, (i + 1) * width)]);
}

/** One row per store, each number under its name. */
export function namedRowsOf(
  func: PrimFunc,
  options: FeatureOptions = {},
): Readonly<Record<string, number>>[] {
  const names = featureNames(options);
  return rowsOf(func, options).map((row) => Object.fromEntries(names.map((name, i) => [name, at(row, i)])));
}

/** The only function of a script. */
export function funcOf(script: string): PrimFunc {
  return at(parseScript(script).functions, 0);
}

export function slog(x: number): number {
  return Math.log2(x + 1);
}

/** A function of the buffers A, B and C, all of one type. */
export function program(
  shapes: { A?: string; B?: string; C?: string },
  body: string,
  dtype = 'float32',
): PrimFunc {
  const params = Object.entries(shapes).map(([name, shape]) => `${name}: T.Buffer((${shape},), "${dtype}")`);
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  return funcOf(
    `@T.prim_func\ndef main(${params.join(', ')}):\n${lines.map((line) => `    ${line}`).join('\n')}\n`,
  );
}
