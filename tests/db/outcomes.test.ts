import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import { findMeasured, listCandidates } from '../../db/candidates.js';
import { eventsAfter } from '../../db/events.js';
import type { Database } from '../../db/open.js';
import { recordFinals, recordTrial } from '../../db/outcomes.js';
import { findTune, getTune, setTuneStatus } from '../../db/tunes.js';
import { FAILURE_CODES, type FailureCode } from '../../shared/protocol/measure.js';
import type { TuneStatus } from '../../shared/protocol/tune-status.js';
import { at } from '../../shared/support/errors.js';
import { temporaryDatabase } from './harness.js';
import { measured, queueTune, result } from './records.js';

function runningTune(db: Database, id: number) {
  return setTuneStatus(db, queueTune(db, { id }).id, { to: 'running', at: 1500 });
}

/** Times from a small set, so that ties occur. */
const outcomeArb = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }).map((n) => n * 100) },
  { weight: 1, arbitrary: fc.constantFrom(...FAILURE_CODES) },
);
const resultsArb = fc.array(
  fc.record({ trial: fc.integer({ min: BASELINE_TRIAL, max: 12 }), outcome: outcomeArb }),
  { maxLength: 30 },
);

interface Sent {
  readonly trial: number;
  readonly outcome: number | FailureCode;
}

/** What the task must look like after these results, computed from scratch. */
function expectedTask(sent: readonly Sent[]) {
  const first = sent.filter((s, i) => sent.findIndex((other) => other.trial === s.trial) === i);
  const trials = first.filter(({ trial }) => trial !== BASELINE_TRIAL);
  const failures: Partial<Record<FailureCode, number>> = {};
  for (const { outcome } of trials) {
    if (typeof outcome === 'string') failures[outcome] = (failures[outcome] ?? 0) + 1;
  }
  let best: { trial: number; ns: number } | null = null;
  for (const { trial, outcome } of first) {
    if (typeof outcome === 'number' && (best === null || outcome < best.ns)) best = { trial, ns: outcome };
  }
  const baseline = first.find(({ trial }) => trial === BASELINE_TRIAL)?.outcome;
  return {
    stored: first,
    task: {
      measured: trials.filter(({ outcome }) => typeof outcome === 'number').length,
      failed: trials.filter(({ outcome }) => typeof outcome === 'string').length,
      failures,
      baselineNs: typeof baseline === 'number' ? baseline : null,
      bestNs: best?.ns ?? null,
      bestTrial: best?.trial ?? null,
    },
  };
}

describe('recorded results', () => {
  it('add up, whatever arrives in whatever order and however often', () => {
    const db = temporaryDatabase();
    let next = 0;
    fc.assert(
      fc.property(resultsArb, (sent) => {
        const {
          id,
          version,
          tasks: [task],
        } = runningTune(db, ++next);
        const known = new Set<number>();
        for (const { trial, outcome } of sent) {
          const expected = known.has(trial) ? 'duplicate' : 'stored';
          expect(recordTrial(db, result(task.id, trial, outcome))).toBe(expected);
          known.add(trial);
        }
        const expected = expectedTask(sent);
        const tune = getTune(db, id);
        expect(tune.tasks[0]).toMatchObject(expected.task);
        expect(tune.version).toBe(version + known.size);
        const events = eventsAfter(db, id, 0, 100).filter((event) => event.type === 'candidate');
        expect(events.map((event) => event.payload.trial)).toEqual(expected.stored.map((s) => s.trial));
        expect(events.findLast((event) => event.payload.isBest)?.payload.trial ?? null).toBe(
          tune.tasks[0].bestTrial,
        );
        const rows = listCandidates(db, task.id, { limit: 100 });
        const sorted = expected.stored.toSorted((a, b) => a.trial - b.trial);
        expect(rows.map((row) => row.trial)).toEqual(sorted.map((s) => s.trial));
        for (const [i, row] of rows.entries()) {
          const { trial, outcome } = at(sorted, i);
          expect(row.outcome).toEqual(result(task.id, trial, outcome).outcome);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('come back whole', () => {
    const db = temporaryDatabase();
    const {
      tasks: [task],
    } = runningTune(db, 1);
    const trace: [unknown[], unknown[]] = [[['GetBlock', [], ['C', 'main'], ['b0']]], [[2, [1, 4]]]];
    const sent = { ...result(task.id, 3, measured(0.125)), trace };
    recordTrial(db, sent);
    const { taskId: _, at: createdAt, ...rest } = sent;
    expect(findMeasured(db, task.id, 3)).toEqual({ ...rest, createdAt, final: null });
  });

  it.each(['stopped', 'cancelled', 'failed', 'succeeded'] as const)('do not change a %s tune', (final) => {
    const db = temporaryDatabase();
    const {
      id,
      tasks: [task],
    } = runningTune(db, 1);
    recordTrial(db, result(task.id, 0, 100));
    const steps: readonly TuneStatus[] = final === 'stopped' ? ['stopping', final] : [final];
    for (const to of steps) setTuneStatus(db, id, { to, at: 3000 });
    const before = findTune(db, id);
    expect(recordTrial(db, result(task.id, 1, 50))).toBe('closed');
    const finals = {
      taskId: task.id,
      times: new Map([[0, finalTimes(90)]]),
      winner: { trial: 0, ns: 90 },
      at: 4000,
    };
    expect(recordFinals(db, finals)).toBe('closed');
    expect(findTune(db, id)).toEqual(before);
    expect(listCandidates(db, task.id, { limit: 9 })).toHaveLength(1);
  });

  it('of no task are a defect', () => {
    const db = temporaryDatabase();
    expect(() => recordTrial(db, result(1, 0, 1))).toThrow(/internal/);
  });
});

function finalTimes(medianNs: number) {
  return { medianNs, samplesNs: [medianNs], spread: 0, speedup: null, speedupInterval: null };
}

describe('finals', () => {
  it('decide about the best and the baseline', () => {
    const db = temporaryDatabase();
    const {
      id,
      tasks: [task],
    } = runningTune(db, 1);
    for (const [trial, ns] of [
      [BASELINE_TRIAL, 900],
      [0, 100],
      [1, 110],
    ] as const) {
      recordTrial(db, result(task.id, trial, ns));
    }
    const before = getTune(db, id);
    expect(before.tasks[0]).toMatchObject({ bestTrial: 0, bestNs: 100 });
    const times = new Map([
      [BASELINE_TRIAL, finalTimes(800)],
      [0, finalTimes(120)],
      [1, finalTimes(105)],
    ]);
    expect(recordFinals(db, { taskId: task.id, times, winner: { trial: 1, ns: 104 }, at: 5000 })).toBe(
      'stored',
    );
    const tune = getTune(db, id);
    expect(tune.tasks[0]).toMatchObject({ bestTrial: 1, bestNs: 104, baselineNs: 800 });
    expect(tune.version).toBe(before.version + 1);
    expect(findMeasured(db, task.id, 1)).toMatchObject({
      outcome: { medianNs: 110 },
      final: finalTimes(105),
    });
    expect(eventsAfter(db, id, 0, 100).at(-1)).toMatchObject({
      type: 'finals',
      payload: { winner: 1, medianNs: 104 },
      at: 5000,
    });
  });

  it('are stored entirely or not at all', () => {
    const db = temporaryDatabase();
    const {
      id,
      tasks: [task],
    } = runningTune(db, 1);
    recordTrial(db, result(task.id, 0, 100));
    recordTrial(db, result(task.id, 1, 'trap'));
    const before = getTune(db, id);
    const times = new Map([
      [0, finalTimes(90)],
      [1, finalTimes(80)],
    ]);
    expect(() => recordFinals(db, { taskId: task.id, times, winner: { trial: 0, ns: 90 }, at: 1 })).toThrow(
      /finalist 1/,
    );
    expect(getTune(db, id)).toEqual(before);
    expect(findMeasured(db, task.id, 0)?.final).toBeNull();
  });
});
