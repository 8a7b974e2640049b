import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL } from '../../../db/candidate-record.js';
import { decideFinals, type Finals } from '../../../server/tuning/finals.js';
import { EMPTY_TRACE, failed } from '../../../shared/protocol/measure.js';
import { median } from '../../../shared/support/statistics.js';
import { raced } from './fake-queue.js';

/** Samples of candidates 0, 1, … and, last, of the baseline; null: it failed in the race. */
function decide(samples: readonly (readonly number[] | null)[]): Finals | null {
  const finalists = samples.map((_, i) => ({
    trial: i === samples.length - 1 ? null : i,
    trace: EMPTY_TRACE,
  }));
  return decideFinals(finalists, raced(samples));
}

describe('finals', () => {
  it('give the speed-up from rounds in which both ran, not from the times apart', () => {
    // The machine slows down by and by: the times spread widely, their ratios are always 2.
    const slower = Array.from({ length: 11 }, (_, n) => 50 * (n + 1));
    const baseline = slower.map((ns) => 2 * ns);
    // Ratios 1 to 11, in no order: of eleven rounds the second-lowest and the second-highest are the interval.
    const shuffled = [3, 9, 1, 7, 11, 5, 2, 10, 6, 4, 8];
    const varied = baseline.map((ns, n) => ns / (shuffled[n] ?? 1));
    const finals = decide([slower, varied, baseline]);
    expect(finals?.times.get(0)).toMatchObject({ medianNs: 300, speedup: 2, speedupInterval: [2, 2] });
    const second = finals?.times.get(1);
    expect(second).toMatchObject({ medianNs: median(varied), samplesNs: varied });
    expect(second?.speedup).toBeCloseTo(6);
    expect(second?.speedupInterval).toEqual([expect.closeTo(2, 9), expect.closeTo(10, 9)]);
    expect(finals?.times.get(BASELINE_TRIAL)).toMatchObject({
      medianNs: 600,
      speedup: null,
      speedupInterval: null,
    });
  });

  it('are won by the highest speed-up, even against a lower median', () => {
    const drifting = decide([
      [50, 90, 95],
      [70, 60, 100],
      [100, 100, 190],
    ]);
    expect(drifting?.times.get(0)).toMatchObject({ medianNs: 90, speedup: 2 });
    expect(drifting?.times.get(1)?.medianNs).toBe(70);
    // At the speed at which the baseline's median was taken.
    expect(drifting?.winner).toEqual({ trial: 0, ns: 50 });
  });

  it('compare candidates over all of their rounds when a slow baseline ran in fewer', () => {
    // In the one round of the baseline the second was faster by accident.
    const finals = decide([[50, 50, 50, 50, 50], [40, 55, 55, 55, 55], [1000]]);
    expect(finals?.times.get(0)?.speedup).toBe(20);
    expect(finals?.times.get(1)?.speedup).toBe(25);
    expect(finals?.winner).toEqual({ trial: 0, ns: 50 });
  });

  it('are won by the baseline when nothing is faster', () => {
    expect(decide([[55], [52], [40]])?.winner).toEqual({ trial: BASELINE_TRIAL, ns: 40 });
  });

  it('go by the medians when the baseline failed', () => {
    const finals = decide([[45, 46, 47], [44, 43, 60], null]);
    expect(finals?.times.get(0)).toMatchObject({ medianNs: 46, speedup: null, speedupInterval: null });
    expect(finals?.times.has(BASELINE_TRIAL)).toBe(false);
    expect(finals?.winner).toEqual({ trial: 1, ns: 44 });
  });

  it('leave out what failed in them, and decide nothing when nothing ran', () => {
    expect(decide([null, [70], [140]])).toMatchObject({ winner: { trial: 1, ns: 70 } });
    expect(decide([null, null])).toBeNull();
    expect(decideFinals([{ trial: 0, trace: EMPTY_TRACE }], failed('lost', 'the worker died'))).toBeNull();
  });
});
