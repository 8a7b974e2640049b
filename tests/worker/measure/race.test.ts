import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { race } from '../../../worker/measure/race.js';

const MS = 1e6;

interface Course {
  /** Cost of each racer on the undisturbed machine, nanoseconds per run. */
  readonly costs: readonly number[];
  /** How much slower everything is at a moment. */
  readonly slowdown: (timeNs: number) => number;
  readonly rounds: number;
  readonly allowanceNs?: number;
}

function hold({ costs, slowdown, rounds, allowanceNs = Infinity }: Course): {
  medians: number[];
  samples: number[][];
  turns: number[];
} {
  let time = 0;
  let state = 12345;
  const turns: number[] = [];
  const timings = race(
    costs.map((cost) => (runs: number) => {
      time += runs * cost * slowdown(time);
    }),
    { rounds, minSampleNs: 5 * MS, allowanceNs },
    {
      now: () => time,
      nextInt: (max) => {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        return (state >>> 8) % max;
      },
      onTurn: (index) => turns.push(index),
    },
  );
  return { medians: timings.map((t) => t.medianNs), samples: timings.map((t) => t.samplesNs), turns };
}

describe('race', () => {
  it('lets a kernel that is 5 % faster win while the machine gets slower and slower', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e4, max: 1e7, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (cost, drift) => {
          const { medians } = hold({
            costs: [cost * 1.05, cost],
            slowdown: (t) => 1 + (drift * t) / (400 * MS),
            rounds: 20,
          });
          expect(medians[1]).toBeLessThan(medians[0] ?? 0);
        },
      ),
    );
  });

  it('gives every racer one turn per round, in an order that changes', () => {
    const { turns, samples } = hold({ costs: [1e5, 2e5, 3e5], slowdown: () => 1, rounds: 30 });
    expect(samples.map((s) => s.length)).toEqual([30, 30, 30]);
    const rounds = Array.from({ length: 30 }, (_, r) => turns.slice(3 + 3 * r, 6 + 3 * r));
    for (const round of rounds) expect(round.toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
    expect(new Set(rounds.map(String)).size).toBe(6);
  });

  it('lets a racer go that has used up its allowance, and the others finish', () => {
    const { samples, turns } = hold({
      costs: [300 * MS, 10 * MS, 2000 * MS],
      slowdown: () => 1,
      rounds: 21,
      allowanceNs: 1000 * MS,
    });
    expect(samples.map((s) => s.length)).toEqual([4, 21, 1]);
    // After a turn each to calibrate: the first rounds are complete.
    expect(turns.slice(3, 6).toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  });
});
