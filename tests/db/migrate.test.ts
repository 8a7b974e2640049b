import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrate, readMigrations } from '../../db/migrate.js';
import { openDatabase } from '../../db/open.js';
import { findTune } from '../../db/tunes.js';
import { temporaryDirectory } from './harness.js';
import { queueTune } from './records.js';

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

const CREATE_A = { version: 1, sql: 'CREATE TABLE a (x); INSERT INTO a VALUES (1);' };
const CREATE_B = { version: 2, sql: 'CREATE TABLE b (x);' };
const FAULTY = { version: 3, sql: 'CREATE TABLE c (x); INSERT INTO a VALUES (2); SELECT * FROM nothing;' };

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
});
