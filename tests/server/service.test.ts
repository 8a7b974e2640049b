import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDatabase } from '../../db/open.js';
import { listTunes } from '../../db/tunes.js';
import { loadConfig } from '../../server/config.js';
import { startService } from '../../server/service.js';
import { TuneSchema } from '../../shared/protocol/tune.js';
import { temporaryDirectory } from '../db/harness.js';
import { SMALL } from './harness.js';
import { createMemoryTuner } from './memory-tuner.js';

const logger = pino({ level: 'silent' });

function configOf(db: string, port = 0) {
  return loadConfig({ TILEWRIGHT_DB: db, TILEWRIGHT_PORT: String(port) });
}

describe('the service', () => {
  it('starts the tuner once it listens, and ends everything', async () => {
    const path = join(temporaryDirectory(), 'test.db');
    const tuner = createMemoryTuner();
    const service = await startService({ config: configOf(path), logger, createTuner: () => tuner });
    expect(tuner.notified()).toBe(1);
    const answer = await fetch(`${service.url}/v1/tunes`, {
      method: 'POST',
      body: JSON.stringify(SMALL),
      headers: { 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(202);
    const { id } = TuneSchema.parse(await answer.json());
    expect(() => openDatabase(path)).toThrow(expect.objectContaining({ code: 'DATABASE_IN_USE' }));
    await Promise.all([service.close(), service.close()]);
    expect(tuner.isClosed()).toBe(true);
    await expect(fetch(service.url)).rejects.toThrow();
    const db = openDatabase(path);
    expect(listTunes(db, { limit: 9 }).map((tune) => tune.id)).toEqual([id]);
    db.close();
  });

  it('that cannot listen leaves nothing behind', async () => {
    const path = join(temporaryDirectory(), 'test.db');
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as AddressInfo;
    const tuner = createMemoryTuner();
    const starting = startService({ config: configOf(path, port), logger, createTuner: () => tuner });
    await expect(starting).rejects.toMatchObject({ code: 'ADDRESS_UNAVAILABLE' });
    expect([tuner.notified(), tuner.isClosed()]).toEqual([0, true]);
    openDatabase(path).close();
  });
});

/** Starts the process; `listening` gives its address. */
function startProcess(environment: Readonly<Record<string, string>>) {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', fileURLToPath(new URL('serve-memory.ts', import.meta.url))],
    { stdio: 'pipe', env: { PATH: process.env['PATH'], TILEWRIGHT_PORT: '0', ...environment } },
  );
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const exit = once(child, 'close').then(([code]): unknown => code);
  const listening = () =>
    vi.waitUntil(
      () => {
        expect(child.exitCode, errors).toBeNull();
        return /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0];
      },
      { timeout: 30_000 },
    );
  return { child, listening, exit, output: () => output, errors: () => errors };
}

describe('the process', () => {
  it('ends by itself on a signal, while somebody waits', async () => {
    const path = join(temporaryDirectory(), 'data', 'test.db');
    const key = 'a-key-of-enough-characters';
    const { child, listening, exit, output } = startProcess({
      TILEWRIGHT_DB: path,
      TILEWRIGHT_API_KEYS: key,
    });
    const base = await listening();
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(`${base}/v1/tunes`, { method: 'POST', body: JSON.stringify(SMALL), headers });
    const tune = TuneSchema.parse(await answer.json());
    const waiting = fetch(`${base}${tune.links.self}?wait=60`, { headers });
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.kill('SIGTERM');
    expect((await waiting).status).toBe(200);
    expect(await exit).toBe(0);
    expect(output()).not.toContain(key);
    expect(existsSync(`${path}-wal`)).toBe(false);
    const db = openDatabase(path);
    expect(listTunes(db, { limit: 9 }).map(({ id }) => id)).toEqual([tune.id]);
    db.close();
  });

  it.each([
    ['a configuration', { TILEWRIGHT_HOST: '0.0.0.0' }, 'TILEWRIGHT_API_KEYS'],
    ['a database', { TILEWRIGHT_DB: '/dev/null/test.db' }, '/dev/null/test.db'],
  ])('says in one line that it cannot work with %s', async (_, environment, named) => {
    const { exit, errors } = startProcess(environment);
    expect(await exit).toBe(1);
    expect(errors()).toMatch(/^tilewright: /);
    expect(errors()).toContain(named);
    expect(errors()).not.toMatch(/ {4}at /);
  });
});
