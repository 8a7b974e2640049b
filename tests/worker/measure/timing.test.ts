import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timeKernel, type Timing, type TimingOptions } from '../../../worker/measure/timing.js';

const MS = 1e6;
const OPTIONS: TimingOptions = {
  samples: 5,
  minSampleNs: 10 * MS,
  warmupNs: 200 * MS,
  stopAboveNs: null,
  budgetNs: 4000 * MS,
};

interface Machine {
  /** Time of one batch, given how many runs there were before; nanoseconds. */
  readonly batchNs: (runs: number, before: number) => number;
  /** The clock only shows multiples of this. */
  readonly grainNs?: number;
}

interface Observed extends Timing {
  readonly totalRuns: number;
  readonly elapsedNs: number;
}

/** Times a kernel on a machine that exists only in this test. */
function observe({ batchNs, grainNs = 1 }: Machine, options: Partial<TimingOptions> = {}): Observed {
  let time = 0;
  let runs = 0;
  const timing = timeKernel(
    (batch) => {
      time += batchNs(batch, runs);
      runs += batch;
    },
    { ...OPTIONS, ...options },
    { now: () => Math.floor(time / grainNs) * grainNs },
  );
  return { ...timing, totalRuns: runs, elapsedNs: time };
}

/** From 5 ns to 5 s per run, evenly in the logarithm. */
const costNs = fc.double({ min: Math.log(5), max: Math.log(5e9), noNaN: true }).map(Math.exp);

describe('timeKernel', () => {
  it('finds the cost of a steady kernel, with samples far above the grain of the clock', () => {
    fc.assert(
      fc.property(costNs, fc.constantFrom(1, 1000, 100_000), (cost, grainNs) => {
        const timing = observe({ batchNs: (runs) => runs * cost, grainNs });
        expect(timing.medianNs).toBeGreaterThan(cost * 0.98);
        expect(timing.medianNs).toBeLessThan(cost * 1.02);
        expect(timing.batch * cost).toBeGreaterThan(OPTIONS.minSampleNs * 0.98);
        expect(timing.spread).toBeLessThan(0.02);
      }),
    );
  });

  it('bounds the time spent: the budget and the runs in flight, whatever the kernel costs', () => {
    fc.assert(
      fc.property(costNs, (cost) => {
        const timing = observe({ batchNs: (runs) => runs * cost });
        expect(timing.samplesNs.length).toBeGreaterThanOrEqual(1);
        expect(timing.elapsedNs).toBeLessThanOrEqual(OPTIONS.budgetNs + cost + 50 * MS);
      }),
    );
  });

  it('is not misled by a minority of disturbed samples', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }), fc.nat(), (disturbed, seed) => {
        // At most two of any five consecutive batches are disturbed, threefold.
        let calls = seed % 40;
        const recent: boolean[] = [];
        const batchNs = (runs: number): number => {
          const wanted = disturbed[calls++ % 40] === true;
          const isDisturbed = wanted && recent.slice(-4).filter(Boolean).length < 2;
          recent.push(isDisturbed);
          return runs * 1000 * (isDisturbed ? 3 : 1);
        };
        expect(observe({ batchNs }).medianNs).toBe(1000);
      }),
    );
  });

  it('samples the optimised tier when the first runs were slower', () => {
    const tierUpAfter = 1200;
    const timing = observe({
      batchNs: (runs, before) => {
        const slow = Math.max(0, Math.min(runs, tierUpAfter - before));
        return slow * 20_000 + (runs - slow) * 4000;
      },
    });
    expect(timing.samplesNs).toEqual([4000, 4000, 4000, 4000, 4000]);
    expect(timing.batch * 4000).toBeGreaterThanOrEqual(OPTIONS.minSampleNs);
  });

  it('gives up warming up when the machine never settles', () => {
    let flip = false;
    const timing = observe({
      batchNs: (runs) => {
        flip = !flip;
        return runs * (flip ? 1000 : 1500);
      },
    });
    expect(timing.samplesNs).toHaveLength(5);
    expect(timing.elapsedNs).toBeLessThan(OPTIONS.warmupNs + 200 * MS);
  });

  it('takes one sample of a kernel that is more than 3 times slower than the best, all of a closer one', () => {
    const stopAboveNs = 1 * MS;
    expect(observe({ batchNs: (runs) => runs * 3.1 * MS }, { stopAboveNs }).samplesNs).toHaveLength(1);
    expect(observe({ batchNs: (runs) => runs * 2.9 * MS }, { stopAboveNs }).samplesNs).toHaveLength(5);
  });

  it('does not warm up a kernel whose single run is longer than the warm-up', () => {
    const timing = observe({ batchNs: (runs) => runs * 300 * MS });
    expect(timing.batch).toBe(1);
    expect(timing.totalRuns).toBe(5);
    expect(timing.samplesNs).toHaveLength(5);
  });

  it('never reports a time of 0, even from a clock that stands still', () => {
    const timing = observe({ batchNs: () => 0 }, { warmupNs: 0 });
    expect(timing.medianNs).toBeGreaterThan(0);
  });
});
