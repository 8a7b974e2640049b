import { expect, it } from 'vitest';
import { listRounds, recordRound, type RoundRecord } from '../../db/rounds.js';
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
  recordRound(db, task.id, round(1));
  recordRound(db, task.id, round(0));
  recordRound(db, other.id, round(0, { generated: 7 }));
  recordRound(db, task.id, round(1, { generated: 9, createdAt: 2000 }));
  expect(listRounds(db, task.id)).toEqual([round(0), round(1)]);
});
