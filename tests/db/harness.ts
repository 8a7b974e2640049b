/** @file Databases in files of their own, which go away with the test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDatabase, type Database } from '../../db/open.js';

/** A directory that goes away with the test. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tilewright-db-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** An empty database in a file, closed when the test ends. */
export function temporaryDatabase(): Database {
  const db = openDatabase(join(temporaryDirectory(), 'test.db'));
  onTestFinished(() => db.close());
  return db;
}
