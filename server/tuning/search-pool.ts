/** @file The service's compute thread, as a pool of one. */
import { Piscina } from 'piscina';
import { fileURLToPath } from 'node:url';
import type { ProposeRequest } from './search-task.js';
import type { Search, SearchSpec } from './search.js';
import type { Proposal } from './strategies/strategy.js';

export interface SearchPool {
  readonly search: (spec: SearchSpec) => Search;
  readonly close: () => Promise<void>;
}

/** @param taskPath the built `search-task.js` */
export function createSearchPool(
  taskPath = fileURLToPath(new URL('./search-task.js', import.meta.url)),
): SearchPool {
  const pool = new Piscina<ProposeRequest, readonly Proposal[]>({
    filename: taskPath,
    name: 'run',
    minThreads: 0,
    maxThreads: 1,
  });
  return {
    search: (spec) => ({ propose: (from, count) => pool.run({ spec, from, count }) }),
    close: () => pool.close(),
  };
}
