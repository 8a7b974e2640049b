import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate, readMigrations } from '../../db/migrate.js';
import { openDatabase } from '../../db/open.js';
import { listCandidates } from '../../db/candidates.js';
import { eventsAfter } from '../../db/events.js';
import { findTune, getTune } from '../../db/tunes.js';
import { budgetOf } from '../../shared/protocol/budget.js';
import { SEARCH_DEFAULTS } from '../../shared/protocol/search-options.js';
import { temporaryDirectory } from './harness.js';
import { engine, measured, program, queueTune, tuneId } from './records.js';

function emptyFile(): Sqlite.Database {
  const sqlite = new Sqlite(join(temporaryDirectory(), 'test.db'));
  onTestFinished(() => {
    sqlite.close();
  });
  return sqlite;
}

function version(sqlite: Sqlite.Database): unknown {
  return sqlite.pragma('user_version', { simple: true });
}

function tables(sqlite: Sqlite.Database): unknown[] {
  return sqlite.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").pluck().all();
}

const { status: _status, medianNs: _medianNs, engine: _engine, anchorNs: _anchorNs, ...rest } = measured(80);
const MEASUREMENT = JSON.stringify(rest);

const CREATE_A = { version: 1, sql: 'CREATE TABLE a (x); INSERT INTO a VALUES (1);' };
const CREATE_B = { version: 2, sql: 'CREATE TABLE b (x);' };
const FAULTY = { version: 3, sql: 'CREATE TABLE c (x); INSERT INTO a VALUES (2); SELECT * FROM nothing;' };

/** Of a tune that succeeded with one trial, and of one that failed. */
const FIRST_VERSION_ROWS = `
  INSERT INTO workloads VALUES (1, 'hash', '${program().script}', 8, 1);
  INSERT INTO tunes (id, status, workload_spec, target, budget_trials, budget_seconds, seed, strategy, space, priority,
                     labels, error, created_at)
  VALUES ('${tuneId(1)}', 'succeeded', 'add:n=8', 'wasm', 7, 2.5, 0, 'replay-trace', 'default', 0, '{}', NULL, 1),
         ('${tuneId(2)}', 'failed', NULL, 'wasm', 7, NULL, 0, 'replay-trace', 'default', 0, '{}',
          '{"code":"NO_CANDIDATE","message":"all failed","reasons":[]}', 1);
  INSERT INTO tasks (id, tune_id, position, workload_id, script)
  VALUES (1, '${tuneId(1)}', 0, 1, '${program().script}'), (2, '${tuneId(2)}', 0, 1, '${program().script}');
  INSERT INTO engines VALUES ('engine-1', '${JSON.stringify(engine())}');
  INSERT INTO candidates VALUES
    (1, -1, 0, '[[],[]]', 'a', NULL, 1, 'measured', NULL, NULL, 80, '${MEASUREMENT}', 'engine-1', NULL, NULL),
    (1, 0, 0, '[[],[]]', 'b', 'c', 1, 'measured', NULL, NULL, 40, '${MEASUREMENT}', 'engine-1', 42,
     '{"medianNs":42,"samplesNs":[42],"spread":0}');
  INSERT INTO events (tune_id, type, payload, created_at)
  VALUES ('${tuneId(1)}', 'finals', '{"winner":0,"medianNs":42}', 1);`;

describe('migrations', () => {
  it('are applied once each, in order', () => {
    const sqlite = emptyFile();
    migrate(sqlite, 'test.db', [CREATE_A]);
    expect(version(sqlite)).toBe(1);
    migrate(sqlite, 'test.db', [CREATE_A, CREATE_B]);
    migrate(sqlite, 'test.db', [CREATE_A, CREATE_B]);
    expect(version(sqlite)).toBe(2);
    expect(tables(sqlite)).toEqual(['a', 'b']);
    expect(sqlite.prepare('SELECT count(*) FROM a').pluck().get()).toBe(1);
  });

  it('that fail in the middle leave the version before', () => {
    const sqlite = emptyFile();
    expect(() => migrate(sqlite, 'test.db', [CREATE_A, CREATE_B, FAULTY])).toThrow(/nothing/);
    expect(version(sqlite)).toBe(2);
    expect(tables(sqlite)).toEqual(['a', 'b']);
    expect(sqlite.prepare('SELECT count(*) FROM a').pluck().get()).toBe(1);
  });

  it('do not go backwards', () => {
    const sqlite = emptyFile();
    migrate(sqlite, 'test.db', [CREATE_A, CREATE_B]);
    expect(() => migrate(sqlite, 'test.db', [CREATE_A])).toThrow(
      expect.objectContaining({ code: 'DATABASE_NEWER' }),
    );
    expect(version(sqlite)).toBe(2);
  });

  it('of the program make a database that the repositories work with', () => {
    const path = join(temporaryDirectory(), 'test.db');
    const sqlite = new Sqlite(path);
    migrate(sqlite, path);
    expect(version(sqlite)).toBe(readMigrations().length);
    sqlite.close();
    const db = openDatabase(path);
    const tune = queueTune(db);
    expect(findTune(db, tune.id)).toEqual(tune);
    db.close();
  });

  it('keep what the first version stored, which had no rounds, no anchor and one task', () => {
    const path = join(temporaryDirectory(), 'test.db');
    const sqlite = new Sqlite(path);
    migrate(sqlite, path, readMigrations().slice(0, 1));
    sqlite.exec(FIRST_VERSION_ROWS);
    sqlite.close();
    const db = openDatabase(path);
    expect(getTune(db, tuneId(1))).toMatchObject({
      status: 'succeeded',
      budget: budgetOf({ trials: 7, seconds: 2.5, perTask: {} }, 1),
      search: SEARCH_DEFAULTS,
      tasks: [{ position: 0, name: 'add', workloadSpec: 'add:n=8', weight: 1, done: true, error: null }],
    });
    const failed = getTune(db, tuneId(2));
    expect(failed.tasks[0].error).toMatchObject({ code: 'NO_CANDIDATE' });
    const [baseline, trial] = listCandidates(db, 1, { limit: 9 });
    expect(baseline).toMatchObject({ trial: -1, outcome: { medianNs: 80, anchorNs: null }, final: null });
    const final = { medianNs: 42, samplesNs: [42], spread: 0, speedup: null, speedupInterval: null };
    expect(trial).toMatchObject({ trial: 0, outcome: { medianNs: 40, anchorNs: null }, final });
    expect(eventsAfter(db, tuneId(1), 0, 9)).toMatchObject([
      { type: 'finals', payload: { task: 0, winner: 0 } },
    ]);
    db.close();
  });
});
