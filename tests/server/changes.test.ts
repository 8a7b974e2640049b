import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createChanges } from '../../server/changes.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Versions of tunes, and whether a wait for one has ended. */
function setUp() {
  const versions = new Map([
    ['a', 1],
    ['b', 1],
  ]);
  const changes = createChanges((id) => versions.get(id));
  const wait = (id: string, version: number, signal?: AbortSignal) => {
    const state = { isOver: false };
    const follow = async (): Promise<void> => {
      await changes.waitForChange(id, version, 1000, signal);
      state.isOver = true;
    };
    void follow();
    return async () => {
      await vi.advanceTimersByTimeAsync(0);
      return state.isOver;
    };
  };
  const raise = (id: string) => {
    versions.set(id, (versions.get(id) ?? 0) + 1);
    changes.changed(id);
  };
  return { changes, wait, raise };
}

describe('waiting for a change', () => {
  it('ends for all who wait for that tune, and only for them', async () => {
    const { wait, raise } = setUp();
    const [first, second, other] = [wait('a', 1), wait('a', 1), wait('b', 1)];
    expect([await first(), await second(), await other()]).toEqual([false, false, false]);
    raise('a');
    expect([await first(), await second(), await other()]).toEqual([true, true, false]);
    raise('b');
    expect(await other()).toBe(true);
  });

  it('goes on when nothing has changed after all', async () => {
    const { changes, wait, raise } = setUp();
    const isOver = wait('a', 1);
    changes.changed('a');
    expect(await isOver()).toBe(false);
    raise('a');
    expect(await isOver()).toBe(true);
  });

  it('ends at once when the version is another already, or there is no such tune', async () => {
    const { wait, raise } = setUp();
    raise('a');
    expect(await wait('a', 1)()).toBe(true);
    expect(await wait('nobody', 1)()).toBe(true);
  });

  it('ends when its time is over', async () => {
    const { wait } = setUp();
    const isOver = wait('a', 1);
    await vi.advanceTimersByTimeAsync(999);
    expect(await isOver()).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await isOver()).toBe(true);
  });

  it('ends when nobody wants to know any more', async () => {
    const { wait } = setUp();
    const controller = new AbortController();
    const isOver = wait('a', 1, controller.signal);
    expect(await isOver()).toBe(false);
    controller.abort();
    expect(await isOver()).toBe(true);
    expect(await wait('a', 1, controller.signal)()).toBe(true);
  });

  it('ends when all ends, and does not begin again', async () => {
    const { changes, wait } = setUp();
    const waits = [wait('a', 1), wait('a', 1), wait('b', 1)];
    changes.close();
    for (const isOver of waits) expect(await isOver()).toBe(true);
    expect(await wait('b', 1)()).toBe(true);
  });

  it('leaves no timer behind', async () => {
    const { wait, raise } = setUp();
    const isOver = wait('a', 1);
    raise('a');
    expect(await isOver()).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
