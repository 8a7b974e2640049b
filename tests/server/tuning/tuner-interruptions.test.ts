/** @file Tunes that are cancelled, and services that stop and start again, in the middle. */
import { describe, expect, it } from 'vitest';
import type { Database } from '../../../db/open.js';
import { getTune, setTuneStatus } from '../../../db/tunes.js';
import { temporaryDatabase } from '../../db/harness.js';
import { measured } from '../../db/records.js';
import { fakeQueue, timeOf } from './fake-queue.js';
import { candidatesOf, memoryDatabase, queue16, tuned, tunerOn, TRIALS } from './tuner-harness.js';

describe('cancelling', () => {
  it('ends the tune in the middle: what is under way is dropped, and the next tune begins', async () => {
    const db = memoryDatabase();
    const [first, second] = [queue16(db, 1), queue16(db, 2)];
    let cancel = (): void => {};
    const queue = fakeQueue({
      measure: ({ trace }, n) => {
        if (n !== 3) return measured(timeOf(trace));
        cancel();
        return new Promise<never>(() => {}); // a measurement that would go on for ever
      },
    });
    const { tuner, ended } = tunerOn(db, queue);
    cancel = () => {
      setTuneStatus(db, first, { to: 'cancelled', at: 1000 });
      tuner.cancel(first);
    };
    tuner.notify();
    expect(await ended(second)).toMatchObject({ status: 'succeeded', tasks: [{ measured: TRIALS }] });
    expect(getTune(db, first)).toMatchObject({
      status: 'cancelled',
      error: null,
      tasks: [{ measured: 2, failed: 0 }],
    });
    expect(candidatesOf(db, first)).toHaveLength(3);
  });

  it('a tune that waits leaves the one that runs alone, and the waiting one is never begun', async () => {
    const db = memoryDatabase();
    const [first, second] = [queue16(db, 1), queue16(db, 2)];
    let cancel = (): void => {};
    const queue = fakeQueue({
      measure: ({ trace }, n) => {
        if (n === 2) cancel();
        return measured(timeOf(trace));
      },
    });
    const { tuner, ended } = tunerOn(db, queue);
    cancel = () => {
      setTuneStatus(db, second, { to: 'cancelled', at: 1000 });
      tuner.cancel(second);
    };
    tuner.notify();
    expect(await ended(first)).toMatchObject({ status: 'succeeded', tasks: [{ measured: TRIALS }] });
    expect(candidatesOf(db, second)).toEqual([]);
    expect(queue.measurements).toHaveLength(1 + TRIALS);
  });
});

describe('a service that stops', () => {
  it.each([0, 1, 4, TRIALS])(
    'after %i measurements leaves the tune running, and the next one finishes it',
    async (n) => {
      const whole = await tuned(fakeQueue());
      const db = temporaryDatabase();
      const id = queue16(db);
      let close = (): void => {};
      const interrupted = fakeQueue({
        measure: ({ trace }, k) => {
          if (k === n) close();
          return measured(timeOf(trace));
        },
      });
      const { tuner } = tunerOn(db, interrupted);
      const closed = new Promise<void>((resolve) => {
        close = () => resolve(tuner.close());
      });
      tuner.notify();
      await closed;
      expect(getTune(db, id)).toMatchObject({ status: 'running', tasks: [{ measured: Math.max(0, n - 1) }] });

      const queue = fakeQueue();
      const restarted = tunerOn(db, queue, { now: 9000 });
      restarted.tuner.notify();
      expect(await restarted.ended(id)).toMatchObject({
        status: 'succeeded',
        startedAt: 1000,
        finishedAt: 9000,
      });
      expect(queue.measurements).toHaveLength(1 + TRIALS - n);
      const traces = (parts: { db: Database; id: string }) =>
        candidatesOf(parts.db, parts.id).map(({ trace }) => trace);
      expect(traces({ db, id })).toEqual(traces(whole));
      expect(getTune(db, id).tasks[0]).toEqual({
        ...whole.tune.tasks[0],
        id: expect.any(Number),
        workloadId: expect.any(Number),
      });
    },
  );

  it('is ready until then', async () => {
    const { tuner } = tunerOn(memoryDatabase(), fakeQueue());
    expect(tuner.isReady()).toEqual({ ready: true, checks: { worker: 'ok' } });
    await tuner.close();
    expect(tuner.isReady()).toMatchObject({ ready: false });
  });
});
