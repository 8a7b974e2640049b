/** @file `/v1/tunes/:id/rounds`: what the search did, round by round. */
import { predictedTrials, type PredictedTrial } from '../../db/candidates.js';
import { listRounds, type RoundRecord } from '../../db/rounds.js';
import { getTune } from '../../db/tunes.js';
import { RoundListSchema, type Round } from '../../shared/protocol/round.js';
import { modelQuality } from '../cost-model/quality.js';
import type { App, Services } from '../services.js';
import { refusals, TuneIdParams } from './schemas.js';

export function roundRoutes(app: App, { db }: Services): void {
  const schema = {
    summary: 'The rounds of the search, with what was rejected and how well the model knew',
    tags: ['results'],
    params: TuneIdParams,
    response: { 200: RoundListSchema, ...refusals({ 404: 'There is no such tune' }) },
  };
  app.route({
    method: 'GET',
    url: '/tunes/:id/rounds',
    schema,
    handler: async (request) => {
      const { task } = getTune(db, request.params.id);
      const trials = predictedTrials(db, task.id);
      const items = listRounds(db, task.id).map((record) =>
        roundOf(
          record,
          trials.filter(({ round }) => round === record.round),
        ),
      );
      return { items };
    },
  });
}

const NS_PER_MS = 1e6;

function roundOf({ createdAt, ...record }: RoundRecord, trials: readonly PredictedTrial[]): Round {
  const known = trials.flatMap(({ predicted, latencyNs }) =>
    predicted === null ? [] : [[predicted, latencyNs] as const],
  );
  const bestNs = trials.reduce((least, { latencyNs }) => Math.min(least, latencyNs), Infinity);
  return {
    ...record,
    bestMs: Number.isFinite(bestNs) ? bestNs / NS_PER_MS : null,
    model: modelQuality(
      known.map(([predicted]) => predicted),
      known.map(([, latencyNs]) => latencyNs),
    ),
    createdAt: new Date(createdAt).toISOString(),
  };
}
