/** @file The service's compute thread, as a pool of one. */
import { Piscina } from 'piscina';
import { fileURLToPath } from 'node:url';
import type { ProposeRequest } from './search-task.js';
import { keyOf, type Search, type SearchedRound, type SearchSpec } from './search.js';

export interface SearchPool {
  readonly search: (spec: SearchSpec) => Search;
  readonly close: () => Promise<void>;
}

/** @param taskPath the built `search-task.js` */
export function createSearchPool(
  taskPath = fileURLToPath(new URL('./search-task.js', import.meta.url)),
): SearchPool {
  const pool = new Piscina<ProposeRequest, SearchedRound>({
    filename: taskPath,
    name: 'run',
    // It keeps what it knows of the searches.
    minThreads: 1,
    maxThreads: 1,
  });
  return {
    search: (spec) => {
      const key = keyOf(spec);
      return { propose: (request) => pool.run({ key, spec, request }) };
    },
    close: () => pool.close(),
  };
}
