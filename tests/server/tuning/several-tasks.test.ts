/** @file Tunes of several programs: the search and the database are real, only the times are made up. */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../db/open.js';
import { listRounds } from '../../../db/rounds.js';
import type { TuneOrder } from '../../../db/tune-record.js';
import { getTune } from '../../../db/tunes.js';
import { budgetOf } from '../../../shared/protocol/budget.js';
import { EMPTY_TRACE, failed } from '../../../shared/protocol/measure.js';
import { SearchOptionsSchema } from '../../../shared/protocol/search-options.js';
import { at } from '../../../shared/support/errors.js';
import { temporaryDatabase } from '../../db/harness.js';
import { measured } from '../../db/records.js';
import { matmul } from '../../shared/schedule/programs.js';
import { BASELINE_NS, fakeQueue, isBaseline, timeOf, type FakeQueue } from './fake-queue.js';
import { queued, tuningOn } from './whole-tune.js';

const FUNCS = [matmul(8), matmul(16), matmul(24)];

function searchOf(kind: 'gradient' | 'round-robin', trialsPerRound = 4) {
  const evolution = { populationSize: 16, initMinUnmeasured: 8, geneticNumIters: 2 };
  return SearchOptionsSchema.parse({ trialsPerRound, scheduler: { kind }, evolution });
}

/** Runs a tune of all functions to its end. */
async function tuned(order: Partial<TuneOrder>, queue: FakeQueue = fakeQueue()) {
  const db = temporaryDatabase();
  const { ended, close } = tuningOn({ db, queue });
  const tune = await ended(queued(db, 1, FUNCS, order));
  await close();
  return { db, tune, queue };
}

/** The task of each round of the tune. */
function turnsOf(db: Database, id: string): number[] {
  const turns = getTune(db, id).tasks.flatMap((task) =>
    listRounds(db, task.id).map(({ turn }) => ({ turn, task: task.position })),
  );
  const sorted = turns.toSorted((a, b) => a.turn - b.turn);
  expect(sorted.map(({ turn }) => turn)).toEqual(sorted.map((_, i) => i));
  return sorted.map(({ task }) => task);
}

describe('a tune of several tasks', () => {
  it('gives them turns, and each its own baseline, best and finals', async () => {
    const budget = budgetOf({ trials: 24, perTask: {} }, 3);
    const { db, tune, queue } = await tuned({ budget, search: searchOf('round-robin') });
    expect(tune).toMatchObject({ status: 'succeeded', error: null });
    expect(turnsOf(db, tune.id)).toEqual([0, 1, 2, 0, 1, 2]);
    for (const task of tune.tasks) {
      expect(task).toMatchObject({
        measured: 8,
        failed: 0,
        baselineNs: BASELINE_NS,
        done: true,
        error: null,
      });
      expect(task.bestNs).toBeLessThan(BASELINE_NS);
    }
    expect(queue.measurements.slice(0, 3).map(({ trace }) => trace)).toEqual(
      [0, 1, 2].map(() => EMPTY_TRACE),
    );
    expect(queue.races.map(({ script }) => script)).toEqual(tune.tasks.map(({ script }) => script));
  });

  it('gives most rounds to the task that takes most of the time', async () => {
    const scripts = new Map<string, number>();
    // The first program never gets faster and is by far the slowest.
    const time = (script: string) => {
      if (!scripts.has(script)) scripts.set(script, scripts.size);
      return scripts.get(script) === 0 ? 1e6 : 1e3;
    };
    const queue = fakeQueue({ measure: ({ script }) => measured(time(script)) });
    const budget = budgetOf({ trials: 40, perTask: {} }, 3);
    const { db, tune } = await tuned({ budget, search: searchOf('gradient') }, queue);
    const turns = turnsOf(db, tune.id);
    expect(turns.slice(0, 3)).toEqual([0, 1, 2]);
    expect(turns.slice(3)).toEqual(turns.slice(3).map(() => 0));
  });

  it('ends each task when its own budget is spent, the finals at once, and gives the rest to the others', async () => {
    const budget = budgetOf({ trials: 20, perTask: { patience: 2 } }, 3);
    let first = '';
    const queue = fakeQueue({
      measure: ({ script, trace }, n) => {
        if (n === 0) first = script;
        if (isBaseline(trace) || script === first) return measured(BASELINE_NS);
        return measured(BASELINE_NS * 0.9 ** n);
      },
    });
    const { db, tune } = await tuned({ budget, search: searchOf('round-robin', 2) }, queue);
    expect(tune.tasks.map((task) => task.measured)).toEqual([4, 8, 8]);
    expect(turnsOf(db, tune.id)).toEqual([0, 1, 2, 0, 1, 2, 1, 2, 1, 2]);
    expect(queue.races[0]?.script).toBe(tune.tasks[0].script);
    const asked = queue.measurements.findLastIndex(({ script }) => script === first);
    expect(asked).toBeLessThan(queue.measurements.length - 8);
  });

  it('goes on without a task whose program cannot be measured, and says so', async () => {
    const queue = fakeQueue({
      measure: ({ trace }, n) => (n === 1 ? failed('trap', 'unreachable') : measured(timeOf(trace))),
    });
    const budget = budgetOf({ trials: 8, perTask: {} }, 3);
    const { tune } = await tuned({ budget, search: searchOf('gradient') }, queue);
    expect(tune).toMatchObject({ status: 'succeeded', error: null });
    expect(tune.tasks.map(({ measured: count, done, error }) => [count, done, error?.code])).toEqual([
      [4, true, undefined],
      [0, true, 'BASELINE_FAILED'],
      [4, true, undefined],
    ]);
  });

  it('fails when none of them comes to anything', async () => {
    const queue = fakeQueue({ measure: () => failed('oom', 'too much') });
    const { tune } = await tuned({ search: searchOf('gradient') }, queue);
    expect(tune).toMatchObject({
      status: 'failed',
      error: { code: 'BASELINE_FAILED', message: expect.stringContaining('none of the 3 tasks') as string },
    });
    expect(queue.measurements).toHaveLength(3);
  });

  it('begins no search before its baseline is there: a worker that cannot start is told as that', async () => {
    const queue: FakeQueue = {
      ...fakeQueue({ measure: () => failed('lost', 'no worker') }),
      engine: () => Promise.reject(new Error('no worker')),
    };
    const { tune } = await tuned({ search: { ...searchOf('gradient'), warmStart: true } }, queue);
    expect(at(tune.tasks, 0).error).toMatchObject({ code: 'BASELINE_FAILED', reasons: [{ code: 'lost' }] });
  });
});
