import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modelQuality, ranksOf } from '../../../server/cost-model/quality.js';

const latencies = Array.from({ length: 20 }, (_, i) => 100 + i);

describe('the quality of a model', () => {
  it('is perfect when the order is right, whatever the scale', () => {
    const predicted = latencies.map((latency) => 5 - latency / 1000);
    expect(modelQuality(predicted, latencies)).toEqual({
      count: 20,
      pRmse: 0,
      rankCorrelation: expect.closeTo(1) as number,
      topRecall: 1,
    });
  });

  it('is worst when the order is reversed', () => {
    expect(modelQuality(latencies, latencies)).toMatchObject({
      pRmse: 1,
      rankCorrelation: expect.closeTo(-1) as number,
      topRecall: 0,
    });
  });

  it('is that of chance when the scores say nothing', () => {
    expect(
      modelQuality(
        latencies.map(() => 1),
        latencies,
      ),
    ).toMatchObject({
      pRmse: 0.5,
      rankCorrelation: null,
    });
  });

  it('needs two programs', () => {
    expect(modelQuality([1], [2])).toBeNull();
  });

  it('counts the part of the fastest tenth that was found', () => {
    const predicted = latencies.map((_, i) => (i === 1 ? 100 : i === 10 ? 99 : 10 - i));
    expect(modelQuality(predicted, latencies)?.topRecall).toBe(0.5);
  });
});

describe('ranks', () => {
  it('share the mean of equal values', () => {
    expect(ranksOf([10, 30, 10, 20])).toEqual([0.5, 3, 0.5, 2]);
  });

  it('add up to the same, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 20 }), (values) => {
        const sum = ranksOf(values).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo((values.length * (values.length - 1)) / 2);
      }),
    );
  });
});
