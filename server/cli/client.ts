/** @file A client of the HTTP API, typed by the same schemas that the server answers with. */
import type { z } from 'zod';
import { BestSchema, type Best } from '../../shared/protocol/candidate.js';
import { ProblemSchema } from '../../shared/protocol/problem.js';
import { TuneSchema, type Tune, type TuneSubmissionInput } from '../../shared/protocol/tune.js';
import { WorkloadListSchema, type Workload } from '../../shared/protocol/workload.js';
import { InputError } from '../../shared/support/errors.js';

export interface ClientOptions {
  /** `http://host:port` */
  readonly url: string;
  readonly apiKey?: string | undefined;
}

export interface ArtifactName {
  readonly id: string;
  /** Position of the task in the tune. */
  readonly task: number;
  readonly suffix: 'wasm' | 'mjs' | 'd.ts';
}

/** Every call throws InputError with the server's code and place when the server refuses. */
export interface Client {
  readonly submit: (body: TuneSubmissionInput) => Promise<Tune>;
  /** The tune as soon as its version is another than `version`, or after `wait` seconds. */
  readonly tune: (id: string, query?: { readonly wait: number; readonly version: number }) => Promise<Tune>;
  readonly cancel: (id: string) => Promise<Tune>;
  /** `task`: its position in the tune. */
  readonly best: (id: string, task: number) => Promise<Best>;
  readonly file: (artifact: ArtifactName) => Promise<Uint8Array>;
  readonly workloads: () => Promise<readonly Workload[]>;
}

export function createClient({ url, apiKey }: ClientOptions): Client {
  const request = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
    const response = await connect(new URL(path, url), { ...init, headers });
    if (!response.ok) throw await refusalOf(response);
    return response;
  };
  const json = async <S extends z.ZodType>(
    schema: S,
    path: string,
    init?: RequestInit,
  ): Promise<z.output<S>> => schema.parse(await (await request(path, init)).json());
  return {
    submit: (body) =>
      json(TuneSchema, '/v1/tunes', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    tune: (id, query) =>
      json(
        TuneSchema,
        query === undefined ? tunePath(id) : `${tunePath(id)}?wait=${query.wait}&version=${query.version}`,
      ),
    cancel: (id) => json(TuneSchema, `${tunePath(id)}/cancel`, { method: 'POST' }),
    best: (id, task) => json(BestSchema, `${tunePath(id)}/best?task=${task}`),
    file: async ({ id, task, suffix }) =>
      new Uint8Array(await (await request(`${tunePath(id)}/best.${suffix}?task=${task}`)).arrayBuffer()),
    workloads: async () => (await json(WorkloadListSchema, '/v1/workloads')).items,
  };
}

function tunePath(id: string): string {
  return `/v1/tunes/${encodeURIComponent(id)}`;
}

async function connect(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new InputError('NO_CONNECTION', `cannot reach ${url.origin}: ${cause}`);
  }
}

async function refusalOf(response: Response): Promise<Error> {
  const problem = ProblemSchema.safeParse(await response.json().catch(() => null));
  if (!problem.success) return new Error(`the server answered ${response.status} ${response.statusText}`);
  const { code, detail, line, column, text, errors } = problem.data;
  const faults = errors?.map((fault) => `\n  ${fault.pointer}: ${fault.detail}`).join('') ?? '';
  const place = {
    ...(line !== undefined && { line }),
    ...(column !== undefined && { column }),
    ...(text !== undefined && { text }),
  };
  return new InputError(code, `${detail}${faults}`, place);
}
