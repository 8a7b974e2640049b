import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endedTrials } from '../../db/candidates.js';
import { storeFaultOf } from '../../db/fault.js';
import { IN_MEMORY, openDatabase, type Database } from '../../db/open.js';
import { recordTrial } from '../../db/outcomes.js';
import { findTune, getTune, listTunes } from '../../db/tunes.js';
import { InputError } from '../../shared/support/errors.js';
import { temporaryDatabase, temporaryDirectory } from './harness.js';
import { queueTune, result, tuneId } from './records.js';

function refusal(code: string): unknown {
  return expect.objectContaining({ name: 'InputError', code });
}

/** Opens a database that must be closed before the test's directory goes away. */
function open(path: string): Database {
  const db = openDatabase(path);
  onTestFinished(() => db.close());
  return db;
}

describe('opening', () => {
  it('makes the directory and syncs every commit to a write-ahead log', () => {
    const path = join(temporaryDirectory(), 'deep', 'er', 'test.db');
    const { sqlite } = open(path);
    expect(existsSync(path)).toBe(true);
    expect(sqlite.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(sqlite.pragma('synchronous', { simple: true })).toBe(2);
    expect(sqlite.pragma('foreign_keys', { simple: true })).toBe(1);
  });

  it('finds what was stored before', () => {
    const path = join(temporaryDirectory(), 'test.db');
    const db = open(path);
    const tune = queueTune(db);
    db.close();
    db.close();
    expect(findTune(open(path), tune.id)).toEqual(tune);
  });

  it('works in memory, several times', () => {
    const [one, other] = [open(IN_MEMORY), open(IN_MEMORY)];
    queueTune(one);
    expect(listTunes(other, { limit: 9 })).toEqual([]);
  });

  it('is refused while another holds the file, and lets readers in', () => {
    const path = join(temporaryDirectory(), 'test.db');
    const db = open(path);
    queueTune(db);
    expect(() => openDatabase(path)).toThrow(refusal('DATABASE_IN_USE'));
    const reader = new Sqlite(path, { readonly: true });
    expect(reader.prepare('SELECT count(*) FROM tunes').pluck().get()).toBe(1);
    reader.close();
    db.close();
    expect(() => open(path)).not.toThrow();
  });

  it('is refused where no file can be', () => {
    const directory = temporaryDirectory();
    expect(() => openDatabase(directory)).toThrow(refusal('DATABASE_UNREADABLE'));
    writeFileSync(join(directory, 'file'), '');
    expect(() => openDatabase(join(directory, 'file', 'test.db'))).toThrow(refusal('DATABASE_UNREADABLE'));
  });

  it("leaves another program's database as it is", () => {
    const path = join(temporaryDirectory(), 'other.db');
    const other = new Sqlite(path);
    other.exec('CREATE TABLE theirs (x)');
    other.close();
    expect(() => openDatabase(path)).toThrow(refusal('DATABASE_FOREIGN'));
    expect(() => openDatabase(path)).toThrow(refusal('DATABASE_FOREIGN'));
    const again = new Sqlite(path);
    expect(again.prepare('SELECT name FROM sqlite_master').pluck().all()).toEqual(['theirs']);
    again.close();
  });

  it('refuses a file that is no database', () => {
    const path = join(temporaryDirectory(), 'test.db');
    writeFileSync(path, 'something else entirely '.repeat(500));
    expect(() => openDatabase(path)).toThrow(refusal('DATABASE_DAMAGED'));
  });
});

describe('a damaged file', () => {
  it('is refused or read; it never makes a defect', () => {
    const directory = temporaryDirectory();
    const whole = join(directory, 'whole.db');
    const db = open(whole);
    const {
      tasks: [task],
    } = queueTune(db);
    for (let trial = 0; trial < 40; trial++) recordTrial(db, result(task.id, trial, 100 + trial));
    db.close();
    const bytes = readFileSync(whole);
    let refused = 0;
    let copies = 0;
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 16,
    });
    fc.assert(
      fc.property(flips, (places) => {
        const path = join(directory, `copy-${copies++}.db`);
        const damaged = Buffer.from(bytes);
        for (const [place, mask] of places) damaged.writeUInt8(damaged.readUInt8(place) ^ mask, place);
        writeFileSync(path, damaged);
        try {
          openDatabase(path).close();
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
          refused++;
        }
      }),
      { numRuns: 60 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it('with a log cut off anywhere has a prefix of what was committed', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'test.db');
    const db = open(path);
    const {
      id,
      tasks: [task],
    } = queueTune(db);
    db.sqlite.pragma('wal_checkpoint(TRUNCATE)');
    for (let trial = 0; trial < 30; trial++) recordTrial(db, result(task.id, trial, 100 + trial));
    const logBytes = readFileSync(`${path}-wal`).length;
    let copies = 0;
    fc.assert(
      fc.property(fc.nat(logBytes), (kept) => {
        const copyPath = join(directory, `copy-${copies++}`, 'test.db');
        mkdirSync(join(copyPath, '..'));
        copyFileSync(path, copyPath);
        copyFileSync(`${path}-wal`, `${copyPath}-wal`);
        truncateSync(`${copyPath}-wal`, kept);
        const copy = openDatabase(copyPath);
        const trials = endedTrials(copy, task.id).map(({ trial }) => trial);
        expect(trials).toEqual(trials.map((_, i) => i));
        const tune = getTune(copy, id);
        expect(tune.tasks[0].measured).toBe(trials.length);
        expect(tune.version).toBe(1 + trials.length);
        copy.close();
      }),
      { numRuns: 40 },
    );
  });
});

describe('a full disk', () => {
  it('fails the write, leaves no trace of it, and is told apart from defects', () => {
    const db = temporaryDatabase();
    const {
      id,
      tasks: [task],
    } = queueTune(db);
    const pages = Number(db.sqlite.pragma('page_count', { simple: true }));
    db.sqlite.pragma(`max_page_count = ${pages + 2}`);
    const recorded: number[] = [];
    const fault = faultOf(() => {
      for (let trial = 0; trial < 10_000; trial++) {
        recordTrial(db, result(task.id, trial, 100));
        recorded.push(trial);
      }
    });
    expect(storeFaultOf(fault)).toBe('full');
    expect(endedTrials(db, task.id).map(({ trial }) => trial)).toEqual(recorded);
    expect(getTune(db, id).tasks[0].measured).toBe(recorded.length);
    db.sqlite.pragma(`max_page_count = ${pages + 1000}`);
    expect(recordTrial(db, result(task.id, recorded.length, 100))).toBe('stored');
  });

  it('is not seen in errors of ours', () => {
    const { sqlite } = temporaryDatabase();
    expect(storeFaultOf(faultOf(() => sqlite.exec('SELECT * FROM nothing')))).toBeNull();
    expect(storeFaultOf(new Error('SQLITE_FULL'))).toBeNull();
  });
});

/** What an act that must fail throws. */
function faultOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a process that is killed', () => {
  it('keeps what it acknowledged and its file can be opened at once', async () => {
    const path = join(temporaryDirectory(), 'test.db');
    for (const acknowledgements of [1, 25]) {
      const before = existsSync(path) ? trialsIn(path) : [];
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', fileURLToPath(new URL('write-until-killed.ts', import.meta.url)), path],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const gone = once(child, 'exit');
      const acknowledged: number[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        if (acknowledged.length === 0) {
          expect(() => openDatabase(path)).toThrow(refusal('DATABASE_IN_USE'));
        }
        acknowledged.push(Number(line));
        if (acknowledged.length === acknowledgements) child.kill('SIGKILL');
      }
      await gone;
      const stored = trialsIn(path);
      expect(stored).toEqual(stored.map((_, i) => i));
      expect(stored).toEqual(expect.arrayContaining([...before, ...acknowledged]));
      expect(acknowledged[0]).toBe(before.length);
    }
  });
});

function trialsIn(path: string): number[] {
  const db = openDatabase(path);
  const {
    tasks: [task],
  } = getTune(db, tuneId(1));
  const trials = endedTrials(db, task.id).map(({ trial }) => trial);
  expect(task.measured).toBe(trials.length);
  db.close();
  return trials;
}
