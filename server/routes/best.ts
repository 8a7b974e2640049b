/** @file `/v1/tunes/:id/best`: the fastest program found, as trace, as readable IR and as files to take away. */
import { BASELINE_TRIAL, type MeasuredRecord } from '../../db/candidate-record.js';
import { findMeasured } from '../../db/candidates.js';
import { taskOf, type TaskRecord, type TuneRecord } from '../../db/tune-record.js';
import { getTune } from '../../db/tunes.js';
import { BestSchema } from '../../shared/protocol/candidate.js';
import { TaskQuerySchema } from '../../shared/protocol/tune.js';
import { applyTrace, traceFromJson } from '../../shared/schedule/trace.js';
import { parseScript } from '../../shared/script/parse.js';
import { printScript } from '../../shared/script/print.js';
import { InputError, InternalError, invariant } from '../../shared/support/errors.js';
import { bestResource } from '../resources.js';
import type { App, Services } from '../services.js';
import type { Artifacts } from '../tuner-service.js';
import { fileOf, refusals, TuneIdParams } from './schemas.js';

const NOT_FOUND = { 404: 'There is no such tune or task, or nothing of it has been measured yet' } as const;

export function bestRoutes(app: App, services: Services): void {
  const schema = {
    summary: 'The fastest program so far',
    tags: ['results'],
    params: TuneIdParams,
    querystring: TaskQuerySchema,
    response: { 200: BestSchema, ...refusals(NOT_FOUND) },
  };
  app.route({
    method: 'GET',
    url: '/tunes/:id/best',
    schema,
    handler: async (request) => {
      const tune = getTune(services.db, request.params.id);
      const task = taskOf(tune, request.query.task);
      const candidate = bestOf(services, tune, task);
      const baseline = findMeasured(services.db, task.id, BASELINE_TRIAL);
      return bestResource(tune, { task, candidate, baseline, script: scheduledScript(task, candidate) });
    },
  });
  for (const file of FILES) fileRoute(app, services, file);
}

interface ArtifactFile {
  readonly suffix: 'wasm' | 'mjs' | 'd.ts';
  readonly mediaType: string;
  readonly summary: string;
  readonly contentOf: (artifacts: Artifacts) => Buffer | string;
  /** The name to save it under, where it is not that of the path. */
  readonly saveAs?: string;
}

const FILES: readonly ArtifactFile[] = [
  {
    suffix: 'wasm',
    mediaType: 'application/wasm',
    summary: 'The fastest kernel so far',
    contentOf: ({ wasm }) => Buffer.from(wasm),
  },
  {
    suffix: 'mjs',
    mediaType: 'text/javascript; charset=utf-8',
    summary: 'Its loader, an ES module without dependencies; it loads `best.wasm` from beside itself',
    contentOf: ({ mjs }) => mjs,
  },
  {
    suffix: 'd.ts',
    mediaType: 'text/plain; charset=utf-8',
    summary: "The loader's types",
    contentOf: ({ dts }) => dts,
    // Where TypeScript looks for the types of best.mjs.
    saveAs: 'best.d.mts',
  },
];

function fileRoute(app: App, services: Services, file: ArtifactFile): void {
  const schema = {
    summary: file.summary,
    tags: ['results'],
    params: TuneIdParams,
    querystring: TaskQuerySchema,
    response: {
      200: fileOf(file.mediaType, file.summary),
      ...refusals({ ...NOT_FOUND, 503: 'Too much is being measured already' }),
    },
  };
  app.route({
    method: 'GET',
    url: `/tunes/:id/best.${file.suffix}`,
    schema,
    handler: async (request, reply) => {
      const tune = getTune(services.db, request.params.id);
      const { task } = request.query;
      bestOf(services, tune, taskOf(tune, task));
      const content = file.contentOf(await services.tuner.buildArtifacts(tune.id, task));
      if (file.saveAs !== undefined) {
        reply.header('content-disposition', `attachment; filename="${file.saveAs}"`);
      }
      return reply.type(file.mediaType).send(content);
    },
  });
}

function bestOf({ db }: Services, { id }: TuneRecord, task: TaskRecord): MeasuredRecord {
  if (task.bestTrial === null) {
    throw new InputError('NO_RESULT', `nothing of task ${task.position} of tune ${id} has been measured yet`);
  }
  const candidate = findMeasured(db, task.id, task.bestTrial);
  invariant(candidate !== undefined, `the best trial ${task.bestTrial} of tune ${id} was measured`);
  return candidate;
}

/** The program that the candidate's trace makes; it was measured, so a trace that cannot be applied is our fault. */
function scheduledScript(task: TaskRecord, candidate: MeasuredRecord): string {
  const [func] = parseScript(task.script).functions;
  invariant(func !== undefined, 'a stored program is one function');
  try {
    return printScript(applyTrace(func, traceFromJson(candidate.trace)).func);
  } catch (error) {
    throw new InternalError(`a stored trace cannot be applied: ${String(error)}`);
  }
}
