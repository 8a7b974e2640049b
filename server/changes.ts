/**
 * @file Waiting for a tune to change. Whoever commits a change calls `changed`; the database stays the only place that
 * knows what the change is.
 */

export interface Changes {
  /** A change of this tune has been committed. */
  readonly changed: (tuneId: string) => void;
  /**
   * Resolves as soon as the tune's version is another than `version`, or its time is over, or the signal is aborted, or
   * `close` is called; never rejects. Look at the tune to see which.
   */
  readonly waitForChange: (
    tuneId: string,
    version: number,
    timeoutMs: number,
    signal?: AbortSignal,
  ) => Promise<void>;
  /** Ends all waiting, now and later. */
  readonly close: () => void;
}

/** @param versionOf the present version of a tune; undefined when there is no such tune */
export function createChanges(versionOf: (tuneId: string) => number | undefined): Changes {
  const waiting = new Map<string, Set<() => void>>();
  let isClosed = false;
  return {
    changed(tuneId) {
      wake(waiting.get(tuneId) ?? []);
    },
    waitForChange(tuneId, version, timeoutMs, signal) {
      return new Promise((resolve) => {
        const listeners = waiting.get(tuneId) ?? new Set();
        const finish = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', check);
          listeners.delete(check);
          if (listeners.size === 0) waiting.delete(tuneId);
          resolve();
        };
        const check = (): void => {
          if (isClosed || signal?.aborted === true || versionOf(tuneId) !== version) finish();
        };
        const timer = setTimeout(finish, timeoutMs);
        signal?.addEventListener('abort', check);
        waiting.set(tuneId, listeners.add(check));
        // Since the caller looked, the version may have changed.
        check();
      });
    },
    close() {
      isClosed = true;
      for (const listeners of waiting.values()) wake(listeners);
    },
  };
}

function wake(listeners: Iterable<() => void>): void {
  for (const listener of listeners) listener();
}
