/** @file The course's mm_relu: one function with a temporary, and two functions called in turn. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { parseScript } from '../../shared/script/parse.js';
import { createRng } from '../../shared/support/rng.js';
import { digest, filled, matrix, operandA, operandB, runInterpreter } from '../support/inputs.js';
import { MM_RELU_SCRIPT, MM_THEN_RELU_SCRIPT } from '../support/mm-relu-script.js';

const N = 128;

function functionNamed(script: string, name: string): PrimFunc {
  const func = parseScript(script).functions.find((f) => f.name === name);
  if (func === undefined) throw new Error(`the script has no function ${name}`);
  return func;
}

const mmRelu = functionNamed(MM_RELU_SCRIPT, 'mm_relu');
const mm = functionNamed(MM_THEN_RELU_SCRIPT, 'mm');
const relu = functionNamed(MM_THEN_RELU_SCRIPT, 'relu');

describe('mm_relu', () => {
  it('gives the exact sums on integers', () => {
    const [c] = runInterpreter(mmRelu, [matrix(N, N, operandA), matrix(N, N, operandB)]);
    expect(c && digest(c)).toEqual({ sum: 255_880, squares: 10_758_894, min: 0, max: 72 });
    expect([c?.[0], c?.[N * N - 1], c?.[3 * N + 5]]).toEqual([72, 0, 0]);
  });

  it('is within 1e-5 of the product in float64, and mm then relu give the same bits', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { nextFloat } = createRng(seed);
        const [a, b] = [filled('float32', N * N, nextFloat), filled('float32', N * N, nextFloat)];
        const [c] = runInterpreter(mmRelu, [a, b]);
        const [y] = runInterpreter(mm, [a, b]);
        const [c2] = runInterpreter(relu, y === undefined ? [] : [y]);
        expect(c2).toEqual(c);
        for (let i = 0; i < N; i += 7) {
          for (let j = 0; j < N; j += 5) {
            let sum = 0;
            for (let k = 0; k < N; k++) sum += Number(a[i * N + k]) * Number(b[k * N + j]);
            expect(Math.abs(Number(c?.[i * N + j]) - sum)).toBeLessThanOrEqual(1e-5 * sum);
          }
        }
      }),
      { numRuns: 2 },
    );
  });
});
