/** @file What the HTTP side needs of the tuner. The two share the database; this is how they call each other's attention. */

import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../db/open.js';
import type { Changes } from './changes.js';
import type { Config } from './config.js';

/** The files of a tune's best kernel. */
export interface Artifacts {
  readonly wasm: Uint8Array;
  /** The loader; it looks for the module as `best.wasm` beside itself. */
  readonly mjs: string;
  readonly dts: string;
}

export interface TunerReadiness {
  readonly ready: boolean;
  /** By part: `ok`, or what is wrong with it. */
  readonly checks: Readonly<Record<string, string>>;
}

export interface TunerService {
  /** There may be tunes to begin with: one was submitted, or the process has started. */
  readonly notify: () => void;
  /** The tune was cancelled in the database: stop what is under way for it. */
  readonly cancel: (tuneId: string) => void;
  /**
   * Builds the best kernel of a task, which has one; `task`: its position in the tune.
   * @throws InputError `QUEUE_FULL` when too many jobs wait already, `SHUTTING_DOWN` when `close` came first.
   */
  readonly buildArtifacts: (tuneId: string, task: number) => Promise<Artifacts>;
  readonly isReady: () => TunerReadiness;
  /**
   * Stops after what must not be interrupted; unfinished tunes go on at the next start. The database may be closed as
   * soon as this settles; calls that still come are harmless.
   */
  readonly close: () => Promise<void>;
}

/** What the service gives to a tuner, which does nothing before its first `notify`. */
export interface TunerParts {
  readonly db: Database;
  /** To be told of every change that the tuner commits. */
  readonly changes: Changes;
  readonly config: Config;
  readonly logger: FastifyBaseLogger;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

export type CreateTuner = (parts: TunerParts) => TunerService;
