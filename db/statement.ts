/** @file Prepared statements, each compiled once per database, and rows that are parsed by a schema as they come in. */
import type Sqlite from 'better-sqlite3';
import { z } from 'zod';
import type { Database } from './open.js';

const compiled = new WeakMap<Sqlite.Database, Map<string, Sqlite.Statement>>();

function statement(db: Database, sql: string): Sqlite.Statement {
  const ofDatabase = compiled.get(db.sqlite) ?? new Map<string, Sqlite.Statement>();
  compiled.set(db.sqlite, ofDatabase);
  const known = ofDatabase.get(sql) ?? db.sqlite.prepare(sql);
  ofDatabase.set(sql, known);
  return known;
}

export type SqlValue = string | number | null;
/** Values of the statement's `:name` parameters. */
export type SqlParams = Readonly<Record<string, SqlValue>>;

/** The first row. */
export function selectOne<Row>(
  db: Database,
  row: z.ZodType<Row>,
  sql: string,
  params: SqlParams = {},
): Row | undefined {
  const found = statement(db, sql).get(params);
  return found === undefined ? undefined : row.parse(found);
}

/** All rows. */
export function selectAll<Row>(
  db: Database,
  row: z.ZodType<Row>,
  sql: string,
  params: SqlParams = {},
): Row[] {
  return z.array(row).parse(statement(db, sql).all(params));
}

/** A column that holds a value as JSON. */
export function jsonColumn<T extends z.ZodType>(content: T) {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(content);
}

/** Runs a statement that writes. */
export function run(db: Database, sql: string, params: SqlParams = {}): Sqlite.RunResult {
  return statement(db, sql).run(params);
}

/** Runs `body` as one transaction, which takes the write lock at once; inside of another one, as a part of it. */
export function transaction<T>(db: Database, body: () => T): T {
  return db.sqlite.transaction(body).immediate();
}
