import { describe, expect, it } from 'vitest';
import type { TrialRecord } from '../../../db/candidates.js';
import type { RoundRecord } from '../../../db/rounds.js';
import { progressOf } from '../../../server/tuning/task-progress.js';
import { EMPTY_TRACE } from '../../../shared/protocol/measure.js';

/** Rounds as they follow each other, by how many candidates they proposed; each begins 100 ms after the last. */
function rounds(...proposed: readonly number[]): RoundRecord[] {
  let firstTrial = 0;
  return proposed.map((count, round) => {
    const record = { round, turn: 3 * round, firstTrial, proposed: count, generated: 9, rejected: {} };
    firstTrial += count;
    return { ...record, searchMs: 20, exhausted: false, createdAt: 1000 + 100 * round };
  });
}

/** Trials that end 10 ms after each other, from 1010 on. */
function trials(...latencies: readonly (number | null)[]): TrialRecord[] {
  return latencies.map((latencyNs, trial) => ({
    trial,
    round: 0,
    trace: EMPTY_TRACE,
    traceHash: `trace ${trial}`,
    programHash: `program ${trial}`,
    latencyNs,
    createdAt: 1010 + 10 * trial,
  }));
}

const COMMON = { weight: 2, baselineNs: 100, isDone: false };

describe('the progress of a task', () => {
  it('follows from its complete rounds', () => {
    const progress = progressOf({ ...COMMON, rounds: rounds(2, 3), trials: trials(120, 90, null, 95, 70) });
    expect(progress).toEqual({
      weight: 2,
      isDone: false,
      trials: 5,
      // 20 ms of search and two trials; then 20 ms of search, the trials having ended before it.
      seconds: (20 + 20 + 20) / 1000,
      baselineNs: 100,
      bestAfterRounds: [90, 70],
      turns: [0, 3],
      emptyRounds: 0,
      isExhausted: false,
      openRound: null,
    });
  });

  it('leaves out the round that was begun, but not the time it took', () => {
    const [first, second] = rounds(2, 3);
    const open = { ...COMMON, rounds: rounds(2, 3), trials: trials(80, 90, 10) };
    expect(progressOf(open)).toMatchObject({
      trials: 2,
      bestAfterRounds: [80],
      turns: [0],
      openRound: second,
    });
    expect(progressOf({ ...open, trials: [], rounds: rounds(2) })).toMatchObject({
      trials: 0,
      openRound: first,
    });
  });

  it('counts empty rounds since the last that had a proposal', () => {
    const empty = (...proposed: number[]) =>
      progressOf({ ...COMMON, rounds: rounds(...proposed), trials: trials(1, 2) }).emptyRounds;
    expect([empty(2), empty(2, 0), empty(0, 2), empty(0, 0, 2, 0, 0)]).toEqual([0, 1, 0, 2]);
    expect(progressOf({ ...COMMON, rounds: rounds(0, 0), trials: [] }).emptyRounds).toBe(2);
    expect(progressOf({ ...COMMON, rounds: [], trials: [] }).emptyRounds).toBe(0);
  });

  it('knows that the search has nothing more once the round is complete', () => {
    const last = rounds(2).map((round) => ({ ...round, exhausted: true }));
    expect(progressOf({ ...COMMON, rounds: last, trials: trials(1, 2) }).isExhausted).toBe(true);
    expect(progressOf({ ...COMMON, rounds: last, trials: trials(1) }).isExhausted).toBe(false);
  });

  it('of a program that cannot be measured has no time to improve on', () => {
    expect(progressOf({ ...COMMON, baselineNs: null, rounds: [], trials: [] }).baselineNs).toBe(Infinity);
  });
});
