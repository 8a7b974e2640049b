/** @file Every built-in workload computes what plain loops compute, on random small parameters. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flopsOf } from '../../../shared/ir/flops.js';
import { checkLimits } from '../../../shared/ir/limits.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { structuralEqual } from '../../../shared/ir/structural.js';
import { verifyFunc } from '../../../shared/ir/verify.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { InputError } from '../../../shared/support/errors.js';
import { WORKLOAD_NAMES, WORKLOADS, type WorkloadName } from '../../../shared/te/workload-table.js';
import type { Params } from '../../../shared/te/workloads/workload.js';
import { integerInputs, outputsOf, runInterpreter, toNumbers } from '../../support/inputs.js';
import { REFERENCES } from './reference-operators.js';

/** Largest values drawn for the parameters of windows; extents go up to 6. */
const SMALL: Readonly<Record<string, number>> = { k: 4, s: 3, p: 3, d: 2, g: 3, cap: 3, n: 4, depth: 3 };

/** Programs that round, and how far they may be from the reference, relative to 1 or to the value. */
const TOLERANCE: { readonly [N in WorkloadName]?: number } = {
  gelu: 1e-5,
  avg_pool2d_nchw: 1e-6,
  softmax: 1e-5,
  norm: 1e-6,
  layer_norm: 1e-4,
};

function arbitraryParams(name: WorkloadName): fc.Arbitrary<Params> {
  const drawn = Object.entries(WORKLOADS[name].params).map(([key, { min }]) => [
    key,
    fc.integer({ min, max: SMALL[key] ?? 6 }),
  ]);
  return fc.record(Object.fromEntries(drawn) as Record<string, fc.Arbitrary<number>>);
}

/** The program, or `null` when its parameters are refused as not fitting together. */
function tryBuild(name: WorkloadName, params: Params): PrimFunc | null {
  try {
    return WORKLOADS[name].build(params);
  } catch (error) {
    if (error instanceof InputError && ['BAD_SHAPE', 'BAD_PARAMETER'].includes(error.code)) return null;
    throw error;
  }
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, want] of expected.entries()) {
    const error = Math.abs((actual[i] ?? NaN) - want) / Math.max(1, Math.abs(want));
    expect(error, `element ${i}: ${actual[i]} is not ${want}`).toBeLessThanOrEqual(tolerance);
  }
}

describe.each(WORKLOAD_NAMES)('%s', (name) => {
  it('computes what its definition says, or refuses parameters that do not fit', () => {
    let computed = 0;
    fc.assert(
      fc.property(arbitraryParams(name), (params) => {
        const func = tryBuild(name, params);
        // A reference needs no inputs to know whether the shapes fit.
        const inputs = func === null ? [] : integerInputs(func);
        const expected = REFERENCES[name](params, inputs.map(toNumbers));
        expect(func === null, JSON.stringify(params)).toBe(expected === null);
        if (func === null || expected === null) return;
        verifyFunc(func);
        const [output] = runInterpreter(func, inputs);
        expectClose(output === undefined ? [] : toNumbers(output), expected, TOLERANCE[name] ?? 0);
        expect(flopsOf(func)).toBe(WORKLOADS[name].flops(params));
        computed++;
      }),
      { numRuns: 40 },
    );
    expect(computed).toBeGreaterThan(0);
  });

  it('is a valid program within the limits, and survives printing and parsing', () => {
    const func = WORKLOADS[name].build(defaultsOf(name));
    verifyFunc(func);
    checkLimits(func);
    const [parsed] = parseScript(printScript(func)).functions;
    expect(parsed !== undefined && structuralEqual(parsed, func)).toBe(true);
  });

  it('has one output, written last, and the parameters its summary names', () => {
    const func = WORKLOADS[name].build(defaultsOf(name));
    expect(func.name).toBe(name);
    expect(outputsOf(func)).toEqual(func.params.slice(-1));
    const { summary } = WORKLOADS[name];
    for (const p of func.params) expect(summary).toContain(p.name);
  });
});

function defaultsOf(name: WorkloadName): Params {
  return Object.fromEntries(
    Object.entries(WORKLOADS[name].params).map(([key, param]) => [key, param.default]),
  );
}
