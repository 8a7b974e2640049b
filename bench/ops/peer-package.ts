/**
 * @file The packages of the peers. They belong to this benchmark alone and need not be there when the repository is checked,
 * hence the import by path.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';

const PACKAGE = new URL('../peers/package.json', import.meta.url);

/** The Node that is installed beside them. */
export const CURRENT_NODE = fileURLToPath(new URL('node_modules/node/bin/node', PACKAGE));

export function areInstalled(): boolean {
  return existsSync(CURRENT_NODE);
}

/** What a package exports by default. */
export async function loadPeer(name: string): Promise<unknown> {
  const loaded: unknown = await import(pathToFileURL(createRequire(PACKAGE).resolve(name)).href);
  return z.object({ default: z.unknown() }).parse(loaded).default;
}
