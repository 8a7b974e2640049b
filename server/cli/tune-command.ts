/** @file `tilewright tune`: submits programs over HTTP, shows how it goes, and takes the results away. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { targetOf } from '../../shared/protocol/target.js';
import { isFinal } from '../../shared/protocol/tune-status.js';
import type { Tune, TuneError, TuneSubmissionInput } from '../../shared/protocol/tune.js';
import { InputError } from '../../shared/support/errors.js';
import { makeDirectories, taskDirectory, writeArtifacts } from './artifact-files.js';
import type { Client } from './client.js';
import { connectTo } from './connection.js';
import { createProgress } from './progress.js';
import { jsonReport, textReport, type TunedTask } from './report.js';

export interface TuneCommandOptions {
  readonly target: string;
  readonly seed: number;
  readonly out: string;
  /** Of the programs, in order. */
  readonly weights?: readonly number[];
  readonly trials?: number;
  readonly seconds?: number;
  readonly patience?: number;
  readonly func?: string;
  /** Of the only program. */
  readonly constants?: readonly string[];
  readonly server?: string;
  readonly json?: boolean;
}

/** Exit codes: 0 tuned, 1 the tune failed or a task of it, 130 interrupted. */
export async function tuneCommand(programs: readonly string[], options: TuneCommandOptions): Promise<number> {
  const submission = await submissionOf(programs, options);
  const connection = await connectTo(options.server, process.env);
  try {
    return await run(connection.client, submission, options);
  } finally {
    await connection.close();
  }
}

async function submissionOf(
  programs: readonly string[],
  { target, trials, seconds, patience, seed, func, constants, weights = [] }: TuneCommandOptions,
): Promise<TuneSubmissionInput> {
  if (weights.length > programs.length) {
    throw new InputError('TOO_MANY_WEIGHTS', `${weights.length} weights for ${programs.length} programs`);
  }
  if (constants !== undefined && programs.length > 1) {
    throw new InputError(
      'AMBIGUOUS_CONSTANTS',
      '--constants is for one program; of several, scripts name their own',
    );
  }
  const limits = { trials, seconds, patience };
  const budget = Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
  const common = { target: targetOf(target).id, budget, seed };
  const read = await Promise.all(programs.map((program) => readProgram(program, func)));
  const [only] = read;
  if (only !== undefined && programs.length === 1 && weights.length === 0) {
    return { ...common, ...only, ...(constants !== undefined && { constants: [...constants] }) };
  }
  return { ...common, tasks: read.map((program, i) => ({ ...program, weight: weights[i] ?? 1 })) };
}

/** A file is a script; everything else names a workload. */
async function readProgram(
  program: string,
  func: string | undefined,
): Promise<Pick<TuneSubmissionInput, 'workload' | 'script' | 'func'>> {
  if (!program.endsWith('.py')) return { workload: program };
  if (!existsSync(program)) throw new InputError('NO_FILE', `there is no file ${program}`);
  return { script: await readFile(program, 'utf8'), ...(func !== undefined && { func }) };
}

async function run(
  client: Client,
  submission: TuneSubmissionInput,
  options: TuneCommandOptions,
): Promise<number> {
  const started = Date.now();
  const submitted = await client.submit(submission);
  await prepareDirectories(client, submitted, options.out);
  let interrupted = false;
  const interrupt = (): void => {
    if (interrupted) process.exit(130); // asked twice: at once
    interrupted = true;
    void client.cancel(submitted.id);
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const tune = await follow(client, submitted);
  process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  const seconds = (Date.now() - started) / 1000;

  const tuned = await fetchResults(client, tune, options.out);
  if (tuned.length === 0) return reportFailure(tune, options);
  const report = { tune, tuned, seconds };
  process.stdout.write(
    options.json === true ? `${JSON.stringify(jsonReport(report))}\n` : textReport(report),
  );
  if (tune.status === 'failed') return reportFailure(tune, options);
  return tune.status === 'cancelled' ? 130 : reportFailedTasks(tune);
}

/** Before the search, which may take long. */
async function prepareDirectories(client: Client, tune: Tune, directory: string): Promise<void> {
  try {
    await makeDirectories(tune, directory);
  } catch (error) {
    await client.cancel(tune.id);
    throw error;
  }
}

/** Waits for the tune's final state, showing every change. */
async function follow(client: Client, submitted: Tune): Promise<Tune> {
  const progress = createProgress(process.stderr);
  let tune = submitted;
  progress.update(tune);
  while (!isFinal(tune.status)) {
    tune = await client.tune(tune.id, { wait: 30, version: tune.version });
    progress.update(tune);
  }
  progress.end();
  return tune;
}

/** The tasks that have a result, with their files written. */
async function fetchResults(client: Client, tune: Tune, out: string): Promise<TunedTask[]> {
  const { id } = tune;
  const tuned: TunedTask[] = [];
  for (const [i, task] of tune.tasks.entries()) {
    if (task.bestMs === null) continue;
    const directory = taskDirectory(tune, i, out);
    const best = await client.best(id, i);
    tuned.push({ task, best, paths: await writeArtifacts(client, { id, task: i, directory }) });
  }
  return tuned;
}

function reportFailure({ status, error }: Tune, { json }: TuneCommandOptions): number {
  if (json === true) process.stdout.write(`${JSON.stringify({ status, error })}\n`);
  process.stderr.write(`tilewright: ${error === null ? `the tune is ${status}` : errorText(error)}\n`);
  return status === 'cancelled' ? 130 : 1;
}

function reportFailedTasks({ tasks }: Tune): number {
  const failed = tasks.filter(({ error }) => error !== null);
  for (const { name, error } of failed) {
    if (error !== null) process.stderr.write(`tilewright: ${name}: ${errorText(error)}\n`);
  }
  return failed.length === 0 ? 0 : 1;
}

function errorText({ message, reasons }: TuneError): string {
  return `${message}${reasons.map(({ code, count, message: why }) => `\n  ${count} ${code}: ${why}`).join('')}`;
}
