/** @file The service: database, tuner and HTTP application, started in this order and ended together. */
import type { FastifyBaseLogger } from 'fastify';
import { openDatabase, type Database } from '../db/open.js';
import { tuneVersion } from '../db/tunes.js';
import { InputError } from '../shared/support/errors.js';
import { buildApp } from './app.js';
import { createChanges } from './changes.js';
import type { Config } from './config.js';
import type { App } from './services.js';
import type { CreateTuner, TunerService } from './tuner-service.js';

export interface ServiceOptions {
  readonly config: Config;
  readonly logger: FastifyBaseLogger;
  readonly createTuner: CreateTuner;
  /** Milliseconds since 1970; the system's by default. */
  readonly clock?: () => number;
}

export interface Service {
  /** Where it listens, as `http://host:port`. */
  readonly url: string;
  /** Answers what was asked, stops the tuner, then lets go of the database. Idempotent. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the service; tunes that an earlier process left unfinished go on.
 * @throws InputError `DATABASE_…` as `openDatabase`; `ADDRESS_UNAVAILABLE` when it cannot listen there.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, logger, createTuner, clock = Date.now } = options;
  const db = openDatabase(config.db);
  const changes = createChanges((id) => tuneVersion(db, id));
  const tuner = createTuner({ db, changes, config, logger, clock });
  const app = buildApp({ db, tuner, changes, clock, logger, apiKeys: config.apiKeys });
  const close = once(() => end(app, tuner, db));
  try {
    const url = await listen(app, config);
    tuner.notify();
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

const ADDRESS_FAULTS: ReadonlySet<string> = new Set([
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EACCES',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

async function listen(app: App, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && ADDRESS_FAULTS.has(String(error.code)))) throw error;
    throw new InputError('ADDRESS_UNAVAILABLE', `cannot listen on ${host}:${port}: ${error.message}`);
  }
}

/** Requests may wait for the tuner, so the two end at once; both use the database until they have. */
async function end(app: App, tuner: TunerService, db: Database): Promise<void> {
  try {
    await Promise.all([app.close(), tuner.close()]);
  } finally {
    db.close();
  }
}

function once(act: () => Promise<void>): () => Promise<void> {
  let acting: Promise<void> | null = null;
  return () => (acting ??= act());
}
