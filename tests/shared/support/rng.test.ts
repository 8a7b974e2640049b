import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InternalError } from '../../../shared/support/errors.js';
import { createRng, type Rng } from '../../../shared/support/rng.js';

const draws = (rng: Rng, count = 20): number[] => Array.from({ length: count }, () => rng.nextInt(1 << 30));

describe('createRng', () => {
  it('gives the same stream for the same seed and another for another seed', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (a, b) => {
        fc.pre(a !== b);
        expect(draws(createRng(a))).toEqual(draws(createRng(a)));
        expect(draws(createRng(a))).not.toEqual(draws(createRng(b)));
      }),
    );
  });

  it('stays within the range that was asked for, and reaches all of a small one', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 12 }), (seed, max) => {
        const rng = createRng(seed);
        const seen = new Set(Array.from({ length: 60 * max }, () => rng.nextInt(max)));
        expect([...seen].toSorted((a, b) => a - b)).toEqual(Array.from({ length: max }, (_, i) => i));
      }),
    );
    const rng = createRng(7);
    for (let i = 0; i < 1000; i++) {
      const x = rng.nextFloat();
      expect(x >= 0 && x < 1).toBe(true);
    }
  });

  it('is close to uniform', () => {
    const rng = createRng(1);
    const counts = Array.from({ length: 10 }, () => 0);
    for (let i = 0; i < 20_000; i++) {
      const drawn = rng.nextInt(10);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    const chiSquared = counts.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0);
    expect(chiSquared).toBeLessThan(9 * 4); // 9 degrees of freedom; the seed is fixed
  });

  it('refuses an empty range', () => {
    for (const max of [0, -1, 0.5, Number.NaN])
      expect(() => createRng(0).nextInt(max)).toThrow(InternalError);
  });
});

describe('fork', () => {
  it('depends on the seed and the labels alone, not on what was drawn', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.nat(30), (seed, label, drawn) => {
        const used = createRng(seed);
        draws(used, drawn);
        expect(draws(used.fork(label))).toEqual(draws(createRng(seed).fork(label)));
      }),
    );
  });

  it('leaves the parent as it was', () => {
    const [plain, forked] = [createRng(3), createRng(3)];
    draws(forked.fork('child'));
    expect(draws(forked)).toEqual(draws(plain));
  });

  it('gives different streams for different labels, for the parent, and for nested forks', () => {
    const root = createRng(5);
    const streams = ['a', 'b', 'ab', 'ba', '', 'copy 0', 'copy 1'].map((label) => draws(root.fork(label)));
    streams.push(draws(root.fork('a').fork('b')), draws(root.fork('b').fork('a')), draws(createRng(5)));
    expect(new Set(streams.map(String)).size).toBe(streams.length);
  });
});
