/** @file The HTTP application on a database of its own, and how tests talk to it. */
import { pino } from 'pino';
import { expect, onTestFinished } from 'vitest';
import { tuneVersion } from '../../db/tunes.js';
import { buildApp } from '../../server/app.js';
import { createChanges } from '../../server/changes.js';
import { PROBLEM_MEDIA_TYPE, ProblemSchema, type Problem } from '../../shared/protocol/problem.js';
import { TuneSchema, type Task, type Tune, type TuneSubmissionInput } from '../../shared/protocol/tune.js';
import { at } from '../../shared/support/errors.js';
import { temporaryDatabase } from '../db/harness.js';
import { createMemoryTuner } from './memory-tuner.js';

export const START = Date.UTC(2026, 0, 1);

export type TestApp = ReturnType<typeof testApp>;

/** An application whose clock stands at `START` and whose tuner does nothing. */
export function testApp({ apiKeys = [] }: { readonly apiKeys?: readonly string[] } = {}) {
  const db = temporaryDatabase();
  const tuner = createMemoryTuner();
  const changes = createChanges((id) => tuneVersion(db, id));
  const app = buildApp({
    db,
    tuner,
    changes,
    clock: () => START,
    logger: pino({ level: 'silent' }),
    apiKeys,
  });
  onTestFinished(() => app.close());
  return { app, db, tuner, changes };
}

/** The part of a response that these tests look at; `inject` gives one. */
interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** The problem that a refusal is; it must be a complete one, and not about our insides. */
export function problemOf(answer: Answer): Problem {
  expect(String(answer.headers['content-type'])).toContain(PROBLEM_MEDIA_TYPE);
  const problem = ProblemSchema.parse(JSON.parse(answer.body));
  expect(problem.status).toBe(answer.statusCode);
  expect(answer.body).not.toMatch(/node_modules|file:\/\/|\.ts:|\.js:/);
  return problem;
}

export const SMALL: TuneSubmissionInput = { workload: 'matmul:m=8,n=8,k=8' };

export function submit(
  { app }: TestApp,
  body: object = SMALL,
  headers: Readonly<Record<string, string>> = {},
) {
  return app.inject({ method: 'POST', url: '/v1/tunes', payload: body, headers });
}

/** Submits what is good, and reads the answer. */
export async function submitted(service: TestApp, body: TuneSubmissionInput = SMALL): Promise<Tune> {
  const answer = await submit(service, body);
  expect(answer.statusCode, answer.body).toBe(202);
  return TuneSchema.parse(answer.json());
}

/** The first of its tasks. */
export function taskOf({ tasks }: Tune): Task {
  return at(tasks, 0);
}

/** A script of two functions. */
export const TWO_FUNCTIONS = ['first', 'second']
  .map(
    (name) => `
@T.prim_func
def ${name}(A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")):
    for i in range(8):
        with T.block("body"):
            v = T.axis.spatial(8, i)
            B[v] = A[v] * T.float32(2)
`,
  )
  .join('');
