/** @file Tunes of several programs, over HTTP. */
import { describe, expect, it } from 'vitest';
import { recordTaskDone, recordTrial } from '../../../db/outcomes.js';
import { getTune } from '../../../db/tunes.js';
import { BestSchema, CandidatePageSchema } from '../../../shared/protocol/candidate.js';
import { TunePageSchema, TuneSchema } from '../../../shared/protocol/tune.js';
import { at } from '../../../shared/support/errors.js';
import { result } from '../../db/records.js';
import { problemOf, submit, submitted, testApp, TWO_FUNCTIONS } from '../harness.js';

const SMALL = 'matmul:m=8,n=8,k=8';

async function withTasks() {
  const service = testApp();
  const tasks = [{ workload: SMALL, weight: 3 }, { workload: 'vecadd:n=16' }];
  const tune = await submitted(service, { tasks });
  const rows = getTune(service.db, tune.id).tasks;
  const look = async () => TuneSchema.parse((await service.app.inject(tune.links.self)).json());
  return { ...service, tune, first: rows[0].id, second: at(rows, 1).id, look };
}

describe('a tune of several tasks', () => {
  it('is submitted as a list of programs with their weights', async () => {
    const { tune } = await withTasks();
    expect(tune.tasks).toMatchObject([
      { name: 'matmul', workload: SMALL, weight: 3, flops: 1024, done: false, error: null },
      { name: 'vecadd', workload: 'vecadd:n=16', weight: 1, flops: 16, done: false, error: null },
    ]);
    expect(tune.budget.trials).toBe(128);
  });

  it('is what a script of several functions makes, unless one is chosen', async () => {
    const service = testApp();
    const both = await submitted(service, { script: TWO_FUNCTIONS });
    expect(both.tasks.map(({ name, workload }) => [name, workload])).toEqual([
      ['first', null],
      ['second', null],
    ]);
    const mixed = {
      tasks: [
        { script: TWO_FUNCTIONS, weight: 2 },
        { script: TWO_FUNCTIONS, func: 'second' },
      ],
    };
    const { tasks } = await submitted(service, mixed);
    expect(tasks.map(({ name, weight }) => [name, weight])).toEqual([
      ['first', 2],
      ['second', 2],
      ['second', 1],
    ]);
  });

  it('adds up trials, and times by their weights as soon as all are known', async () => {
    const { db, first, second, look } = await withTasks();
    recordTrial(db, result(first, -1, 4e6));
    recordTrial(db, result(first, 0, 2e6));
    recordTrial(db, result(first, 1, 'trap'));
    expect(await look()).toMatchObject({ baselineMs: null, bestMs: null, speedup: null, gflops: null });
    recordTrial(db, result(second, -1, 3e6));
    recordTrial(db, result(second, 0, 'trap'));
    expect(await look()).toMatchObject({
      trials: { done: 3, measured: 1, failed: 2 },
      failures: { trap: 2 },
      baselineMs: 3 * 4 + 3,
      bestMs: 3 * 2 + 3,
      speedup: 15 / 9,
      gflops: (3 * 1024 + 16) / 9e6,
      tasks: [{ speedup: 2 }, { speedup: 1, failures: { trap: 1 } }],
    });
  });

  it('leaves out of the sums what cannot be measured', async () => {
    const { db, first, second, look } = await withTasks();
    recordTrial(db, result(first, -1, 4e6));
    recordTrial(db, result(second, -1, 'trap'));
    const error = { code: 'BASELINE_FAILED', message: 'no', reasons: [] };
    recordTaskDone(db, { taskId: second, error, at: 5 });
    expect(await look()).toMatchObject({ baselineMs: 12, tasks: [{ done: false }, { done: true, error }] });
  });

  it('has its results by task', async () => {
    const { app, db, tune, first, second } = await withTasks();
    for (const [task, ns] of [
      [first, 2e6],
      [second, 3e6],
    ] as const) {
      recordTrial(db, result(task, -1, 4e6));
      recordTrial(db, result(task, 0, ns));
    }
    const [one, other] = tune.tasks;
    const bestOf = async (url = '') => BestSchema.parse((await app.inject(url)).json());
    expect(await bestOf(one?.links.best)).toMatchObject({ workload: SMALL, bestMs: 2 });
    expect(await bestOf(other?.links.best)).toMatchObject({ workload: 'vecadd:n=16', bestMs: 3 });
    const page = CandidatePageSchema.parse(
      (await app.inject(`/v1/tunes/${tune.id}/candidates?task=1&limit=1`)).json(),
    );
    expect(page.items).toMatchObject([{ baseline: true, medianNs: 4e6 }]);
    const next = CandidatePageSchema.parse((await app.inject(page.next ?? '')).json());
    expect(next.items).toMatchObject([{ trial: 0, medianNs: 3e6 }]);
    const wasm = await app.inject(other?.links.wasm ?? '');
    expect(wasm.headers['content-type']).toBe('application/wasm');
  });

  it.each(['candidates', 'rounds', 'best', 'best.wasm'])(
    'has no %s of a task that is not there',
    async (part) => {
      const { app, tune } = await withTasks();
      const missing = problemOf(await app.inject(`/v1/tunes/${tune.id}/${part}?task=2`));
      expect(missing).toMatchObject({ status: 404, code: 'TASK_NOT_FOUND' });
      expect(problemOf(await app.inject(`/v1/tunes/${tune.id}/${part}?task=x`)).status).toBe(400);
    },
  );

  it('stands in lists without its scripts', async () => {
    const { app } = await withTasks();
    const { items } = TunePageSchema.parse((await app.inject('/v1/tunes')).json());
    expect(items[0]?.tasks.map(({ name }) => name)).toEqual(['matmul', 'vecadd']);
  });

  it.each([
    [
      'a program beside the list',
      { workload: SMALL, tasks: [{ workload: SMALL }] },
      400,
      { pointer: '/tasks' },
    ],
    ['an empty list', { tasks: [] }, 400, { pointer: '/tasks' }],
    ['no program in it', { tasks: [{ weight: 1 }] }, 400, { pointer: '/tasks/0/workload' }],
    ['a weight of nothing', { tasks: [{ workload: SMALL, weight: 0 }] }, 400, { pointer: '/tasks/0/weight' }],
    [
      'an unknown workload in it',
      { tasks: [{ workload: SMALL }, { workload: 'matmull' }] },
      422,
      { pointer: '/tasks/1/workload', code: 'UNKNOWN_WORKLOAD' },
    ],
    [
      'an unknown function',
      { tasks: [{ script: TWO_FUNCTIONS, func: 'third' }] },
      422,
      { pointer: '/tasks/0/func', code: 'UNKNOWN_FUNCTION' },
    ],
    [
      'too many functions',
      { tasks: Array.from({ length: 65 }, () => ({ script: TWO_FUNCTIONS })) },
      422,
      { pointer: '/tasks', code: 'TOO_MANY_TASKS' },
    ],
  ])('is refused with %s', async (_, body, status, expected) => {
    const service = testApp();
    expect(problemOf(await submit(service, body))).toMatchObject({ status, ...expected });
    expect(service.tuner.notified()).toBe(0);
  });
});
