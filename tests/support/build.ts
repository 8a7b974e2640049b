/**
 * @file Vitest's global setup: builds `dist/` once. Worker threads and the measuring host are plain JavaScript there,
 * as in production; they cannot load TypeScript.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = new URL('../../', import.meta.url);

/** Main module of the measuring host, for `createLocalMeasureQueue({ mainPath })`. */
export const HOST_MAIN_PATH = fileURLToPath(new URL('dist/worker/main.js', ROOT));

export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: fileURLToPath(ROOT), stdio: 'inherit' });
}
