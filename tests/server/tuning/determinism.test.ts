/**
 * @file What a tune tries is a function of its seed, and of what was measured: it does not matter where the search runs,
 * or how often the service stops or dies meanwhile.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { IN_MEMORY, openDatabase, type Database } from '../../../db/open.js';
import { createSearchPool } from '../../../server/tuning/search-pool.js';
import { createRng } from '../../../shared/support/rng.js';
import { temporaryDirectory } from '../../db/harness.js';
import { decidedBy, hashQueue, runTunes, TRIALS } from './deterministic-tunes.js';

const SEARCH_TASK_PATH = fileURLToPath(
  new URL('../../../dist/server/tuning/search-task.js', import.meta.url),
);
const CHILD_PATH = fileURLToPath(new URL('tune-until-killed.ts', import.meta.url));

/** What the tests look at in a line of what was decided. */
const Decided = z.object({
  round: z.int(),
  origin: z.object({ parent: z.int().nullable() }),
  predicted: z.number().nullable(),
});

/** The lines that are about candidates. */
function candidatesOf(records = ''): string[] {
  return records.split('\n').filter((line) => line.includes('"trial"'));
}

function open(path: string = IN_MEMORY): Database {
  const db = openDatabase(path);
  onTestFinished(() => db.close());
  return db;
}

async function decided(parts: Partial<Parameters<typeof runTunes>[0]> = {}): Promise<Record<string, string>> {
  const db = open();
  expect(await runTunes({ db, queue: hashQueue(), ...parts })).toBe(true);
  return decidedBy(db);
}

describe('what a tune tries', () => {
  let reference: Record<string, string>;
  beforeAll(async () => {
    const db = openDatabase(IN_MEMORY);
    await runTunes({ db, queue: hashQueue() });
    reference = decidedBy(db);
    db.close();
  }, 60_000);

  it('is all that it was asked for, and shows a model at work', () => {
    const { 'several tasks': several = '', ...ofStrategies } = reference;
    for (const records of Object.values(ofStrategies)) expect(candidatesOf(records)).toHaveLength(1 + TRIALS);
    expect(candidatesOf(several)).toHaveLength(3 + 2 * TRIALS);
    const evolved = candidatesOf(reference['evolutionary'])
      .slice(1)
      .map((line) => Decided.parse(JSON.parse(line)));
    // Other tunes have taught it before its first trial, and its last round descends from what it has measured.
    expect(evolved.filter(({ round, predicted }) => round === 0 && predicted !== null)).not.toEqual([]);
    expect(evolved.filter(({ round, origin }) => round === 2 && origin.parent !== null)).not.toEqual([]);
  });

  it('is the same for the same seed, and another for another', async () => {
    expect(await decided()).toEqual(reference);
    const other = await decided({ seed: 1 });
    for (const [strategy, records] of Object.entries(other)) {
      expect(records, strategy).not.toBe(reference[strategy]);
    }
  });

  it('is the same when another thread searches', async () => {
    expect(await decided({ searches: createSearchPool(SEARCH_TASK_PATH) })).toEqual(reference);
  });

  it.each([1, 2])('is the same when the service stops again and again (%i)', async (seed) => {
    const rng = createRng(seed);
    const path = join(temporaryDirectory(), 'stopped.db');
    let lives = 0;
    for (let isDone = false; !isDone; lives++) {
      const db = openDatabase(path);
      isDone = await runTunes({ db, queue: hashQueue(), stopAt: rng.nextInt(20) });
      db.close();
    }
    expect(lives).toBeGreaterThan(3);
    expect(decidedBy(open(path))).toEqual(reference);
  });

  it('is the same when the service is killed again and again', async () => {
    const rng = createRng(Number(process.env['TILEWRIGHT_TEST_SEED'] ?? 1)).fork('kill');
    const path = join(temporaryDirectory(), 'killed.db');
    // The tunes measure 81 candidates and baselines, 33 of them in the one of several tasks.
    const kills = [14, 14, 20].map((least) => least + rng.nextInt(8));
    for (const lines of [...kills, Infinity]) {
      const { signal, measurements } = await lifeOf(path, lines);
      expect(signal).toBe(lines === Infinity ? null : 'SIGKILL');
      expect(measurements).toBeGreaterThan(0);
    }
    expect(decidedBy(open(path))).toEqual(reference);
  });
});

/** Lets the process live until it has written so many lines. */
async function lifeOf(path: string, lines: number) {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD_PATH, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  let measurements = 0;
  for await (const _ of createInterface({ input: child.stdout })) {
    if (++measurements === lines) child.kill('SIGKILL');
  }
  const [, signal] = await exit;
  return { signal, measurements };
}
