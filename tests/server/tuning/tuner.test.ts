import { budgetOf } from '../../../shared/protocol/budget.js';
import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL } from '../../../db/candidate-record.js';
import { getTune } from '../../../db/tunes.js';
import { failed, type FailureCode } from '../../../shared/protocol/measure.js';
import { measured } from '../../db/records.js';
import { fakeQueue, isBaseline, raced, timeOf } from './fake-queue.js';
import { QUICK_SEARCH } from './search-specs.js';
import { candidatesOf, memoryDatabase, queue16, tuned, tunerOn, TRIALS } from './tuner-harness.js';

describe('a tune', () => {
  it('runs to its end and knows its winner', async () => {
    const queue = fakeQueue();
    const { db, id, tune, errors } = await tuned(queue);
    expect(tune).toMatchObject({
      status: 'succeeded',
      error: null,
      startedAt: 1000,
      finishedAt: 1000,
      tasks: [{ measured: TRIALS, failed: 0 }],
    });
    const fastest = candidatesOf(db, id).reduce((a, b) => (timeOf(b.trace) < timeOf(a.trace) ? b : a));
    expect(tune.tasks[0].bestTrial).toBe(fastest.trial);
    expect(fastest.final?.speedupInterval?.[0]).toBeGreaterThan(1);
    expect(errors).toEqual([]);
  });

  it('with every candidate slower than the program keeps the program', async () => {
    const { tune } = await tuned(
      fakeQueue({
        measure: ({ trace }) => measured(isBaseline(trace) ? 10 : timeOf(trace)),
        race: ({ traces }) => raced(traces.map((trace) => [isBaseline(trace) ? 10 : timeOf(trace)])),
      }),
    );
    expect(tune).toMatchObject({ status: 'succeeded', tasks: [{ bestTrial: BASELINE_TRIAL, bestNs: 10 }] });
  });

  it('of which the program cannot be measured fails, and says why', async () => {
    const queue = fakeQueue({ measure: () => failed('oom', 'needs 9 bytes of memory') });
    const { tune } = await tuned(queue);
    expect(tune).toMatchObject({
      status: 'failed',
      error: {
        code: 'BASELINE_FAILED',
        reasons: [{ code: 'oom', count: 1, message: 'needs 9 bytes of memory' }],
      },
    });
    expect(queue.measurements).toHaveLength(1);
  });

  it('of which every candidate fails fails, and names the most frequent reasons', async () => {
    const codes: FailureCode[] = [
      'trap',
      'lost',
      'timeout',
      'timeout',
      'wrong_result',
      'timeout',
      'lost',
      'oom',
      'oom',
      'oom',
      'oom',
    ];
    const queue = fakeQueue({
      measure: (_, n) => (n === 0 ? measured(100) : failed(codes[n - 1] ?? 'trap', `trial ${n - 1}`)),
    });
    const { tune } = await tuned(queue, { budget: budgetOf({ trials: codes.length, perTask: {} }, 1) });
    expect(tune).toMatchObject({
      status: 'failed',
      error: {
        code: 'NO_CANDIDATE',
        message: 'all 11 candidates failed',
        reasons: [
          { code: 'oom', count: 4, message: 'trial 7' },
          { code: 'timeout', count: 3, message: 'trial 2' },
          { code: 'lost', count: 2, message: 'trial 1' },
        ],
      },
      tasks: [{ baselineNs: 100, bestTrial: BASELINE_TRIAL }],
    });
    expect(queue.races).toEqual([]);
  });

  it('goes on after candidates that fail or are lost', async () => {
    const queue = fakeQueue({
      measure: ({ trace }, n) => (n === 2 ? failed('lost', 'died') : measured(timeOf(trace))),
    });
    const { tune } = await tuned(queue);
    expect(tune).toMatchObject({
      status: 'succeeded',
      tasks: [{ measured: TRIALS - 1, failures: { lost: 1 } }],
    });
  });

  it('stops when its seconds are over, from its start on', async () => {
    const db = memoryDatabase();
    const id = queue16(db, 1, { budget: budgetOf({ trials: 1000, seconds: 5, perTask: {} }, 1) });
    const clock = { now: 1000 };
    const queue = fakeQueue({
      measure: ({ trace }) => {
        clock.now += 1000;
        return measured(timeOf(trace));
      },
    });
    const { tuner, ended } = tunerOn(db, queue, clock);
    tuner.notify();
    expect(await ended(id)).toMatchObject({ status: 'succeeded', tasks: [{ measured: 4 }] });
  });

  it('that meets a defect of ours fails alone, and not again', async () => {
    const db = memoryDatabase();
    const [bad, good] = [queue16(db, 1), queue16(db, 2)];
    const queue = fakeQueue({
      measure: ({ trace }, n) => {
        if (n === 2) throw new TypeError('undefined is not a function');
        return measured(timeOf(trace));
      },
    });
    const { tuner, ended, errors } = tunerOn(db, queue);
    tuner.notify();
    expect(await ended(good)).toMatchObject({ status: 'succeeded' });
    expect(getTune(db, bad)).toMatchObject({ status: 'failed', error: { code: 'INTERNAL', reasons: [] } });
    expect(JSON.stringify(getTune(db, bad).error)).not.toContain('undefined');
    expect(errors).toMatchObject([{ tune: bad, err: { message: 'undefined is not a function' } }]);
  });
});

describe('tunes', () => {
  it('run one at a time: by priority, then in the order of submission', async () => {
    const db = memoryDatabase();
    const ids = [
      queue16(db, 1),
      queue16(db, 2, { priority: -1 }),
      queue16(db, 3, { priority: 5 }),
      queue16(db, 4),
    ];
    const order: string[] = [];
    const queue = fakeQueue({
      measure: ({ trace }) => {
        const running = ids.filter((id) => getTune(db, id).status === 'running');
        expect(running).toHaveLength(1);
        if (isBaseline(trace)) order.push(...running);
        return measured(timeOf(trace));
      },
    });
    const { tuner, ended } = tunerOn(db, queue);
    tuner.notify();
    for (const id of ids) await ended(id);
    expect(order).toEqual([ids[2], ids[0], ids[3], ids[1]]);
  });

  it('that are submitted while others run, or after, are taken when they are told of', async () => {
    const db = memoryDatabase();
    const first = queue16(db, 1);
    const { tuner, ended } = tunerOn(db, fakeQueue());
    tuner.notify();
    const second = queue16(db, 2);
    tuner.notify();
    await ended(first);
    await ended(second);
    const third = queue16(db, 3);
    tuner.notify();
    expect(await ended(third)).toMatchObject({ status: 'succeeded' });
  });

  it('learn from others for the same target only when they want to', async () => {
    const db = memoryDatabase();
    const ids = [
      queue16(db, 1),
      queue16(db, 2),
      queue16(db, 3, { search: { ...QUICK_SEARCH, warmStart: false } }),
      queue16(db, 4, { target: 'wasm' }),
    ];
    let now = 1000;
    const clock = {
      get now() {
        return now++;
      },
    };
    const { tuner, ended, specs } = tunerOn(db, fakeQueue(), clock);
    tuner.notify();
    for (const id of ids) await ended(id);
    expect(specs.map(({ warm }) => warm.length)).toEqual([0, 1 + TRIALS, 0, 0]);
  });
});

describe('files', () => {
  it('are built from the best candidate', async () => {
    const wasm = Buffer.from([0, 97, 115, 109]);
    const built = { status: 'built', wasmBase64: wasm.toString('base64'), mjs: 'js', dts: 'types' } as const;
    const queue = fakeQueue({ artifact: () => built });
    const { db, id, tune, tuner } = await tuned(queue);
    expect(await tuner.buildArtifacts(id, 0)).toEqual({ wasm, mjs: 'js', dts: 'types' });
    const best = candidatesOf(db, id).find(({ trial }) => trial === tune.tasks[0].bestTrial);
    expect(queue.artifacts).toEqual([
      { script: tune.tasks[0].script, target: 'wasm-simd128', fileName: 'best', trace: best?.trace },
    ]);
  });

  it('there are none before something is measured', async () => {
    const db = memoryDatabase();
    const id = queue16(db);
    const { tuner } = tunerOn(db, fakeQueue());
    await expect(tuner.buildArtifacts(id, 0)).rejects.toMatchObject({
      name: 'InputError',
      code: 'NO_RESULT',
    });
  });

  it('that cannot be built any more are a defect', async () => {
    const { id, tuner } = await tuned(fakeQueue({ artifact: () => failed('trap', 'unreachable') }));
    await expect(tuner.buildArtifacts(id, 0)).rejects.toThrow('could not be built again: unreachable');
  });
});
