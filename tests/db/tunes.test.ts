import { budgetOf } from '../../shared/protocol/budget.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { eventsAfter } from '../../db/events.js';
import { selectOne } from '../../db/statement.js';
import {
  addTune,
  countUnfinishedTunes,
  findByIdempotencyKey,
  findTune,
  getTune,
  listTunes,
  setTuneStatus,
  tuneVersion,
  unfinishedTunes,
} from '../../db/tunes.js';
import { isFinal, NEXT_STATUSES, TUNE_STATUSES, type TuneStatus } from '../../shared/protocol/tune-status.js';
import { temporaryDatabase } from './harness.js';
import { ORDER, program, queueTune, tuneId } from './records.js';

describe('submitted tunes', () => {
  it('come back as they were ordered', () => {
    const db = temporaryDatabase();
    const order = {
      target: 'wasm-relaxed-simd' as const,
      budget: budgetOf({ trials: 7, seconds: 1.5, perTask: { patience: 3 } }, 1),
      seed: Number.MAX_SAFE_INTEGER,
      priority: -3,
      labels: { team: 'a "b" \u0000 \u{1f600}' },
    };
    const workloadSpec = 'add:n=8';
    const tune = queueTune(db, { order, workloadSpec, at: 123 });
    expect(findTune(db, tune.id)).toEqual(tune);
    expect(tune).toMatchObject({
      ...order,
      status: 'queued',
      version: 1,
      createdAt: 123,
      startedAt: null,
      finishedAt: null,
      error: null,
      tasks: [
        {
          position: 0,
          name: 'add',
          workloadSpec,
          weight: 1,
          measured: 0,
          failed: 0,
          failures: {},
          baselineNs: null,
          bestNs: null,
          bestTrial: null,
          flops: 8,
          done: false,
          error: null,
        },
      ],
    });
    expect(tune.tasks[0].script).toBe(program().script);
    expect(tuneVersion(db, tune.id)).toBe(1);
  });

  it('keep their own names though their programs share a workload', () => {
    const db = temporaryDatabase();
    const one = queueTune(db, { id: 1 });
    const other = queueTune(db, { id: 2, program: program(8, { input: 'Other' }) });
    expect(other.tasks[0].workloadId).toBe(one.tasks[0].workloadId);
    expect(other.tasks[0].script).toContain('Other');
    expect(one.tasks[0].script).not.toContain('Other');
  });

  it('leave nothing behind when they cannot be stored', () => {
    const db = temporaryDatabase();
    queueTune(db, { id: 1 });
    expect(() => queueTune(db, { id: 1, program: program(99) })).toThrow(/UNIQUE/);
    const count = (table: string) =>
      selectOne(db, z.object({ n: z.int() }), `SELECT count(*) AS n FROM ${table}`)?.n;
    expect([count('tunes'), count('tasks'), count('workloads'), count('events')]).toEqual([1, 1, 1, 1]);
  });

  it('are not found by another id', () => {
    const db = temporaryDatabase();
    expect(findTune(db, tuneId(1))).toBeUndefined();
    expect(tuneVersion(db, tuneId(1))).toBeUndefined();
    expect(() => getTune(db, tuneId(1))).toThrow(expect.objectContaining({ code: 'TUNE_NOT_FOUND' }));
  });
});

const TASKS = [{ program: program(), workloadSpec: null, weight: 1 }];

describe('an idempotency key', () => {
  it('finds its tune, and refuses another body', () => {
    const db = temporaryDatabase();
    const idempotency = { key: 'k', requestHash: 'h' };
    expect(findByIdempotencyKey(db, idempotency)).toBeUndefined();
    queueTune(db, { id: 1 });
    const tune = addTune(db, { id: tuneId(2), order: ORDER, tasks: TASKS, at: 1, idempotency });
    expect(findByIdempotencyKey(db, idempotency)).toEqual(tune);
    expect(() => findByIdempotencyKey(db, { key: 'k', requestHash: 'other' })).toThrow(
      expect.objectContaining({ code: 'IDEMPOTENCY_KEY_REUSED' }),
    );
    expect(findByIdempotencyKey(db, { key: 'other', requestHash: 'h' })).toBeUndefined();
  });
});

describe('lists of tunes', () => {
  it('are paged by id, the latest first, while tunes are added', () => {
    const db = temporaryDatabase();
    for (let i = 1; i <= 7; i++) queueTune(db, { id: i });
    const seen: string[] = [];
    let before: string | undefined;
    for (let page = 0; page < 10; page++) {
      const rows = listTunes(db, { limit: 3, before });
      seen.push(...rows.map((tune) => tune.id));
      before = rows.at(-1)?.id;
      if (rows.length < 3) break;
      queueTune(db, { id: 100 + page });
    }
    expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map(tuneId));
  });

  it('are filtered by status and target', () => {
    const db = temporaryDatabase();
    queueTune(db, { id: 1 });
    queueTune(db, { id: 2, order: { target: 'wasm' } });
    queueTune(db, { id: 3 });
    setTuneStatus(db, tuneId(3), { to: 'running', at: 1 });
    const ids = (filter: Parameters<typeof listTunes>[1]) => listTunes(db, filter).map((tune) => tune.id);
    expect(ids({ limit: 9, target: 'wasm' })).toEqual([tuneId(2)]);
    expect(ids({ limit: 9, status: 'running' })).toEqual([tuneId(3)]);
    expect(ids({ limit: 9, status: 'running', target: 'wasm' })).toEqual([]);
  });

  it('of what is unfinished are in the order of priority, then of submission', () => {
    const db = temporaryDatabase();
    for (const [i, priority] of [0, 5, -1, 5].entries()) queueTune(db, { id: i, order: { priority } });
    setTuneStatus(db, tuneId(0), { to: 'running', at: 1 });
    expect(unfinishedTunes(db).map((tune) => tune.id)).toEqual([1, 3, 0, 2].map(tuneId));
    setTuneStatus(db, tuneId(1), { to: 'cancelled', at: 2 });
    setTuneStatus(db, tuneId(2), { to: 'paused', at: 2 });
    expect(unfinishedTunes(db).map((tune) => tune.id)).toEqual([3, 0, 2].map(tuneId));
    expect(countUnfinishedTunes(db)).toBe(3);
  });
});

describe('the states of a tune', () => {
  it('follow the table, whatever is asked in whatever order', () => {
    const db = temporaryDatabase();
    let next = 0;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TUNE_STATUSES), { maxLength: 12 }), (wanted) => {
        const { id } = queueTune(db, { id: ++next });
        let status: TuneStatus = 'queued';
        let version = 1;
        const visited: TuneStatus[] = [status];
        for (const [i, to] of wanted.entries()) {
          const mayGo = NEXT_STATUSES[status].includes(to);
          if (mayGo || to === status) {
            const tune = setTuneStatus(db, id, { to, at: 2000 + i });
            if (mayGo) {
              visited.push(to);
              version++;
            }
            status = to;
            expect(tune).toMatchObject({ status, version });
            expect(tune.finishedAt === null).toBe(!isFinal(status));
            expect(tune.startedAt === null).toBe(!visited.includes('running'));
          } else {
            expect(() => setTuneStatus(db, id, { to, at: 2000 + i })).toThrow(
              expect.objectContaining({ code: 'ILLEGAL_TRANSITION' }),
            );
          }
        }
        expect(findTune(db, id)).toMatchObject({ status, version });
        const events = eventsAfter(db, id, 0, 100);
        expect(events.map((event) => event.payload)).toEqual(visited.map((s) => ({ status: s })));
      }),
      { numRuns: 60 },
    );
  });

  it('keep the time of the first start', () => {
    const db = temporaryDatabase();
    const { id } = queueTune(db);
    for (const [i, to] of (['running', 'paused', 'running', 'succeeded'] as const).entries()) {
      setTuneStatus(db, id, { to, at: 5000 + i });
    }
    expect(findTune(db, id)).toMatchObject({ startedAt: 5000, finishedAt: 5003 });
  });

  it('carry the reasons of a failure', () => {
    const db = temporaryDatabase();
    const { id } = queueTune(db);
    const error = {
      code: 'ALL_FAILED',
      message: 'nothing could be measured',
      reasons: [{ code: 'trap' as const, count: 3, message: 'unreachable' }],
    };
    setTuneStatus(db, id, { to: 'failed', at: 1, error });
    expect(findTune(db, id)?.error).toEqual(error);
  });
});
