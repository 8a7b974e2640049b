/** @file The course's te_matmul and te_relu: functions on tensors that take their shapes from their operands. */
import { describe, expect, it } from 'vitest';
import { walkStmt } from '../../shared/ir/visit.js';
import { printScript } from '../../shared/script/print.js';
import { createPrimFunc } from '../../shared/te/create-prim-func.js';
import { relu } from '../../shared/te/operators/elementwise.js';
import { matmul } from '../../shared/te/operators/matmul.js';
import { placeholder } from '../../shared/te/tensor.js';
import { runInterpreter } from '../support/inputs.js';

describe('te_relu', () => {
  it.each([[[10]], [[10, 20]], [[2, 3, 4, 5]]])('of shape %j', (shape) => {
    const x = placeholder(shape, { name: 'X' });
    const size = shape.reduce((a, b) => a * b, 1);
    const input = Float32Array.from({ length: size }, (_, i) => (i % 7) - 3);
    const [output] = runInterpreter(createPrimFunc('te_relu', [x, relu(x)]), [input]);
    expect(output).toEqual(input.map((value) => Math.max(value, 0)));
  });
});

describe('te_matmul', () => {
  it('derives its shape', () => {
    const [a, b] = [placeholder([3, 5], { name: 'A' }), placeholder([5, 2], { name: 'B' })];
    const c = matmul(a, b);
    expect(c.shape).toEqual([3, 2]);
    const [output] = runInterpreter(createPrimFunc('te_matmul', [a, b, c]), [
      Float32Array.from({ length: 15 }, (_, i) => i),
      Float32Array.from({ length: 10 }, (_, i) => i),
    ]);
    expect(output).toEqual(Float32Array.of(60, 70, 160, 195, 260, 320));
  });

  it('refuses a product of (3, 5) and (4, 2)', () => {
    const [a, b] = [placeholder([3, 5], { name: 'A' }), placeholder([4, 2], { name: 'B' })];
    expect(() => matmul(a, b)).toThrow(expect.objectContaining({ code: 'SHAPE_MISMATCH' }));
  });

  it('followed by relu has one block per stage, in the text too', () => {
    const [a, b] = [placeholder([4, 4], { name: 'A' }), placeholder([4, 4], { name: 'B' })];
    const func = createPrimFunc('main', [a, b, relu(matmul(a, b))]);
    const blocks: string[] = [];
    walkStmt(func.root.body, {
      stmt: (s) => {
        if (s.kind === 'BlockRealize') blocks.push(s.block.name);
      },
    });
    expect(blocks).toEqual(['C', 'relu']);
    expect(printScript(func).match(/with T\.s?block\(/g)).toHaveLength(2);
  });
});
