/** @file `tilewright tune`: submits a program over HTTP, shows how it goes, and takes the result away. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Best } from '../../shared/protocol/candidate.js';
import { targetOf } from '../../shared/protocol/target.js';
import { isFinal } from '../../shared/protocol/tune-status.js';
import type { Tune, TuneSubmissionInput } from '../../shared/protocol/tune.js';
import { traceFromJson, traceToText } from '../../shared/schedule/trace.js';
import { InputError } from '../../shared/support/errors.js';
import type { Client } from './client.js';
import { connectTo } from './connection.js';
import { createProgress, formatMs } from './progress.js';

export interface TuneCommandOptions {
  readonly target: string;
  readonly trials: number;
  readonly seed: number;
  readonly out: string;
  readonly seconds?: number;
  readonly func?: string;
  readonly server?: string;
  readonly json?: boolean;
}

/** Where the files were written. */
interface ArtifactPaths {
  readonly wasm: string;
  readonly mjs: string;
  readonly dts: string;
}

/** Exit codes: 0 tuned, 1 the tune failed, 130 interrupted. */
export async function tuneCommand(program: string, options: TuneCommandOptions): Promise<number> {
  const submission = await submissionOf(program, options);
  const connection = await connectTo(options.server, process.env);
  try {
    return await run(connection.client, submission, options);
  } finally {
    await connection.close();
  }
}

/** A file is a script; everything else names a workload. */
async function submissionOf(program: string, options: TuneCommandOptions): Promise<TuneSubmissionInput> {
  const { target, trials, seconds, seed, func } = options;
  const common = {
    target: targetOf(target).id,
    budget: { trials, ...(seconds !== undefined && { seconds }) },
    seed,
  };
  if (!program.endsWith('.py')) return { ...common, workload: program };
  if (!existsSync(program)) throw new InputError('NO_FILE', `there is no file ${program}`);
  const script = await readFile(program, 'utf8');
  return { ...common, script, ...(func !== undefined && { func }) };
}

async function run(
  client: Client,
  submission: TuneSubmissionInput,
  options: TuneCommandOptions,
): Promise<number> {
  const started = Date.now();
  const submitted = await client.submit(submission);
  await makeDirectory(client, submitted, options.out);
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

  if (tune.bestMs === null) return reportFailure(tune, options);
  const best = await client.best(tune.id);
  const paths = await writeArtifacts(client, tune, options.out);
  if (options.json === true)
    process.stdout.write(`${JSON.stringify(summaryOf(tune, best, paths, seconds))}\n`);
  else process.stdout.write(reportOf(tune, best, paths, seconds));
  if (tune.status === 'failed') return reportFailure(tune, options);
  return tune.status === 'cancelled' ? 130 : 0;
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

async function writeArtifacts(client: Client, tune: Tune, directory: string): Promise<ArtifactPaths> {
  // TypeScript looks for the types of best.mjs in best.d.mts.
  const paths = {
    wasm: join(directory, 'best.wasm'),
    mjs: join(directory, 'best.mjs'),
    dts: join(directory, 'best.d.mts'),
  };
  for (const [suffix, path] of [
    ['wasm', paths.wasm],
    ['mjs', paths.mjs],
    ['d.ts', paths.dts],
  ] as const) {
    const content = await client.file(tune.id, suffix);
    await writing(path, () => writeFile(path, content));
  }
  return paths;
}

/** Before the search, which may take long. */
async function makeDirectory(client: Client, tune: Tune, directory: string): Promise<void> {
  try {
    await writing(directory, () => mkdir(directory, { recursive: true }));
  } catch (error) {
    await client.cancel(tune.id);
    throw error;
  }
}

/** @throws InputError `UNWRITABLE`, for what the file system refuses. */
async function writing(path: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new InputError('UNWRITABLE', `cannot write ${path}: ${String(error)}`);
  }
}

function summaryOf(
  tune: Tune,
  best: Best,
  artifacts: ArtifactPaths,
  seconds: number,
): Record<string, unknown> {
  const { workload, target, trials, failures, baselineMs, bestMs, speedup, gflops } = tune;
  const { trace } = best.candidate;
  return {
    workload,
    target,
    trials: trials.done,
    failures,
    baselineMs,
    bestMs,
    speedup,
    gflops,
    seconds,
    trace,
    script: best.script,
    artifacts,
  };
}

function reportOf(tune: Tune, best: Best, paths: ArtifactPaths, seconds: number): string {
  const failures = Object.entries(tune.failures).map(([code, count]) => `${count} ${code}`);
  const rows = [
    ['workload', tune.workload ?? 'script'],
    ['target', tune.target],
    [
      'trials',
      `${tune.trials.done} in ${seconds.toFixed(1)} s${failures.length === 0 ? '' : ` (failed: ${failures.join(', ')})`}`,
    ],
    ['baseline', tune.baselineMs === null ? 'not measured' : formatMs(tune.baselineMs)],
    ['best', `${formatMs(best.bestMs)}, ${best.gflops.toFixed(1)} GFLOP/s`],
    ['speed-up', speedupText(tune, best)],
    ['kernel', `${best.candidate.wasmBytes} bytes: ${paths.wasm}, ${paths.mjs}, ${paths.dts}`],
  ];
  const table = rows.map(([name, value]) => `${name?.padEnd(10)}${value}`).join('\n');
  return `${traceToText(traceFromJson(best.candidate.trace))}\n\n${table}\n`;
}

/** With the interval of the finals, if there were any. */
function speedupText({ speedup }: Tune, { candidate }: Best): string {
  if (speedup === null) return 'unknown';
  const interval = candidate.final?.speedupInterval?.map((bound) => `${bound.toFixed(1)}x`);
  return `${speedup.toFixed(1)}x${interval === undefined ? '' : ` (95 %: ${interval.join(' to ')})`}`;
}

function reportFailure({ status, error }: Tune, { json }: TuneCommandOptions): number {
  if (json === true) process.stdout.write(`${JSON.stringify({ status, error })}\n`);
  const reasons =
    error?.reasons.map(({ code, count, message }) => `\n  ${count} ${code}: ${message}`).join('') ?? '';
  const why = error === null ? `the tune is ${status}` : `${error.message}${reasons}`;
  process.stderr.write(`tilewright: ${why}\n`);
  return status === 'cancelled' ? 130 : 1;
}
