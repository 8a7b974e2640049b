import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { permuted } from '../../bench/ops/contender.js';
import { ofCeiling, relativeError, summarizeOps, type OpsRow } from '../../bench/ops/roofline.js';

const CEILINGS = { mulAdd: 50, relaxedMadd: 80, copy: 10 };

function row(ratio: number, secondsToBeat: number | null): OpsRow {
  const times = { ours: 1, peers: {}, minimum: {}, ofCeiling: 1, trials: 1, seconds: 1, bytes: 1 };
  return { name: 'row', ...times, ratio, secondsToBeat };
}

describe('roofline', () => {
  it('is bound by arithmetic or by moving data, whichever takes longer', () => {
    // 1e9 operations take 20 ms; 1e6 bytes a twentieth of a millisecond.
    expect(ofCeiling({ flops: 1e9, bytes: 1e6 }, 40, 'wasm-simd128', CEILINGS)).toBeCloseTo(0.5);
    expect(ofCeiling({ flops: 1e9, bytes: 1e6 }, 40, 'wasm-relaxed-simd', CEILINGS)).toBeCloseTo(0.3125);
    expect(ofCeiling({ flops: 0, bytes: 1e6 }, 0.1, 'wasm-simd128', CEILINGS)).toBeCloseTo(0.5);
  });

  it('takes the plain ceiling where the engine has no relaxed one', () => {
    const plain = { ...CEILINGS, relaxedMadd: null };
    expect(ofCeiling({ flops: 1e9, bytes: 1 }, 20, 'wasm-relaxed-simd', plain)).toBeCloseTo(1);
  });
});

describe('summary of rows', () => {
  it('has the geometric mean, the worst and the median time until faster', () => {
    const summary = summarizeOps([row(2, 4), row(0.5, null), row(8, 1)]);
    expect(summary.geomean).toBeCloseTo(2);
    expect(summary).toMatchObject({ worst: 0.5, secondsToBeat: 4 });
  });

  it('has no median time when half of the rows are never faster', () => {
    expect(summarizeOps([row(1, null), row(1, null), row(1, 2)]).secondsToBeat).toBeNull();
  });
});

describe('agreement of results', () => {
  it('is relative to the largest value, and none when lengths differ or a number is missing', () => {
    expect(relativeError([10, 1.5], [10, 1])).toBeCloseTo(0.05);
    expect(relativeError([1], [1, 2])).toBe(Infinity);
    expect(relativeError([Number.NaN, 1], [1, 1]) <= 1).toBe(false);
  });
});

describe('layouts', () => {
  it('come back when axes are permuted there and back', () => {
    const extents = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(extents, (shape) => {
        const [n = 1, h = 1, w = 1, c = 1] = shape;
        const values = Float32Array.from({ length: n * h * w * c }, (_, i) => i);
        const nchw = permuted(values, shape, [0, 3, 1, 2]);
        expect(permuted(nchw, [n, c, h, w], [0, 2, 3, 1])).toEqual(values);
      }),
    );
  });

  it('go by the order of the axes', () => {
    expect(Array.from(permuted([1, 2, 3, 4, 5, 6], [2, 3], [1, 0]))).toEqual([1, 4, 2, 5, 3, 6]);
  });
});
