/** @file What the routes work with. */
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Database } from '../db/open.js';
import type { Changes } from './changes.js';
import type { TunerService } from './tuner-service.js';

export interface Services {
  readonly db: Database;
  readonly tuner: TunerService;
  readonly changes: Changes;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
}

/** A Fastify scope whose routes are typed by their zod schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;
