/** @file `/v1/tunes/:id/candidates`: every program that a tune has tried. */
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import { findMeasured, listCandidates } from '../../db/candidates.js';
import { taskOf } from '../../db/tune-record.js';
import { getTune } from '../../db/tunes.js';
import { CandidateListQuerySchema, CandidatePageSchema } from '../../shared/protocol/candidate.js';
import { candidateResource, tunePath } from '../resources.js';
import type { App, Services } from '../services.js';
import { pageOfRows } from './paging.js';
import { refusals, TuneIdParams } from './schemas.js';

export function candidateRoutes(app: App, { db }: Services): void {
  const schema = {
    summary: 'List the candidates of a task, the baseline first, then by trial',
    tags: ['results'],
    params: TuneIdParams,
    querystring: CandidateListQuerySchema,
    response: {
      200: CandidatePageSchema,
      ...refusals({ 400: 'The query is not valid', 404: 'There is no such tune or task' }),
    },
  };
  app.route({
    method: 'GET',
    url: '/tunes/:id/candidates',
    schema,
    handler: async (request) => {
      const { task: position, status, cursor, limit } = request.query;
      const tune = getTune(db, request.params.id);
      const task = taskOf(tune, position);
      const baseline = findMeasured(db, task.id, BASELINE_TRIAL);
      const rows = listCandidates(db, task.id, { status, after: cursor, limit: limit + 1 });
      return pageOfRows(rows, {
        path: `${tunePath(tune.id)}/candidates`,
        query: request.query,
        cursorOf: (candidate) => candidate.trial,
        toItem: (candidate) => candidateResource(candidate, baseline),
      });
    },
  });
}
