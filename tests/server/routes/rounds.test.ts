import { describe, expect, it } from 'vitest';
import { recordTrial } from '../../../db/outcomes.js';
import { recordRound } from '../../../db/rounds.js';
import { getTune } from '../../../db/tunes.js';
import { RoundListSchema } from '../../../shared/protocol/round.js';
import { result } from '../../db/records.js';
import { problemOf, submitted, testApp } from '../harness.js';

describe('the rounds of a tune', () => {
  it('tell what was tried and rejected, and how well the model knew', async () => {
    const service = testApp();
    const tune = await submitted(service);
    const {
      tasks: [task],
    } = getTune(service.db, tune.id);
    const rejected = { duplicate: 2 };
    for (const round of [0, 1]) {
      const counts = {
        turn: 2 * round,
        exhausted: round === 1,
        firstTrial: 3 * round,
        proposed: 3,
        generated: 40,
        rejected,
      };
      recordRound(service.db, task.id, { round, ...counts, searchMs: 5, createdAt: 1000 }, null);
    }
    // The model knew nothing in round 0, and in round 1 that trial 4 would be the fastest.
    for (const [trial, latency, predicted] of [
      [-1, 900, null],
      [0, 300, null],
      [1, 400, null],
      [2, 'trap', null],
      [3, 200, 0.5],
      [4, 100, 0.9],
      [5, 'timeout', 0.7],
    ] as const) {
      const round = Math.floor(Math.max(0, trial) / 3);
      recordTrial(service.db, { ...result(task.id, trial, latency), round, predicted });
    }
    const answer = await service.app.inject(`/v1/tunes/${tune.id}/rounds`);
    const { items } = RoundListSchema.parse(answer.json());
    expect(items).toEqual([
      {
        round: 0,
        turn: 0,
        firstTrial: 0,
        proposed: 3,
        generated: 40,
        rejected,
        searchMs: 5,
        exhausted: false,
        bestMs: 300 / 1e6,
        model: null,
        createdAt: '1970-01-01T00:00:01.000Z',
      },
      expect.objectContaining({
        round: 1,
        bestMs: 100 / 1e6,
        model: { count: 2, pRmse: 0, rankCorrelation: 1, topRecall: 1 },
      }),
    ]);
  });

  it('are none before the search begins, and not found where there is no tune', async () => {
    const service = testApp();
    const tune = await submitted(service);
    expect((await service.app.inject(`/v1/tunes/${tune.id}/rounds`)).json()).toEqual({ items: [] });
    expect(problemOf(await service.app.inject('/v1/tunes/nobody/rounds')).code).toBe('TUNE_NOT_FOUND');
  });
});
