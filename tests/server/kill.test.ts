/**
 * @file The service is killed in the middle of a tune, again and again. What a client has seen recorded is there ever
 * after, exactly once and unchanged, and the tune reaches its budget.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import { listCandidates } from '../../db/candidates.js';
import { openDatabase } from '../../db/open.js';
import { getTune } from '../../db/tunes.js';
import { CandidatePageSchema, type Candidate } from '../../shared/protocol/candidate.js';
import { TuneSchema, type Tune } from '../../shared/protocol/tune.js';
import { createRng } from '../../shared/support/rng.js';
import { temporaryDirectory } from '../db/harness.js';

const KILLS = 20;
const TRIALS = 64;
/** Longest life of a process that is killed; enough to start, and for several trials. */
const MAX_LIFE_MS = 900;

const MAIN_PATH = fileURLToPath(new URL('../../dist/server/main.js', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
}

async function start(database: string): Promise<Running> {
  const child = spawn(process.execPath, [MAIN_PATH], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], TILEWRIGHT_DB: database, TILEWRIGHT_PORT: '0' },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const url = await vi.waitUntil(() => /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0], { timeout: 30_000 });
  return { child, url };
}

async function kill({ child }: Running): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** All candidates that the service acknowledges, over all pages. */
async function acknowledged(url: string, id: string): Promise<Candidate[]> {
  const items: Candidate[] = [];
  let next: string | null = `/v1/tunes/${id}/candidates?limit=100`;
  while (next !== null) {
    const answer = await fetch(`${url}${next}`);
    const page = CandidatePageSchema.parse(await answer.json());
    items.push(...page.items);
    next = page.next;
  }
  return items;
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it(`survives ${KILLS} kills at random moments`, { timeout: 180_000 }, async () => {
  const database = join(temporaryDirectory(), 'kill.db');
  const rng = createRng(Number(process.env['TILEWRIGHT_TEST_SEED'] ?? 1)).fork('kill');
  const seen = new Map<number, Candidate>();
  let id: string | null = null;
  let killsInMidTune = 0;

  const look = async (url: string, tuneId: string): Promise<void> => {
    for (const candidate of await acknowledged(url, tuneId)) {
      const trial = candidate.trial ?? BASELINE_TRIAL;
      const before = seen.get(trial);
      // The finals add their times to candidates; nothing else ever changes.
      if (before !== undefined) expect({ ...candidate, final: null }).toEqual({ ...before, final: null });
      seen.set(trial, candidate);
    }
  };

  for (let n = 0; n < KILLS; n++) {
    const running = await start(database);
    id ??= await submit(running.url);
    const deadline = Date.now() + rng.nextInt(MAX_LIFE_MS);
    do {
      await look(running.url, id);
      await delay(rng.nextInt(60));
    } while (Date.now() < deadline);
    const status = (await tuneOf(running.url, id)).status;
    if (status === 'running' || status === 'queued') killsInMidTune++;
    await kill(running);
  }
  expect(id).not.toBeNull();
  if (id === null) return;
  const last = await start(database);
  let tune = await tuneOf(last.url, id);
  while (tune.status === 'running' || tune.status === 'queued') tune = await tuneOf(last.url, id, 30);
  expect(tune.status).toBe('succeeded');
  await look(last.url, id);
  await kill(last);

  const db = openDatabase(database);
  onTestFinished(() => db.close());
  const stored = listCandidates(db, getTune(db, id).tasks[0].id, { limit: 1000 }).map(({ trial }) => trial);
  expect(stored).toEqual(Array.from({ length: TRIALS + 1 }, (_, i) => i - 1));
  expect(new Set(seen.keys())).toEqual(new Set(stored));
  expect(killsInMidTune).toBeGreaterThanOrEqual(KILLS / 2);
});

async function submit(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1/tunes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workload: 'matmul:m=64,n=64,k=64', budget: { trials: TRIALS } }),
  });
  return TuneSchema.parse(await answer.json()).id;
}

async function tuneOf(url: string, id: string, wait = 0): Promise<Tune> {
  const answer = await fetch(`${url}/v1/tunes/${id}?wait=${wait}`);
  return TuneSchema.parse(await answer.json());
}
