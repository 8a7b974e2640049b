/**
 * @file Schema versions: `migrations/NNNN-*.sql`, applied in order, each in one transaction together with the number of
 * the version that it makes. A process that dies in the middle leaves the version before.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type Sqlite from 'better-sqlite3';
import { InputError, invariant } from '../shared/support/errors.js';

export interface Migration {
  /** From 1, without gaps. */
  readonly version: number;
  readonly sql: string;
}

/** Marks the file as ours: "TiWr". */
const APPLICATION_ID = 0x54695772;

/**
 * Brings the schema to the newest version.
 * @throws InputError `DATABASE_FOREIGN`, `DATABASE_NEWER`; nothing is changed then.
 */
export function migrate(
  sqlite: Sqlite.Database,
  path: string,
  migrations: readonly Migration[] = readMigrations(),
): void {
  const present = pragma(sqlite, 'user_version');
  const isOurs = pragma(sqlite, 'application_id') === APPLICATION_ID;
  if (!isOurs && !isEmpty(sqlite)) {
    throw new InputError('DATABASE_FOREIGN', `the file ${path} is a database of another program`);
  }
  if (present > migrations.length) {
    throw new InputError(
      'DATABASE_NEWER',
      `the database ${path} has schema version ${present}, this program knows up to ${migrations.length}; use a newer program`,
    );
  }
  for (const { version, sql } of migrations.slice(present)) {
    sqlite
      .transaction(() => {
        sqlite.exec(sql);
        sqlite.pragma(`application_id = ${APPLICATION_ID}`);
        sqlite.pragma(`user_version = ${version}`);
      })
      .immediate();
  }
}

/** The migrations that come with the program, in order. */
export function readMigrations(): Migration[] {
  const directory = migrationsDirectory();
  const names = readdirSync(directory)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .toSorted();
  return names.map((name, i) => {
    const version = Number(name.slice(0, 4));
    invariant(version === i + 1, `migration ${name} does not follow version ${i}`);
    return { version, sql: readFileSync(`${directory}${name}`, 'utf8') };
  });
}

/** Compiled, this file lies in `dist/db/`, and the SQL stays where it is written. */
function migrationsDirectory(): string {
  const beside = fileURLToPath(new URL('./migrations/', import.meta.url));
  return existsSync(beside) ? beside : fileURLToPath(new URL('../../db/migrations/', import.meta.url));
}

function pragma(sqlite: Sqlite.Database, name: string): number {
  return Number(sqlite.pragma(name, { simple: true }));
}

function isEmpty(sqlite: Sqlite.Database): boolean {
  return sqlite.prepare('SELECT 1 FROM sqlite_master LIMIT 1').get() === undefined;
}
