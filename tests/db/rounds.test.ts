import { expect, it } from 'vitest';
import { findModel, listRounds, recordRound, type RoundRecord } from '../../db/rounds.js';
import { temporaryDatabase } from './harness.js';
import { queueTune } from './records.js';

const round = (n: number, more: Partial<RoundRecord> = {}): RoundRecord => ({
  round: n,
  turn: 2 * n,
  firstTrial: 16 * n,
  proposed: 16,
  generated: 500 + n,
  rejected: { duplicate: 3, 'postproc:verify-registers': 4 },
  searchMs: 12.5,
  exhausted: n === 1,
  createdAt: 1000 + n,
  ...more,
});

it('rounds are listed in order, each as it was proposed first', () => {
  const db = temporaryDatabase();
  const {
    tasks: [task],
  } = queueTune(db);
  const {
    tasks: [other],
  } = queueTune(db, { id: 2 });
  recordRound(db, task.id, round(1), null);
  recordRound(db, task.id, round(0), null);
  recordRound(db, other.id, round(0, { generated: 7 }), null);
  recordRound(db, task.id, round(1, { generated: 9, createdAt: 2000 }), null);
  expect(listRounds(db, task.id)).toEqual([round(0), round(1)]);
});

it('the model of a task is the one of the latest round that had one', () => {
  const db = temporaryDatabase();
  const {
    tasks: [task],
  } = queueTune(db);
  const modelOf = (gain: number) => ({ version: 1 as const, width: 1, trees: [], gains: [gain] });
  expect(findModel(db, task.id)).toBeUndefined();
  recordRound(db, task.id, round(0), null);
  expect(findModel(db, task.id)).toBeUndefined();
  recordRound(db, task.id, round(1), modelOf(1));
  recordRound(db, task.id, round(2), modelOf(2));
  recordRound(db, task.id, round(2), modelOf(9));
  expect(findModel(db, task.id)).toEqual({ round: 2, snapshot: modelOf(2) });
  recordRound(db, task.id, round(3), null);
  expect(findModel(db, task.id)).toEqual({ round: 2, snapshot: modelOf(2) });
});
