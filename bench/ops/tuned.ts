/** @file Our kernel of a row, as a user gets it: tuned through the command line on an empty database. */
import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { openDatabase } from '../../db/open.js';
import type { OpsTarget } from './roofline.js';
import type { Row } from './suite.js';

const CLI = fileURLToPath(new URL('../../dist/server/cli/main.js', import.meta.url));

const ReportSchema = z.object({
  trials: z.number(),
  seconds: z.number(),
  artifacts: z.object({ wasm: z.string(), mjs: z.string() }),
});

export interface TunedKernel {
  readonly mjs: string;
  readonly bytes: number;
  readonly trials: number;
  readonly seconds: number;
  /** The trials in order: seconds from the start of the tune, and milliseconds per run. */
  readonly progress: readonly { readonly second: number; readonly ms: number }[];
}

export interface TuneOptions {
  readonly engine: string;
  readonly target: OpsTarget;
  readonly trials: number;
  /** Empty. */
  readonly directory: string;
}

export async function tuneRow(
  { spec, inputs }: Row,
  { engine, target, trials, directory }: TuneOptions,
): Promise<TunedKernel> {
  const constants = Object.entries(inputs).flatMap(([name, input]) => (input.constant ? [name] : []));
  const database = join(directory, 'tune.db');
  const args = [CLI, 'tune', spec, '--target', target, '--trials', String(trials), '--json'];
  args.push('--out', join(directory, 'out'));
  if (constants.length > 0) args.push('--constants', constants.join(','));
  const env = { ...process.env, TILEWRIGHT_DB: database, TILEWRIGHT_WORKER_NODE: engine };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 64 * 1024 * 1024 });
  const report = ReportSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  const { size } = await stat(report.artifacts.wasm);
  return {
    mjs: report.artifacts.mjs,
    bytes: size,
    trials: report.trials,
    seconds: report.seconds,
    progress: progressOf(database),
  };
}

const TrialSchema = z.object({ second: z.number(), ms: z.number() });

function progressOf(path: string): TunedKernel['progress'] {
  const db = openDatabase(path);
  try {
    const rows: unknown = db.sqlite
      .prepare(
        `SELECT (candidates.created_at - tunes.created_at) / 1000.0 AS second, median_ns / 1e6 AS ms
         FROM candidates JOIN tasks ON tasks.id = task_id JOIN tunes ON tunes.id = tune_id
         WHERE candidates.status = 'measured' ORDER BY candidates.created_at`,
      )
      .all();
    return z.array(TrialSchema).parse(rows);
  } finally {
    db.close();
  }
}

/** When a candidate first was faster than so many milliseconds. */
export function secondsToBeat({ progress }: TunedKernel, ms: number): number | null {
  return progress.find((trial) => trial.ms < ms)?.second ?? null;
}
