import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBoundedMap } from '../../../shared/support/bounded-map.js';
import { InternalError } from '../../../shared/support/errors.js';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** A key to get, or to set to a value. */
const use = fc.record({
  key: fc.constantFrom(...KEYS),
  value: fc.option(fc.constantFrom({}, [], null), { nil: undefined }),
});

describe('a bounded map', () => {
  it('knows the entries that were used last, and no others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(use, { maxLength: 60 }), (capacity, uses) => {
        const map = createBoundedMap<object | null>(capacity);
        let known: (readonly [key: string, value: object | null])[] = [];
        for (const { key, value } of uses) {
          const found = known.find(([other]) => other === key)?.[1];
          const used = value === undefined ? found : value;
          if (value === undefined) expect(map.get(key)).toBe(found);
          else map.set(key, value);
          if (used === undefined) continue;
          known = [...known.filter(([other]) => other !== key), [key, used] as const].slice(-capacity);
        }
      }),
    );
  });

  it('forgets what was used least recently, not what came first', () => {
    const map = createBoundedMap<string[]>(2);
    map.set('a', ['A']);
    map.set('b', ['B']);
    expect(map.get('a')).toEqual(['A']);
    map.set('c', ['C']);
    expect(['a', 'b', 'c'].map(map.get)).toEqual([['A'], undefined, ['C']]);
  });

  it('remembers something', () => {
    expect(() => createBoundedMap(0)).toThrow(InternalError);
  });
});
