import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import {
  bestRecord,
  failureReasons,
  fastestCandidates,
  endedTrials,
  findMeasured,
  listCandidates,
} from '../../db/candidates.js';
import type { Database } from '../../db/open.js';
import { recordFinals, recordTrial } from '../../db/outcomes.js';
import { EMPTY_TRACE, type FailureCode, type Measured } from '../../shared/protocol/measure.js';
import { temporaryDatabase } from './harness.js';
import { measured, program, queueTune, result } from './records.js';

function record(
  db: Database,
  taskId: number,
  outcomes: Readonly<Record<number, number | FailureCode | Measured>>,
) {
  for (const [trial, outcome] of Object.entries(outcomes)) {
    recordTrial(db, result(taskId, Number(trial), outcome));
  }
}

describe('the candidates of a task', () => {
  it('are listed by trial, page by page, all or by status', () => {
    const db = temporaryDatabase();
    const {
      tasks: [task],
    } = queueTune(db, { id: 1 });
    const {
      tasks: [other],
    } = queueTune(db, { id: 2 });
    record(db, task.id, { [BASELINE_TRIAL]: 900, 2: 'trap', 0: 300, 1: 100, 3: 200 });
    record(db, other.id, { 0: 1 });
    const trials = (filter: Parameters<typeof listCandidates>[2]) =>
      listCandidates(db, task.id, filter).map((candidate) => candidate.trial);
    expect(trials({ limit: 9 })).toEqual([-1, 0, 1, 2, 3]);
    expect(trials({ limit: 2 })).toEqual([-1, 0]);
    expect(trials({ limit: 2, after: 0 })).toEqual([1, 2]);
    expect(trials({ limit: 2, after: 0, status: 'measured' })).toEqual([1, 3]);
    expect(trials({ limit: 9, status: 'failed' })).toEqual([2]);
    expect(fastestCandidates(db, task.id, 3).map((candidate) => candidate.trial)).toEqual([1, 3, 0]);
    expect(findMeasured(db, task.id, 2)).toBeUndefined();
    expect(findMeasured(db, task.id, 7)).toBeUndefined();
  });

  it('tell a search that goes on what was tried', () => {
    const db = temporaryDatabase();
    const {
      tasks: [task],
    } = queueTune(db);
    record(db, task.id, { 1: 'rejected', [BASELINE_TRIAL]: 5, 0: 4 });
    const common = { round: 0, trace: EMPTY_TRACE };
    expect(endedTrials(db, task.id)).toEqual([
      { ...common, trial: 0, traceHash: 'trace-0', programHash: 'program-0', latencyNs: 4, createdAt: 2000 },
      {
        ...common,
        trial: 1,
        traceHash: 'trace-1',
        programHash: 'program-1',
        latencyNs: null,
        createdAt: 2001,
      },
    ]);
  });

  it('tell why they failed, the most frequent reason first, with the first example', () => {
    const db = temporaryDatabase();
    const {
      tasks: [task],
    } = queueTune(db);
    record(db, task.id, { [BASELINE_TRIAL]: 'oom', 4: 'trap', 2: 'trap', 1: 'timeout', 3: 'lost', 5: 10 });
    expect(failureReasons(db, task.id, 2)).toEqual([
      { code: 'trap', count: 2, message: 'trial 2 failed' },
      { code: 'lost', count: 1, message: 'trial 3 failed' },
    ]);
  });
});

describe('the best record', () => {
  it('is the fastest of all tunes of the same program, target and engine', () => {
    const db = temporaryDatabase();
    const first = queueTune(db, { id: 1 });
    const second = queueTune(db, { id: 2, program: program(8, { input: 'Other' }) });
    const otherTarget = queueTune(db, { id: 3, order: { target: 'wasm' } });
    const otherProgram = queueTune(db, { id: 4, program: program(9) });
    record(db, first.tasks[0].id, { 0: 300, 1: 'trap' });
    record(db, second.tasks[0].id, { 0: 200, 1: measured(50, 'engine-2') });
    record(db, otherTarget.tasks[0].id, { 0: 10 });
    record(db, otherProgram.tasks[0].id, { 0: 10 });
    const query = {
      workloadId: first.tasks[0].workloadId,
      target: 'wasm-simd128' as const,
      engineId: 'engine-1',
    };
    const best = bestRecord(db, query);
    expect(best).toMatchObject({ tuneId: second.id, script: second.tasks[0].script });
    expect(best?.candidate.outcome.medianNs).toBe(200);
    expect(bestRecord(db, { ...query, engineId: 'engine-2' })?.candidate.trial).toBe(1);
    expect(bestRecord(db, { ...query, target: 'wasm' })?.tuneId).toBe(otherTarget.id);
    expect(bestRecord(db, { ...query, target: 'wasm-relaxed-simd' })).toBeUndefined();
    expect(bestRecord(db, { ...query, engineId: 'engine-3' })).toBeUndefined();
  });

  it('believes the finals rather than the search', () => {
    const db = temporaryDatabase();
    const {
      tasks: [task],
    } = queueTune(db);
    record(db, task.id, { 0: 100, 1: 110 });
    const times = new Map([
      [0, { medianNs: 130, samplesNs: [130], spread: 0, speedup: null, speedupInterval: null }],
      [1, { medianNs: 120, samplesNs: [120], spread: 0, speedup: null, speedupInterval: null }],
    ]);
    recordFinals(db, { taskId: task.id, times, winner: { trial: 1, ns: 120 }, at: 1 });
    const best = bestRecord(db, {
      workloadId: task.workloadId,
      target: 'wasm-simd128',
      engineId: 'engine-1',
    });
    expect(best?.candidate.trial).toBe(1);
  });
});
