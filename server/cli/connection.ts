/** @file The service that a command works with: a running one, or one of its own for as long as the command runs. */
import { pino } from 'pino';
import { loadConfig } from '../config.js';
import { createLocalTuner } from '../local-tuner.js';
import { startService } from '../service.js';
import { createClient, type Client } from './client.js';

export interface Connection {
  readonly client: Client;
  readonly close: () => Promise<void>;
}

/**
 * Connects to the server at `url`, or starts the service in this process on its configured database.
 * @throws InputError when the configuration or the database cannot be used.
 */
export async function connectTo(
  url: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Connection> {
  const apiKey = environment['TILEWRIGHT_API_KEYS']?.split(',').find((key) => key !== '');
  if (url !== undefined) return { client: createClient({ url, apiKey }), close: async () => {} };
  const config = { ...loadConfig({ ...environment, TILEWRIGHT_HOST: '127.0.0.1' }), port: 0 };
  const logger = pino({ level: config.logLevel === 'info' ? 'warn' : config.logLevel }, pino.destination(2));
  const service = await startService({ config, logger, createTuner: createLocalTuner });
  return { client: createClient({ url: service.url, apiKey }), close: service.close };
}
