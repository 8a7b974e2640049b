/** @file The service as a process: configured by the environment, logging to standard output, ended by signals. */
import closeWithGrace from 'close-with-grace';
import { pino, type Logger } from 'pino';
import { InputError } from '../shared/support/errors.js';
import { loadConfig, type Config } from './config.js';
import { startService } from './service.js';
import type { CreateTuner } from './tuner-service.js';

/** Time to end in after a signal; longer than a kernel takes to be built and checked. */
const CLOSE_TIMEOUT_MS = 25_000;

/**
 * Serves until the process is told to end. A configuration or a database that it cannot work with makes it say so and
 * end with exit code 1.
 */
export async function serve(
  environment: Readonly<Record<string, string | undefined>>,
  createTuner: CreateTuner,
): Promise<void> {
  try {
    const config = loadConfig(environment);
    const logger = createLogger(config);
    const service = await startService({ config, logger, createTuner });
    closeWithGrace({ delay: CLOSE_TIMEOUT_MS, logger }, async ({ err, signal }) => {
      if (err !== undefined) logger.fatal({ err }, 'ending because of a defect');
      else logger.info(`ending${signal === undefined ? '' : ` on ${signal}`}`);
      await service.close();
    });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`tilewright: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** Keys must not get into the log, whoever logs a request's headers. */
function createLogger({ logLevel }: Config): Logger {
  return pino({ level: logLevel, redact: ['req.headers.authorization', 'headers.authorization'] });
}
