import { describe, expect, it } from 'vitest';
import { literal } from '../../../shared/ir/build.js';
import { createPrimFunc } from '../../../shared/te/create-prim-func.js';
import {
  conv2dNchw,
  convChannelsLast,
  depthwiseConv2dNhwc,
} from '../../../shared/te/operators/convolution.js';
import { add, relu } from '../../../shared/te/operators/elementwise.js';
import { batchMatmul, matmul, matmulNt } from '../../../shared/te/operators/matmul.js';
import { norm, softmax } from '../../../shared/te/operators/normalization.js';
import {
  conv2dCapsuleNhwijc,
  conv2dTransposeNhwc,
} from '../../../shared/te/operators/special-convolution.js';
import { pad } from '../../../shared/te/operators/window.js';
import { placeholder, type Tensor } from '../../../shared/te/tensor.js';
import { filled, runInterpreter, toNumbers } from '../../support/inputs.js';

const tensor = (...shape: number[]): Tensor => placeholder(shape, { name: 'X' });
const STEP = { stride: 1, padding: 0 };

describe('operands that do not fit are refused', () => {
  it.each<[string, () => unknown]>([
    ['SHAPE_MISMATCH', () => matmul(tensor(3, 5), tensor(4, 2))],
    ['SHAPE_MISMATCH', () => matmulNt(tensor(3, 5), tensor(5, 3))],
    ['BAD_RANK', () => matmul(tensor(3), tensor(3, 2))],
    ['SHAPE_MISMATCH', () => batchMatmul(tensor(2, 3, 5), tensor(3, 5, 2))],
    ['SHAPE_MISMATCH', () => batchMatmul(tensor(2, 3, 5), tensor(5, 2))],
    ['BAD_RANK', () => batchMatmul(tensor(5), tensor(5))],
    ['SHAPE_MISMATCH', () => add(tensor(2, 3), tensor(3))],
    ['SHAPE_MISMATCH', () => add(tensor(2, 3), tensor(2, 4))],
    ['SHAPE_MISMATCH', () => convChannelsLast(tensor(1, 5, 5, 3), tensor(3, 3, 4, 8), {}, 'conv')],
    ['SHAPE_MISMATCH', () => convChannelsLast(tensor(1, 5, 5, 4), tensor(3, 3, 2, 7), { groups: 2 }, 'conv')],
    ['SHAPE_MISMATCH', () => convChannelsLast(tensor(1, 5), tensor(3, 3), {}, 'conv')],
    ['SHAPE_MISMATCH', () => convChannelsLast(tensor(1, 5, 3), tensor(3, 3, 3, 8), {}, 'conv')],
    ['BAD_SHAPE', () => convChannelsLast(tensor(1, 2, 3), tensor(3, 3, 8), {}, 'conv')],
    ['BAD_RANK', () => conv2dNchw(tensor(1, 3, 5), tensor(8, 3, 3, 3), {})],
    ['SHAPE_MISMATCH', () => conv2dNchw(tensor(1, 3, 5, 5), tensor(8, 4, 3, 3), {})],
    ['SHAPE_MISMATCH', () => depthwiseConv2dNhwc(tensor(1, 5, 5, 3), tensor(3, 3, 4), {})],
    ['SHAPE_MISMATCH', () => conv2dTransposeNhwc(tensor(1, 5, 5, 3), tensor(3, 3, 4, 8), STEP)],
    ['SHAPE_MISMATCH', () => conv2dCapsuleNhwijc(tensor(1, 5, 5, 2, 3, 4), tensor(3, 3, 2, 2, 4, 8), STEP)],
    ['BAD_RANK', () => softmax(tensor(4))],
    ['BAD_RANK', () => norm(tensor(4, 4))],
    ['BAD_RANK', () => pad(tensor(4), [], literal(0, 'float32'))],
  ])('%s: %s', (code, build) => {
    expect(build).toThrow(expect.objectContaining({ name: 'InputError', code }));
  });

  it('with both shapes in the message', () => {
    expect(() => matmul(tensor(3, 5), tensor(4, 2))).toThrow('X[3, 5] and X[4, 2]');
  });
});

describe('relu', () => {
  it.each([[[6]], [[2, 3]], [[1, 2, 1, 3]]])('takes any rank: %j', (shape) => {
    const x = placeholder(shape, { name: 'X' });
    const func = createPrimFunc('relu', [x, relu(x)]);
    const [output] = runInterpreter(func, [Float32Array.of(-1, 2, -3, 0, 5, -6)]);
    expect(output).toEqual(Float32Array.of(0, 2, 0, 0, 5, 0));
  });
});

describe('pad', () => {
  it('of nothing is the tensor itself', () => {
    const x = tensor(2, 3);
    expect(
      pad(
        x,
        [
          [0, 0],
          [0, 0],
        ],
        literal(0, 'float32'),
      ),
    ).toBe(x);
  });

  it('may differ before and after', () => {
    const x = placeholder([2], { name: 'X', dtype: 'int32' });
    const func = createPrimFunc('f', [x, pad(x, [[1, 2]], literal(9, 'int32'))]);
    expect(runInterpreter(func, [Int32Array.of(1, 2)])[0]).toEqual(Int32Array.of(9, 1, 2, 9, 9));
  });
});

describe("the course's convolution in int64", () => {
  it('has the published values', () => {
    const data = placeholder([1, 1, 8, 8], { name: 'data', dtype: 'int64' });
    const weight = placeholder([2, 1, 3, 3], { name: 'weight', dtype: 'int64' });
    const func = createPrimFunc('conv', [data, weight, conv2dNchw(data, weight, {})]);
    const [output] = runInterpreter(func, [filled('int64', 64, (i) => i), filled('int64', 18, (i) => i)]);
    const values = output === undefined ? [] : toNumbers(output);
    expect(values.slice(0, 6)).toEqual([474, 510, 546, 582, 618, 654]);
    expect(values.slice(-6)).toEqual([5883, 6000, 6117, 6234, 6351, 6468]);
    expect(values.reduce((a, b) => a + b)).toBe(184_302);
  });
});
