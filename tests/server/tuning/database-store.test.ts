import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL, NO_ORIGIN } from '../../../db/candidate-record.js';
import { listCandidates } from '../../../db/candidates.js';
import { listRounds } from '../../../db/rounds.js';
import { getTune, setTuneStatus } from '../../../db/tunes.js';
import { databaseStore } from '../../../server/tuning/database-store.js';
import type { TaskStore } from '../../../server/tuning/tune-task.js';
import { EMPTY_TRACE, failed, type TraceJson } from '../../../shared/protocol/measure.js';
import { temporaryDatabase } from '../../db/harness.js';
import { measured, queueTune } from '../../db/records.js';
import { raced } from './fake-queue.js';

const NOW = 5000;

function openStore() {
  const db = temporaryDatabase();
  const {
    id,
    tasks: [task],
  } = queueTune(db);
  setTuneStatus(db, id, { to: 'running', at: NOW });
  let changes = 0;
  const open = (): TaskStore =>
    databaseStore({ db, tuneId: id, task: 0, clock: () => NOW, changed: () => changes++ });
  const taskOf = () => getTune(db, id).tasks[0];
  return { db, id, taskId: task.id, store: open(), reopen: open, changes: () => changes, task: taskOf };
}

const traceOf = (trial: number): TraceJson => [[['Step', [], [trial], []]], []];

/** Records a trial of round `trial / 4`; a time, or lost. */
function record(store: TaskStore, trial: number, ns: number | null): boolean {
  const proposal = {
    trace: traceOf(trial),
    traceHash: `trace ${trial}`,
    programHash: `program ${trial}`,
    origin: trial % 2 === 0 ? NO_ORIGIN : { parent: 0, mutations: ['tile'] },
    predicted: trial / 10,
  };
  const outcome = ns === null ? failed('lost', 'the worker died') : measured(ns);
  return store.recordTrial({ trial, round: trial >> 2 }, proposal, outcome);
}

describe('the store of a task', () => {
  it('knows whether there is a baseline, measured or failed', () => {
    for (const outcome of [measured(100), failed('trap', 'unreachable')]) {
      const { store, reopen } = openStore();
      expect(store.baseline()).toBeNull();
      expect(store.recordBaseline(outcome)).toBe(true);
      expect(store.baseline()).toEqual(outcome);
      expect(reopen().baseline()).toEqual(outcome);
      expect(store.trials()).toEqual([]);
    }
  });

  it('gives trials back as they were recorded, also when it is opened again', () => {
    const { store, reopen, db, taskId } = openStore();
    store.recordBaseline(measured(100));
    for (const [trial, ns] of [90, null, 80, 70, 60].entries()) expect(record(store, trial, ns)).toBe(true);
    expect(store.trials().map(({ trial, round, latencyNs }) => [trial, round, latencyNs])).toEqual([
      [0, 0, 90],
      [1, 0, null],
      [2, 0, 80],
      [3, 0, 70],
      [4, 1, 60],
    ]);
    expect(reopen().trials()).toEqual(store.trials());
    const [, first, second] = listCandidates(db, taskId, { limit: 9 });
    expect(first).toMatchObject({ trace: traceOf(0), origin: NO_ORIGIN, predicted: 0, createdAt: NOW });
    expect(second).toMatchObject({ origin: { parent: 0, mutations: ['tile'] }, predicted: 0.1 });
    expect(second?.outcome).toEqual(failed('lost', 'the worker died'));
  });

  it('knows the best time, of the baseline too', () => {
    const { store } = openStore();
    expect(store.bestNs()).toBeNull();
    store.recordBaseline(measured(100));
    expect(store.bestNs()).toBe(100);
    record(store, 0, 120);
    record(store, 1, 60);
    record(store, 2, null);
    expect(store.bestNs()).toBe(60);
  });

  it('counts trials, and failures by their code', () => {
    const { store, task } = openStore();
    store.recordBaseline(measured(100));
    for (const [trial, ns] of [90, null, 80, null].entries()) record(store, trial, ns);
    expect(task()).toMatchObject({ measured: 2, failed: 2, failures: { lost: 2 }, bestTrial: 2 });
  });

  it('says when the tune is over, and keeps nothing from then on', () => {
    const { store, db, id, taskId, changes } = openStore();
    store.recordBaseline(measured(100));
    setTuneStatus(db, id, { to: 'cancelled', at: NOW });
    expect(record(store, 0, 50)).toBe(false);
    store.recordFinals([{ trial: null, trace: EMPTY_TRACE }], raced([[7]]));
    expect(listCandidates(db, taskId, { limit: 9 })).toHaveLength(1);
    expect(getTune(db, id).tasks[0]).toMatchObject({ bestNs: 100, measured: 0 });
    expect(changes()).toBeGreaterThan(0);
  });

  it('calls after every commit', () => {
    const { store, changes } = openStore();
    store.recordBaseline(measured(100));
    expect(changes()).toBe(1);
    record(store, 0, 50);
    expect(changes()).toBe(2);
    store.recordFinals([{ trial: 0, trace: traceOf(0) }], raced([[40]]));
    expect(changes()).toBe(3);
  });

  it('keeps what was said first of a round', () => {
    const { store, db, taskId } = openStore();
    const turn = { task: 0, turn: 5, round: 0, firstTrial: 0, size: 2, spent: 0 };
    const model = { version: 1 as const, width: 1, trees: [], gains: [0] };
    const searched = (generated: number) => ({
      plan: { proposals: [], generated, rejected: { duplicate: generated }, model, exhausted: true },
      searchMs: 1.5,
    });
    store.recordRound(turn, searched(3));
    store.recordRound(turn, searched(4));
    expect(listRounds(db, taskId)).toEqual([
      {
        round: 0,
        turn: 5,
        firstTrial: 0,
        proposed: 0,
        generated: 3,
        rejected: { duplicate: 3 },
        searchMs: 1.5,
        exhausted: true,
        createdAt: NOW,
      },
    ]);
    expect(store.modelOf(0)).toEqual(model);
    expect([store.modelOf(1), store.modelOf(-1)]).toEqual([null, null]);
  });

  it('there is none of a tune that does not exist', () => {
    const { db } = openStore();
    const open = () => databaseStore({ db, tuneId: 'nowhere', task: 0, clock: () => NOW, changed: () => {} });
    expect(open).toThrow(expect.objectContaining({ code: 'TUNE_NOT_FOUND' }));
  });
});

describe('finals', () => {
  it('are for the fastest candidates, and the baseline, which comes last however fast it is', () => {
    const { store } = openStore();
    store.recordBaseline(measured(65));
    for (const [trial, ns] of [90, null, 70, 60, 80].entries()) record(store, trial, ns);
    const finalists = (count: number) => store.finalists(count).map(({ trial }) => trial);
    expect(finalists(3)).toEqual([3, 2, 4, null]);
    expect(finalists(2)).toEqual([3, 2, null]);
    expect(finalists(9)).toEqual([3, 2, 4, 0, null]);
    expect(store.finalists(1)).toEqual([
      { trial: 3, trace: traceOf(3) },
      { trial: null, trace: EMPTY_TRACE },
    ]);
  });

  it('are without what was not measured', () => {
    const { store } = openStore();
    store.recordBaseline(failed('trap', 'unreachable'));
    record(store, 0, null);
    expect(store.finalists(4)).toEqual([]);
    record(store, 1, 50);
    expect(store.finalists(4).map(({ trial }) => trial)).toEqual([1]);
  });

  /** A store with trials 0 and 1, of which 0 was faster in the search. */
  function searched() {
    const parts = openStore();
    parts.store.recordBaseline(measured(100));
    record(parts.store, 0, 50);
    record(parts.store, 1, 60);
    const candidate = (trial: number) =>
      listCandidates(parts.db, parts.taskId, { limit: 9 }).find((c) => c.trial === trial);
    return {
      ...parts,
      finalists: parts.store.finalists(4),
      final: (trial: number) => candidate(trial)?.final,
    };
  }

  it('decide about the best and the baseline, whatever the search found', () => {
    const { store, finalists, task } = searched();
    store.recordFinals(
      finalists,
      raced([
        [55, 56, 57],
        [51, 52, 53],
        [110, 120, 130],
      ]),
    );
    expect(task()).toMatchObject({ bestTrial: 1, bestNs: expect.closeTo(52) as number, baselineNs: 120 });
  });

  it('are won by the baseline when nothing is faster', () => {
    const { store, finalists, task } = searched();
    store.recordFinals(finalists, raced([[55], [52], [40]]));
    expect(task()).toMatchObject({ bestTrial: BASELINE_TRIAL, bestNs: 40, baselineNs: 40 });
  });

  it('leave out what failed in them', () => {
    const { store, finalists, final, task } = searched();
    store.recordFinals(finalists, raced([null, [70], [140]]));
    expect(final(0)).toBeNull();
    expect(final(1)).toMatchObject({ medianNs: 70, speedupInterval: [2, 2] });
    expect(task()).toMatchObject({ bestTrial: 1, bestNs: 70 });
  });

  it('know no speed-up when the baseline failed in them', () => {
    const { store, finalists, final, task } = searched();
    store.recordFinals(finalists, raced([[45], [70], null]));
    expect(final(0)).toMatchObject({ medianNs: 45, speedupInterval: null });
    expect(final(BASELINE_TRIAL)).toBeNull();
    expect(task()).toMatchObject({ bestTrial: 0, bestNs: 45, baselineNs: 100 });
  });

  it.each([
    ['lost', failed('lost', 'the worker died')],
    ['failed by all', raced([null, null, null])],
  ])('that are %s leave the times of the search', (_, outcome) => {
    const { store, finalists, final, task } = searched();
    store.recordFinals(finalists, outcome);
    expect(task()).toMatchObject({ bestTrial: 0, bestNs: 50, baselineNs: 100 });
    expect([final(0), final(1), final(BASELINE_TRIAL)]).toEqual([null, null, null]);
  });
});
