import { describe, expect, it } from 'vitest';
import { call, div, mul } from '../../../shared/ir/build.js';
import { bytesOf, DTYPES, type DType } from '../../../shared/ir/dtype.js';
import type { KernelParam } from '../../../shared/protocol/kernel.js';
import { inputBytes, planInputs } from '../../../worker/measure/inputs.js';
import { elementwise, matmul } from '../../support/sample-programs.js';

function param(dtype: DType, elements: number): KernelParam {
  return {
    name: 'A',
    dtype,
    shape: [elements],
    bytes: elements * bytesOf(dtype),
    access: 'read',
    constant: false,
  };
}

function floats(bytes: Uint8Array): number[] {
  return [...new Float32Array(bytes.buffer)];
}

describe('inputBytes', () => {
  const exact = planInputs(matmul(4, 4, 4));

  it('is the same every time, and differs between parameters', () => {
    const a = inputBytes(param('float32', 1000), 0, exact);
    expect(inputBytes(param('float32', 1000), 0, exact)).toEqual(a);
    expect(inputBytes(param('float32', 1000), 1, exact)).not.toEqual(a);
  });

  it('gives exact programs every integer up to the magnitude, about equally often', () => {
    const values = floats(inputBytes(param('float32', 9000), 0, exact));
    const counts = new Map<number, number>();
    for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
    expect([...counts.keys()].toSorted((a, b) => a - b)).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('gives rounding programs fractions of both signs', () => {
    const values = floats(
      inputBytes(param('float32', 9000), 0, planInputs(elementwise('f', 16, (x) => call('exp', [x])))),
    );
    expect(Math.min(...values)).toBeGreaterThanOrEqual(-1);
    expect(Math.min(...values)).toBeLessThan(-0.99);
    expect(Math.max(...values)).toBeLessThanOrEqual(1);
    expect(Math.max(...values)).toBeGreaterThan(0.99);
    expect(new Set(values).size).toBeGreaterThan(8000);
  });

  it.each([
    ['division', planInputs(elementwise('f', 16, (x) => div(1, x)))],
    ['log', planInputs(elementwise('f', 16, (x) => call('log', [x])))],
    ['rsqrt', planInputs(elementwise('f', 16, (x) => call('rsqrt', [x])))],
    ['pow', planInputs(elementwise('f', 16, (x) => call('pow', [x, mul(x, 2)])))],
  ])('gives programs with %s positive numbers away from 0', (_, plan) => {
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      const bytes = inputBytes(param(dtype, 1000), 0, plan);
      const values =
        dtype === 'int32'
          ? [...new Int32Array(bytes.buffer)]
          : dtype === 'float32'
            ? floats(bytes)
            : [...new Float64Array(bytes.buffer)];
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0.5);
      expect(Math.max(...values)).toBeLessThanOrEqual(1.5);
    }
  });

  it.each(DTYPES)('fills all of a %s tensor with values of its type', (dtype) => {
    const bytes = inputBytes(param(dtype, 64), 0, exact);
    expect(bytes.length).toBe(64 * bytesOf(dtype));
    if (dtype === 'bool') expect(new Set(bytes)).toEqual(new Set([0, 1]));
    if (dtype === 'uint8') expect(new Set(bytes)).toEqual(new Set([0, 1, 2, 3, 4]));
    if (dtype === 'int64')
      expect(new BigInt64Array(bytes.buffer).every((x) => x >= -4n && x <= 4n)).toBe(true);
  });
});
