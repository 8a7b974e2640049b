import { describe, expect, it } from 'vitest';
import { eventsAfter } from '../../db/events.js';
import { recordTrial } from '../../db/outcomes.js';
import { setTuneStatus } from '../../db/tunes.js';
import { temporaryDatabase } from './harness.js';
import { queueTune, result } from './records.js';

describe('events', () => {
  it('rise over all tunes and are read on from where a reader was', () => {
    const db = temporaryDatabase();
    const one = queueTune(db, { id: 1, at: 10 });
    const other = queueTune(db, { id: 2, at: 11 });
    setTuneStatus(db, one.id, { to: 'running', at: 12 });
    recordTrial(db, result(one.tasks[0].id, 0, 'oom', 13));
    setTuneStatus(db, other.id, { to: 'cancelled', at: 14 });

    const all = eventsAfter(db, one.id, 0, 10);
    expect(all).toMatchObject([
      { tuneId: one.id, type: 'status', payload: { status: 'queued' }, at: 10 },
      { tuneId: one.id, type: 'status', payload: { status: 'running' }, at: 12 },
      {
        tuneId: one.id,
        type: 'candidate',
        payload: { trial: 0, status: 'failed', code: 'oom', medianNs: null, isBest: false },
        at: 13,
      },
    ]);
    const ids = [...all, ...eventsAfter(db, other.id, 0, 10)].map((event) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(all.map((event) => event.id)).toEqual(all.map((event) => event.id).toSorted((a, b) => a - b));

    const page = eventsAfter(db, one.id, 0, 2);
    expect([...page, ...eventsAfter(db, one.id, page.at(-1)?.id ?? 0, 2)]).toEqual(all);
    expect(eventsAfter(db, one.id, all.at(-1)?.id ?? 0, 2)).toEqual([]);
  });
});
