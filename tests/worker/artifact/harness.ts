/** @file Artifacts as a user finds them: three files in a directory. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import type { CompiledKernel } from '../../../shared/protocol/kernel.js';
import type { TargetId } from '../../../shared/protocol/target.js';
import { declarationsFor } from '../../../worker/artifact/declarations.js';
import { loaderFor } from '../../../worker/artifact/loader.js';

/** A directory for the tests of a file. */
export function artifactDirectory(): () => string {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'loader-'));
  });
  afterAll(() => rm(directory, { recursive: true }));
  return () => directory;
}

/** Writes the files of an artifact. @returns what its loader exports */
export async function publishIn(
  directory: string,
  fileName: string,
  { wasm, abi }: CompiledKernel,
  target: TargetId = 'wasm',
): Promise<unknown> {
  const description = { abi, target, fileName };
  await writeFile(join(directory, `${fileName}.wasm`), wasm);
  await writeFile(join(directory, `${fileName}.mjs`), loaderFor(description));
  await writeFile(join(directory, `${fileName}.d.mts`), declarationsFor(description));
  const exported: unknown = await import(
    /* @vite-ignore */ pathToFileURL(join(directory, `${fileName}.mjs`)).href
  );
  return exported;
}

/** What the TypeScript compiler has to say of a file. */
export function typeErrorsOf(directory: string, file: string): string {
  const tsc = join(process.cwd(), 'node_modules/typescript/bin/tsc');
  const modes = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  const args = [tsc, ...modes, '--lib', 'es2023,dom', '--types', '', file];
  return spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8' }).stdout;
}
