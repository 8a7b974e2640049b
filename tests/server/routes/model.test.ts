import { describe, expect, it } from 'vitest';
import { recordRound } from '../../../db/rounds.js';
import { getTune } from '../../../db/tunes.js';
import { gbdtModel } from '../../../server/cost-model/gbdt-model.js';
import { ModelSchema } from '../../../shared/protocol/model.js';
import { createRng } from '../../../shared/support/rng.js';
import { matmul } from '../../shared/schedule/programs.js';
import { problemOf, submitted, testApp } from '../harness.js';

describe('the model of a task', () => {
  it('comes with the features by which it tells programs apart', async () => {
    const service = testApp();
    const tune = await submitted(service);
    // Larger products are slower.
    const samples = Array.from({ length: 40 }, (_, i) => ({
      func: matmul(4 + i),
      group: 'products',
      score: 1 / (1 + i),
    }));
    const snapshot = gbdtModel.fit(samples, createRng(0))?.snapshot() ?? null;
    const { id } = getTune(service.db, tune.id).tasks[0];
    const counts = { firstTrial: 8, proposed: 8, generated: 40, rejected: {}, exhausted: false };
    recordRound(service.db, id, { round: 1, turn: 1, ...counts, searchMs: 5, createdAt: 1000 }, snapshot);
    const answer = await service.app.inject(tune.tasks[0]?.links.model ?? '');
    const model = ModelSchema.parse(answer.json());
    expect(model).toMatchObject({ round: 1, snapshot });
    const gains = model.features.map(({ gain }) => gain);
    expect(gains).toEqual(gains.toSorted((a, b) => b - a));
    expect(gains.reduce((a, b) => a + b, 0)).toBeCloseTo(1);
    expect(model.features.length).toBe(snapshot?.gains.filter((gain) => gain > 0).length);
    expect(new Set(model.features.map(({ name }) => name)).size).toBe(model.features.length);
  });

  it('is not there before the search has learned', async () => {
    const service = testApp();
    const tune = await submitted(service);
    const missing = problemOf(await service.app.inject(`/v1/tunes/${tune.id}/model`));
    expect(missing).toMatchObject({ status: 404, code: 'NO_MODEL' });
    expect(problemOf(await service.app.inject('/v1/tunes/nobody/model')).code).toBe('TUNE_NOT_FOUND');
    expect(problemOf(await service.app.inject(`/v1/tunes/${tune.id}/model?task=1`)).code).toBe(
      'TASK_NOT_FOUND',
    );
  });
});
