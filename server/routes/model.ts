/** @file `/v1/tunes/:id/model`: what the search has learned. */
import { findModel } from '../../db/rounds.js';
import { taskOf } from '../../db/tune-record.js';
import { getTune } from '../../db/tunes.js';
import { ModelSchema } from '../../shared/protocol/model.js';
import { TaskQuerySchema } from '../../shared/protocol/tune.js';
import { InputError } from '../../shared/support/errors.js';
import { tellingFeatures } from '../cost-model/gbdt-model.js';
import type { App, Services } from '../services.js';
import { refusals, TuneIdParams } from './schemas.js';

export function modelRoutes(app: App, { db }: Services): void {
  const schema = {
    summary: 'The cost model of a task, with the features that count most',
    tags: ['results'],
    params: TuneIdParams,
    querystring: TaskQuerySchema,
    response: {
      200: ModelSchema,
      ...refusals({ 404: 'There is no such tune or task, or its search has not learned anything yet' }),
    },
  };
  app.route({
    method: 'GET',
    url: '/tunes/:id/model',
    schema,
    handler: async (request) => {
      const { id } = request.params;
      const { task } = request.query;
      const model = findModel(db, taskOf(getTune(db, id), task).id);
      if (model === undefined)
        throw new InputError('NO_MODEL', `task ${task} of tune ${id} has no model yet`);
      return { ...model, features: tellingFeatures(model.snapshot) };
    },
  });
}
