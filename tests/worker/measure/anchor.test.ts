import { describe, expect, it } from 'vitest';
import { createAnchor } from '../../../worker/measure/anchor.js';

describe('the anchor', () => {
  it('tells the time of one step, the median of some batches', () => {
    // Durations of successive batches, in nanoseconds; a batch reads the clock twice.
    const durations = [260_000, 250_000, 900_000, 240_000, 255_000];
    let [reads, time] = [0, 0];
    const now = (): number => {
      if (reads++ % 2 === 1) time += durations.shift() ?? 0;
      return time;
    };
    expect(createAnchor({ now })()).toBeCloseTo(2.55);
  });
});
