/** @file `/v1/tunes/:id/rounds`: what the search did, round by round. */
import { predictedTrials } from '../../db/candidates.js';
import { listRounds } from '../../db/rounds.js';
import { taskOf } from '../../db/tune-record.js';
import { getTune } from '../../db/tunes.js';
import { RoundListSchema } from '../../shared/protocol/round.js';
import { TaskQuerySchema } from '../../shared/protocol/tune.js';
import { roundResource } from '../resources.js';
import type { App, Services } from '../services.js';
import { refusals, TuneIdParams } from './schemas.js';

export function roundRoutes(app: App, { db }: Services): void {
  const schema = {
    summary: 'The rounds of the search of a task, with what was rejected and how well the model knew',
    tags: ['results'],
    params: TuneIdParams,
    querystring: TaskQuerySchema,
    response: { 200: RoundListSchema, ...refusals({ 404: 'There is no such tune or task' }) },
  };
  app.route({
    method: 'GET',
    url: '/tunes/:id/rounds',
    schema,
    handler: async (request) => {
      const task = taskOf(getTune(db, request.params.id), request.query.task);
      const trials = predictedTrials(db, task.id);
      const items = listRounds(db, task.id).map((record) =>
        roundResource(
          record,
          trials.filter(({ round }) => round === record.round),
        ),
      );
      return { items };
    },
  });
}
