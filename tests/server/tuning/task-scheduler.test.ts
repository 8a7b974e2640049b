import { describe, expect, it } from 'vitest';
import { gradient, roundRobin, type SchedulerTask } from '../../../server/tuning/task-scheduler.js';
import { createRng } from '../../../shared/support/rng.js';

const rng = createRng(0);
const task = (bestAfterRounds: readonly number[], options: Partial<SchedulerTask> = {}): SchedulerTask => ({
  weight: 1,
  isDone: false,
  bestAfterRounds,
  ...options,
});
const DONE = { isDone: true };

describe('the round-robin scheduler', () => {
  it('takes the tasks in turn, leaving out those that are done', () => {
    expect(roundRobin([task([]), task([])], rng)).toBe(0);
    expect(roundRobin([task([5]), task([])], rng)).toBe(1);
    expect(roundRobin([task([5]), task([5])], rng)).toBe(0);
    expect(roundRobin([task([5], DONE), task([5, 5, 5])], rng)).toBe(1);
    expect(roundRobin([task([5], DONE)], rng)).toBeNull();
  });

  it('gives three tasks of 101 trials in batches of six exactly 101 each', () => {
    const trials = [0, 0, 0];
    for (;;) {
      const next = roundRobin(
        trials.map((n) => task(Array<number>(Math.ceil(n / 6)).fill(1), { isDone: n >= 101 })),
        rng,
      );
      if (next === null) break;
      trials[next] = Math.min(101, (trials[next] ?? 0) + 6);
    }
    expect(trials).toEqual([101, 101, 101]);
  });
});

describe('the gradient scheduler', () => {
  const schedule = gradient({ alpha: 0.2, window: 3 });

  it('gives every task a round first', () => {
    expect(schedule([task([100]), task([], { weight: 0.001 }), task([])], rng)).toBe(1);
  });

  it('prefers what takes longest, by weight', () => {
    expect(schedule([task([100]), task([300])], rng)).toBe(1);
    expect(schedule([task([100], { weight: 4 }), task([300])], rng)).toBe(0);
  });

  it('prefers what has improved lately over what has stood still', () => {
    const still = task([100, 100, 100, 100, 100]);
    const moving = task([160, 150, 130, 110, 100]);
    expect(schedule([still, moving], rng)).toBe(1);
    // By hand: 0.2 * (150 - 100) / 3 + 0.8 * 100 / 5 against 0.8 * 120 / 5 + 0.
    expect(schedule([task([120, 120, 120, 120, 120]), moving], rng)).toBe(1);
    expect(schedule([task([130, 130, 130, 130, 130]), moving], rng)).toBe(0);
  });

  it('turns to the others as rounds go by', () => {
    expect(schedule([task(Array<number>(20).fill(300)), task([100])], rng)).toBe(1);
  });

  it('leaves out what is done, and ends', () => {
    expect(schedule([task([900], DONE), task([1])], rng)).toBe(1);
    expect(schedule([task([], DONE)], rng)).toBeNull();
    expect(schedule([], rng)).toBeNull();
  });

  it('breaks ties by the generator alone', () => {
    const equal = [task([5]), task([5]), task([5])];
    const draws = (seed: number): (number | null)[] => {
      const stream = createRng(seed);
      return Array.from({ length: 30 }, () => schedule(equal, stream));
    };
    expect(draws(1)).toEqual(draws(1));
    expect(new Set(draws(1)).size).toBe(3);
  });
});
