/**
 * @file Opening the database: one SQLite file that holds everything the service must not forget.
 *
 * A committed transaction survives the death of the process and of the machine: the journal is a write-ahead log, synced
 * at every commit (`synchronous=FULL`; a measurement takes far longer than a sync). One process owns the file at a time;
 * others may read it.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { InputError } from '../shared/support/errors.js';
import { migrate } from './migrate.js';

/** An open database. Repositories take it as their first argument. */
export interface Database {
  readonly sqlite: Sqlite.Database;
  /** Writes the log back into the file and lets go of it. Idempotent. */
  readonly close: () => void;
}

/** A database that goes away when it is closed. */
export const IN_MEMORY = ':memory:';

const BUSY_TIMEOUT_MS = 5_000;
const MAX_LOG_BYTES = 64 * 1024 * 1024;

/**
 * Opens the database of `path`, making file and directory where needed, and brings its schema up to date.
 * @throws InputError `DATABASE_IN_USE` when another process has it, `DATABASE_DAMAGED`, `DATABASE_FOREIGN` when the file
 *   is another program's, `DATABASE_NEWER` when a later version of this program wrote it, `DATABASE_UNREADABLE`.
 */
export function openDatabase(path: string): Database {
  const unlock = path === IN_MEMORY ? () => {} : takeLock(path);
  let sqlite: Sqlite.Database | null = null;
  try {
    sqlite = new Sqlite(path, { timeout: BUSY_TIMEOUT_MS });
    checkHealth(sqlite, path);
    sqlite.pragma('journal_mode = WAL');
    sqlite.pragma('synchronous = FULL');
    sqlite.pragma('foreign_keys = ON');
    sqlite.pragma(`journal_size_limit = ${MAX_LOG_BYTES}`);
    migrate(sqlite, path);
  } catch (error) {
    sqlite?.close();
    unlock();
    throw error instanceof Sqlite.SqliteError ? unreadable(path, error) : error;
  }
  const opened = sqlite;
  return {
    sqlite: opened,
    close() {
      if (!opened.open) return;
      opened.close();
      unlock();
    },
  };
}

/**
 * Takes the file beside the database that says who owns it. The lock is the operating system's, on an empty database of
 * its own: it ends with the process, however that ends, and does not keep readers from the real one.
 */
function takeLock(path: string): () => void {
  const directory = dirname(path);
  let lock: Sqlite.Database | null = null;
  try {
    if (!existsSync(directory)) mkdirSync(directory, { recursive: true });
    lock = new Sqlite(`${path}.lock`, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock?.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new InputError('DATABASE_IN_USE', `another process is using the database ${path}`);
    }
    throw unreadable(path, error);
  }
  const held = lock;
  return () => held.close();
}

function checkHealth(sqlite: Sqlite.Database, path: string): void {
  const findings = quickCheck(sqlite);
  if (findings === 'ok') return;
  throw new InputError(
    'DATABASE_DAMAGED',
    `the database ${path} is damaged (${findings}); move it away to start with an empty one, or restore a backup`,
  );
}

/** `ok`, or the first finding. Damage in the header makes even the check fail. */
function quickCheck(sqlite: Sqlite.Database): string {
  try {
    return String(sqlite.pragma('quick_check(1)', { simple: true }));
  } catch (error) {
    if (!(error instanceof Sqlite.SqliteError)) throw error;
    if (error.code.startsWith('SQLITE_CORRUPT') || error.code === 'SQLITE_NOTADB') return error.message;
    throw error;
  }
}

function unreadable(path: string, error: unknown): InputError {
  const reason = error instanceof Error ? error.message : String(error);
  return new InputError('DATABASE_UNREADABLE', `the database ${path} cannot be opened: ${reason}`);
}
