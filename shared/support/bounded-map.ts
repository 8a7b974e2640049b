/** @file A cache that holds so many entries: what was used least recently is forgotten first. */
import { invariant } from './errors.js';

/** Whoever uses it must be able to make a value again. */
export interface BoundedMap<V> {
  /** Both getting and setting count as use. */
  readonly get: (key: string) => V | undefined;
  readonly set: (key: string, value: V) => void;
}

/** @param capacity entries at most; at least 1 */
export function createBoundedMap<V extends object | null>(capacity: number): BoundedMap<V> {
  invariant(capacity >= 1, `a map of ${capacity} entries remembers nothing`);
  // In order of use, which is the order of insertion: what is used is inserted anew.
  const entries = new Map<string, V>();
  const use = (key: string, value: V): void => {
    entries.delete(key);
    entries.set(key, value);
  };
  return {
    get: (key) => {
      const value = entries.get(key);
      if (value !== undefined) use(key, value);
      return value;
    },
    set: (key, value) => {
      use(key, value);
      const [oldest] = entries.keys();
      if (entries.size > capacity && oldest !== undefined) entries.delete(oldest);
    },
  };
}
