/** @file The course's classifier as three loop programs, each called with its output as the last argument. */
import { describe, expect, it } from 'vitest';
import { elementsOf } from '../../shared/ir/buffer.js';
import { interpret, typedArrayFor, type TypedArray } from '../../shared/ir/interpret.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { at } from '../../shared/support/errors.js';
import { buildWorkload } from '../../shared/te/workload-table.js';
import { toNumbers } from '../support/inputs.js';
import { argmax, loadMlp, mlpReference, MLP_INPUTS, type MlpWeights } from '../support/mlp.js';

const linear0 = buildWorkload('linear:b=1,i=784,o=128').func;
const relu0 = buildWorkload('relu:m=1,n=128').func;
const linear1 = buildWorkload('linear:b=1,i=128,o=10').func;

/** Calls a function in destination-passing style: a fresh output, of the type of its last parameter. */
function callTir(func: PrimFunc, inputs: readonly TypedArray[]): TypedArray {
  const result = at(func.params, func.params.length - 1);
  const output = typedArrayFor(result.dtype, elementsOf(result));
  interpret(func, [...inputs, output]);
  return output;
}

function classify({ w0, b0, w1, b1 }: MlpWeights, x: Float32Array): number[] {
  const hidden = callTir(relu0, [callTir(linear0, [x, w0, b0])]);
  return toNumbers(callTir(linear1, [hidden, w1, b1]));
}

const data = loadMlp();

describe.skipIf(data === null)('the classifier (needs the test data of TILEWRIGHT_TEST_DATA)', () => {
  const { weights, samples } = data ?? { weights: null, samples: [] };
  if (weights === null) return;

  it.each(MLP_INPUTS)('gives the logits of plain arrays for $name', ({ x }) => {
    const logits = classify(weights, x);
    for (const [j, want] of mlpReference(weights, x).entries()) {
      expect(Math.abs(at(logits, j) - want)).toBeLessThan(1e-4);
    }
  });

  it('recognises the sample images', () => {
    expect(samples).toHaveLength(10);
    for (const sample of samples) {
      const logits = classify(
        weights,
        Float32Array.from(sample.pixelsU8, (level) => level / 255),
      );
      expect(argmax(logits), sample.label).toBe(sample.labelIndex);
      for (const [j, want] of sample.referenceLogitsF64.entries()) {
        expect(Math.abs(at(logits, j) - want)).toBeLessThan(1e-4);
      }
    }
  });
});

describe('calls', () => {
  it('do not alias: each has its own output', () => {
    const x = Float32Array.from({ length: 128 }, (_, i) => i - 64);
    const [first, second] = [callTir(relu0, [x]), callTir(relu0, [x])];
    expect(second).toEqual(first);
    expect(second).not.toBe(first);
    first[0] = 99;
    expect(second[0]).toBe(0);
    expect(x[0]).toBe(-64);
  });
});
