/** @file `/v1/tunes`: submit, list, look at, cancel. */
import type { FastifyReply } from 'fastify';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import {
  addTune,
  countUnfinishedTunes,
  findByIdempotencyKey,
  getTune,
  listTunes,
  setTuneStatus,
  type IdempotencyKey,
} from '../../db/tunes.js';
import type { TuneOrder, TuneRecord } from '../../db/tune-record.js';
import { budgetOf } from '../../shared/protocol/budget.js';
import { isFinal } from '../../shared/protocol/tune-status.js';
import {
  TuneListQuerySchema,
  TunePageSchema,
  TuneQuerySchema,
  TuneSchema,
  TuneSubmissionSchema,
  type TuneSubmission,
} from '../../shared/protocol/tune.js';
import { InputError } from '../../shared/support/errors.js';
import { tunePath, tuneResource, tuneSummary } from '../resources.js';
import { jsonHash } from '../json-hash.js';
import type { App, Services } from '../services.js';
import { readSubmission } from '../submission.js';
import { pageOfRows } from './paging.js';
import { nothing, refusals, TuneIdParams } from './schemas.js';

/** Tunes that may wait or run at a time. */
export const MAX_UNFINISHED_TUNES = 1000;

const SubmitHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 printable ASCII characters')
    .optional()
    .meta({ description: 'A submission that is sent again with its key makes no second tune.' }),
});

export function tuneRoutes(app: App, services: Services): void {
  submitRoute(app, services);
  listRoute(app, services);
  getRoute(app, services);
  cancelRoute(app, services);
}

function submitRoute(app: App, { db, tuner, clock }: Services): void {
  const schema = {
    summary: 'Submit programs to be tuned',
    tags: ['tunes'],
    headers: SubmitHeaders,
    body: TuneSubmissionSchema,
    response: {
      200: TuneSchema.describe('This submission was accepted before, under the same idempotency key.'),
      202: TuneSchema.describe('The tune is queued; `Location` is where to watch it.'),
      ...refusals({
        400: 'The body is no submission',
        413: 'The body is larger than 1 MiB',
        415: 'The body is not JSON',
        422: 'A program or a workload is refused, or the idempotency key belongs to another body',
        429: 'Too many tunes are unfinished',
      }),
    },
  };
  app.route({
    method: 'POST',
    url: '/tunes',
    schema,
    handler: async (request, reply) => {
      const submission = request.body;
      const idempotency = idempotencyOf(request.headers['idempotency-key'], submission);
      const known = idempotency && findByIdempotencyKey(db, idempotency);
      if (known !== undefined) {
        return reply.header('location', tunePath(known.id)).code(200).send(tuneResource(known));
      }
      if (countUnfinishedTunes(db) >= MAX_UNFINISHED_TUNES) {
        const message = `${MAX_UNFINISHED_TUNES} tunes are unfinished already; try again when some are done`;
        throw new InputError('TOO_MANY_TUNES', message);
      }
      const tasks = readSubmission(submission);
      const order = orderOf(submission, tasks.length);
      const tune = addTune(db, { id: uuidv7(), order, tasks, at: clock(), idempotency });
      tuner.notify();
      return reply
        .headers({ location: tunePath(tune.id), 'retry-after': 1 })
        .code(202)
        .send(tuneResource(tune));
    },
  });
}

function idempotencyOf(key: string | undefined, submission: TuneSubmission): IdempotencyKey | undefined {
  if (key === undefined) return undefined;
  return { key, requestHash: jsonHash(submission) };
}

function orderOf(submission: TuneSubmission, tasks: number): TuneOrder {
  const { target, budget, seed, strategy, space, search, priority, labels } = submission;
  return {
    target,
    budget: budgetOf(budget, tasks),
    seed,
    strategy,
    space,
    search,
    priority,
    labels,
  };
}

function listRoute(app: App, { db }: Services): void {
  const schema = {
    summary: 'List tunes without their scripts, the latest first',
    tags: ['tunes'],
    querystring: TuneListQuerySchema,
    response: { 200: TunePageSchema, ...refusals({ 400: 'The query is not valid' }) },
  };
  app.route({
    method: 'GET',
    url: '/tunes',
    schema,
    handler: async (request) => {
      const { status, target, cursor, limit } = request.query;
      const rows = listTunes(db, { status, target, before: cursor, limit: limit + 1 });
      return pageOfRows(rows, {
        path: '/v1/tunes',
        query: request.query,
        cursorOf: (tune) => tune.id,
        toItem: tuneSummary,
      });
    },
  });
}

function getRoute(app: App, { db, changes }: Services): void {
  const schema = {
    summary: 'Look at a tune, now or when it changes',
    description:
      'With `wait`, the answer comes as soon as the version differs from `version` (or from the one in `If-None-Match`), at the latest after that many seconds.',
    tags: ['tunes'],
    params: TuneIdParams,
    querystring: TuneQuerySchema,
    response: {
      200: TuneSchema,
      304: nothing('The version is still the one in `If-None-Match`.'),
      ...refusals({ 400: 'The query is not valid', 404: 'There is no such tune' }),
    },
  };
  app.route({
    method: 'GET',
    url: '/tunes/:id',
    schema,
    handler: async (request, reply) => {
      const { id } = request.params;
      const tag = request.headers['if-none-match'];
      const { wait, version = versionOfTag(tag) } = request.query;
      let tune = getTune(db, id);
      if (wait > 0 && !isFinal(tune.status) && (version === undefined || version === tune.version)) {
        await changes.waitForChange(id, tune.version, wait * 1000, abortedWith(reply));
        tune = getTune(db, id);
      }
      reply.headers({ etag: tagOf(tune), 'cache-control': 'no-cache' });
      if (versionOfTag(tag) === tune.version)
        return reply
          .code(304)
          .serializer(() => '')
          .send(null);
      return reply.send(tuneResource(tune));
    },
  });
}

function tagOf(tune: TuneRecord): string {
  return `"${tune.version}"`;
}

function versionOfTag(tag: string | undefined): number | undefined {
  const digits = /^(?:W\/)?"(\d{1,15})"$/.exec(tag ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Aborted when the connection ends before the answer. */
function abortedWith(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return controller.signal;
}

function cancelRoute(app: App, { db, tuner, changes, clock }: Services): void {
  const schema = {
    summary: 'Cancel a tune: nothing of it is measured any more',
    description: 'What it has found so far stays. To cancel a cancelled tune changes nothing.',
    tags: ['tunes'],
    params: TuneIdParams,
    response: {
      200: TuneSchema,
      ...refusals({ 404: 'There is no such tune', 409: 'The tune has ended otherwise' }),
    },
  };
  app.route({
    method: 'POST',
    url: '/tunes/:id/cancel',
    schema,
    handler: async (request) => {
      const tune = setTuneStatus(db, request.params.id, { to: 'cancelled', at: clock() });
      changes.changed(tune.id);
      tuner.cancel(tune.id);
      return tuneResource(tune);
    },
  });
}
