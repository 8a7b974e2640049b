/** @file The tuner of a service on one machine, with a measuring host and a compute thread of its own. */
import { createLocalMeasureQueue } from './tuning/local-measure-queue.js';
import { createSearchPool } from './tuning/search-pool.js';
import { createTuner } from './tuning/tuner.js';
import type { TunerParts, TunerService } from './tuner-service.js';

export function createLocalTuner(parts: TunerParts): TunerService {
  const { workerNode } = parts.config;
  const log = parts.logger.child({ part: 'measuring host' });
  const queue = createLocalMeasureQueue({
    ...(workerNode !== undefined && { nodePath: workerNode }),
    log: (text) => {
      // What debugging prints is for eyes, not for the log.
      if (parts.config.debug.length > 0) process.stderr.write(text);
      else log.warn(text.trimEnd());
    },
  });
  return createTuner({ ...parts, queue, searches: createSearchPool() });
}
