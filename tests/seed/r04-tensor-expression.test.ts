/** @file The course's mm_relu as tensor expressions: the same program as the one written by hand. */
import { describe, expect, it } from 'vitest';
import { load, max as maximum, mul } from '../../shared/ir/build.js';
import { structuralEqual, structuralHash } from '../../shared/ir/structural.js';
import { parseScript } from '../../shared/script/parse.js';
import { createPrimFunc } from '../../shared/te/create-prim-func.js';
import { reduceAxis, sum } from '../../shared/te/reduction.js';
import { compute, placeholder } from '../../shared/te/tensor.js';
import { buildWorkload } from '../../shared/te/workload-table.js';
import { matrix, operandA, operandB, runInterpreter } from '../support/inputs.js';
import { MM_RELU_SCRIPT } from '../support/mm-relu-script.js';

const shape = [128, 128] as const;
const a = placeholder(shape, { name: 'A' });
const b = placeholder(shape, { name: 'B' });
const k = reduceAxis(128, 'k');
const y = compute(shape, (i, j) => sum(mul(load(a, [i, k]), load(b, [k, j])), [k]), 'Y');
const c = compute(shape, (i, j) => maximum(load(y, [i, j]), 0), 'C');
const func = createPrimFunc('mm_relu', [a, b, c]);

describe('mm_relu by tensor expressions', () => {
  it('is the handwritten program, and so is the built-in workload', () => {
    const [handwritten] = parseScript(MM_RELU_SCRIPT).functions;
    if (handwritten === undefined) throw new Error('the script has no function');
    for (const made of [func, buildWorkload('matmul_relu').func]) {
      expect(structuralEqual(made, handwritten)).toBe(true);
      expect(structuralHash(made)).toBe(structuralHash(handwritten));
    }
    expect(structuralEqual(buildWorkload('matmul_relu:k=64').func, handwritten)).toBe(false);
  });

  it('has a temporary where the product is not listed, and four parameters where it is', () => {
    expect(func.root.allocBuffers.map((buffer) => buffer.name)).toEqual(['Y']);
    const listed = createPrimFunc('mm_relu', [a, b, y, c]);
    expect(listed.root.allocBuffers).toEqual([]);
    expect(listed.params.map((p) => p.name)).toEqual(['A', 'B', 'Y', 'C']);
    const inputs = [matrix(128, 128, operandA), matrix(128, 128, operandB)];
    expect(runInterpreter(listed, inputs)[1]).toEqual(runInterpreter(func, inputs)[0]);
  });
});
