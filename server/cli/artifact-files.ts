/** @file The files of tuned kernels, and the directories that they are written to. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tune } from '../../shared/protocol/tune.js';
import { InputError } from '../../shared/support/errors.js';
import type { Client } from './client.js';

/** Where the files of a kernel were written. */
export interface ArtifactPaths {
  readonly wasm: string;
  readonly mjs: string;
  readonly dts: string;
}

/** The directory itself for a single task, one in it for each of several. */
export function taskDirectory({ tasks }: Tune, task: number, directory: string): string {
  return tasks.length === 1 ? directory : join(directory, `${task}-${tasks[task]?.name ?? ''}`);
}

/** @throws InputError `UNWRITABLE`. */
export async function makeDirectories(tune: Tune, directory: string): Promise<void> {
  for (const task of tune.tasks.keys()) {
    const path = taskDirectory(tune, task, directory);
    await writing(path, () => mkdir(path, { recursive: true }));
  }
}

/** @throws InputError `UNWRITABLE`. */
export async function writeArtifacts(
  client: Client,
  { id, task, directory }: { readonly id: string; readonly task: number; readonly directory: string },
): Promise<ArtifactPaths> {
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
    const content = await client.file({ id, task, suffix });
    await writing(path, () => writeFile(path, content));
  }
  return paths;
}

async function writing(path: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw new InputError('UNWRITABLE', `cannot write ${path}: ${String(error)}`);
  }
}
