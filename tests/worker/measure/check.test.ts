import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type DType } from '../../../shared/ir/dtype.js';
import type { KernelParam } from '../../../shared/protocol/kernel.js';
import { checkOutput, poisonOf, type CheckRules } from '../../../worker/measure/check.js';

const EXACT: CheckRules = { exact: true, reduction: 16, roundsAnew: false };
const rounding = (reduction: number): CheckRules => ({ ...EXACT, exact: false, reduction });

function param(dtype: DType, shape: readonly number[]): KernelParam {
  const elements = shape.reduce((a, b) => a * b, 1);
  return { name: 'C', dtype, shape, bytes: elements * bytesOf(dtype), access: 'write', constant: false };
}

function f32(...values: number[]): Uint8Array {
  return new Uint8Array(new Float32Array(values).buffer);
}

function i32(value: number): Uint8Array {
  return new Uint8Array(new Int32Array([value]).buffer);
}

function check(got: Uint8Array, want: Uint8Array, rules = EXACT): number {
  return checkOutput(param('float32', [want.length / 4]), got, want, rules);
}

describe('checkOutput of an exact program', () => {
  it('accepts what is equal and nothing else', () => {
    const floats = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(floats, fc.nat(), fc.constantFrom(-1, 1, 2 ** -20), (values, seed, change) => {
        const index = seed % values.length;
        const changed = values.with(index, (values[index] ?? 0) + change);
        expect(check(f32(...values), f32(...values))).toBe(0);
        expect(() => check(f32(...changed), f32(...values))).toThrow(`C[${index}]`);
      }),
    );
  });

  it('tells zeros of different signs apart, but not kinds of NaN', () => {
    expect(() => check(f32(-0), f32(0))).toThrow('C[0]');
    const odd = new Uint8Array(new Uint32Array([0x7fc00001]).buffer);
    expect(check(odd, f32(NaN))).toBe(0);
  });

  it('names the place by its coordinates, and how much is wrong', () => {
    const want = new Float32Array(24);
    const got = want.slice();
    got[17] = 5;
    got[20] = 1;
    expect(() =>
      checkOutput(
        param('float32', [2, 3, 4]),
        new Uint8Array(got.buffer),
        new Uint8Array(want.buffer),
        EXACT,
      ),
    ).toThrow('C[1, 1, 1] (one of 2 wrong of 24 elements) is 5 instead of 0');
  });

  it('compares 64-bit integers beyond the precision of numbers', () => {
    const [got, want] = [2n ** 60n, 2n ** 60n + 1n].map((x) => new Uint8Array(new BigInt64Array([x]).buffer));
    if (got === undefined || want === undefined) throw new Error('two values');
    expect(() => checkOutput(param('int64', [1]), got, want, EXACT)).toThrow('C[0]');
  });

  it('reads views at any offset of memory', () => {
    const memory = new Uint8Array(20);
    memory.set(f32(1, 2), 5);
    expect(() => check(memory.subarray(5, 13), f32(1, 3))).toThrow(
      'C[1] (one of 1 wrong of 2 elements) is 2 instead of 3',
    );
  });
});

describe('checkOutput of a rounding program', () => {
  it('accepts differences that grow with the root of the reduction, and reports the largest', () => {
    expect(check(f32(1.00005, 2), f32(1, 2), rounding(1))).toBeCloseTo(5e-5, 6);
    expect(() => check(f32(1.0002, 2), f32(1, 2), rounding(1))).toThrow('C[0]');
    expect(check(f32(1.0002, 2), f32(1, 2), rounding(16))).toBeCloseTo(2e-4, 6);
    expect(() => check(f32(1.0006, 2), f32(1, 2), rounding(16))).toThrow('C[0]');
  });

  it('still demands equal integers', () => {
    expect(() => checkOutput(param('int32', [1]), i32(1000001), i32(1000000), rounding(1e6))).toThrow('C[0]');
  });

  it('accepts infinities and NaN exactly where the reference has them', () => {
    expect(check(f32(Infinity, NaN, 1), f32(Infinity, NaN, 1.00001), rounding(1))).toBeGreaterThan(0);
    expect(() => check(f32(-Infinity), f32(Infinity), rounding(1))).toThrow('C[0]');
  });
});

describe('checkOutput of a candidate that rounds anew', () => {
  const anew: CheckRules = { ...EXACT, roundsAnew: true };

  it('accepts differences that are small for the output as a whole', () => {
    expect(check(f32(0.01, 200), f32(0, 200), anew)).toBeCloseTo(0.01, 6);
    expect(() => check(f32(0.03, 200), f32(0, 200), anew)).toThrow('C[0]');
    expect(() => check(f32(0.01, 2), f32(0, 2), anew)).toThrow('C[0]');
  });

  it('finds one wrong term among small integers', () => {
    const sums = fc.array(fc.integer({ min: -9000, max: 9000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sums, fc.nat(), fc.constantFrom(-1, 1), (values, seed, change) => {
        const index = seed % values.length;
        const changed = values.with(index, (values[index] ?? 0) + change);
        expect(() => check(f32(...changed), f32(...values), anew)).toThrow(`C[${index}]`);
      }),
    );
  });

  it('adds to the tolerance of a rounding program', () => {
    const both = { ...anew, exact: false, reduction: 1 };
    expect(check(f32(200.03, 200), f32(200, 200), both)).toBeCloseTo(0.03, 3);
    expect(() => check(f32(200.05, 200), f32(200, 200), both)).toThrow('C[0]');
  });
});

describe('failure codes', () => {
  it('is not_finite when NaN or infinity was computed, even among merely wrong elements', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      expect(() => check(f32(9, bad), f32(1, 2))).toThrow(expect.objectContaining({ code: 'not_finite' }));
      expect(() => check(f32(9, bad), f32(1, 2), rounding(4))).toThrow(
        expect.objectContaining({ code: 'not_finite' }),
      );
    }
  });

  it('is wrong_result otherwise', () => {
    expect(() => check(f32(1), f32(2))).toThrow(expect.objectContaining({ code: 'wrong_result' }));
    expect(() => check(f32(1), f32(NaN))).toThrow(expect.objectContaining({ code: 'wrong_result' }));
  });

  it('finds an element that was never written, whatever its value should be', () => {
    const anyFloat = fc.oneof(fc.float({ noNaN: true }), fc.constantFrom(0, -0, 1, Infinity, NaN));
    fc.assert(
      fc.property(
        fc.array(anyFloat, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.constantFrom(1, 64, 1e6),
        (values, seed, k) => {
          const want = f32(...values);
          const index = seed % values.length;
          const got = want.slice();
          got.set(poisonOf(want).subarray(4 * index, 4 * index + 4), 4 * index);
          for (const rules of [EXACT, rounding(k)]) {
            // NaN and its complement may both be NaN; no program is expected to yield NaN from the inputs it gets.
            if (Number.isNaN(values[index])) continue;
            expect(() => check(got, want, rules)).toThrow(
              expect.objectContaining({
                code: 'wrong_result',
                message: expect.stringContaining('never written'),
              }),
            );
          }
        },
      ),
    );
  });
});
