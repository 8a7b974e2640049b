import { describe, expect, it } from 'vitest';
import { recordFinals, recordTrial } from '../../../db/outcomes.js';
import { getTune } from '../../../db/tunes.js';
import { CandidatePageSchema, type Candidate } from '../../../shared/protocol/candidate.js';
import { engine, measured, result } from '../../db/records.js';
import { problemOf, submitted, taskOf, testApp } from '../harness.js';

async function withCandidates() {
  const service = testApp();
  const tune = await submitted(service);
  const {
    tasks: [task],
  } = getTune(service.db, tune.id);
  for (const [trial, outcome] of [
    [1, 'wrong_result'],
    [-1, 900],
    [0, 300],
    [2, 200],
  ] as const) {
    recordTrial(service.db, result(task.id, trial, outcome));
  }
  return { ...service, tune, task };
}

describe('the candidates of a tune', () => {
  it('are listed over pages, the baseline first', async () => {
    const { app, tune } = await withCandidates();
    const seen: Candidate[] = [];
    let next: string | null = `${taskOf(tune).links.candidates}?limit=1`;
    while (next !== null) {
      const page = CandidatePageSchema.parse((await app.inject(next)).json());
      seen.push(...page.items);
      next = page.next;
    }
    expect(seen.map(({ trial, baseline }) => [trial, baseline])).toEqual([
      [null, true],
      [0, false],
      [1, false],
      [2, false],
    ]);
    expect(seen[1]).toMatchObject({ status: 'measured', medianNs: 300, engine: engine(), final: null });
    expect(seen[2]).toMatchObject({ status: 'failed', code: 'wrong_result', message: 'trial 1 failed' });
  });

  it('are listed by status', async () => {
    const { app, tune } = await withCandidates();
    const trials = async (status: string) => {
      const answer = await app.inject(`${taskOf(tune).links.candidates}?status=${status}`);
      return CandidatePageSchema.parse(answer.json()).items.map((candidate) => candidate.trial);
    };
    expect(await trials('failed')).toEqual([1]);
    expect(await trials('measured')).toEqual([null, 0, 2]);
  });

  it('carry their times of the finals', async () => {
    const { app, tune, db, task } = await withCandidates();
    const final = {
      medianNs: 250,
      samplesNs: [240, 250, 260],
      spread: 0.04,
      speedup: 3.6,
      speedupInterval: [3.5, 3.7] as [number, number],
    };
    recordFinals(db, { taskId: task.id, times: new Map([[2, final]]), winner: { trial: 2, ns: 250 }, at: 1 });
    const page = CandidatePageSchema.parse((await app.inject(taskOf(tune).links.candidates)).json());
    expect(page.items[3]).toMatchObject({ trial: 2, medianNs: 200, final });
  });

  it('are marked where the machine had another speed than for the baseline', async () => {
    const service = testApp();
    const { app, db } = service;
    const tune = await submitted(service);
    const {
      tasks: [task],
    } = getTune(db, tune.id);
    for (const [trial, anchorNs] of [
      [-1, 2.5],
      [0, 2.5 * 1.09],
      [1, 2.5 / 1.09],
      [2, 2.5 * 1.11],
      [3, 2.5 / 1.11],
    ] as const) {
      const outcome = { ...measured(100), anchorNs };
      recordTrial(db, result(task.id, trial, outcome));
    }
    const page = CandidatePageSchema.parse((await app.inject(taskOf(tune).links.candidates)).json());
    const drifted = page.items.map((item) => item.status === 'measured' && item.drifted);
    expect(drifted).toEqual([false, false, false, true, true]);
  });

  it('are refused where there is no tune, or no such page', async () => {
    const { app, tune } = await withCandidates();
    expect(problemOf(await app.inject('/v1/tunes/nobody/candidates')).code).toBe('TUNE_NOT_FOUND');
    for (const query of ['cursor=-2', 'cursor=x', 'limit=0', 'status=lost']) {
      const answer = await app.inject(`${taskOf(tune).links.candidates}?${query}`);
      expect(problemOf(answer)).toMatchObject({ status: 400, code: 'INVALID_QUERY' });
    }
  });
});
