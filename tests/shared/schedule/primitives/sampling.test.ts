import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  drawCategorical,
  drawPerfectTile,
  repairTile,
} from '../../../../shared/schedule/primitives/sampling.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { createRng } from '../../../../shared/support/rng.js';
import { expectRefused, expectSound } from '../harness.js';
import { matmul, matmulRelu, program, vectorAdd } from '../programs.js';

const product = (tile: readonly number[]): number => tile.reduce((a, b) => a * b, 1);

/** All ordered factorisations of `extent` into `n` factors, the last at most `max`. */
function factorisations(extent: number, n: number, max: number): number[][] {
  if (n === 1) return extent <= max ? [[extent]] : [];
  return Array.from({ length: extent }, (_, i) => i + 1)
    .filter((first) => extent % first === 0)
    .flatMap((first) => factorisations(extent / first, n - 1, max).map((rest) => [first, ...rest]));
}

describe('drawPerfectTile', () => {
  it('multiplies to the extent and respects the innermost limit', () => {
    const extents = fc.oneof(fc.integer({ min: 1, max: 4096 }), fc.constantFrom(257, 1470, 1024, 2 ** 20));
    fc.assert(
      fc.property(extents, fc.integer({ min: 2, max: 5 }), fc.integer(), (extent, n, seed) => {
        const max = 1 + (Math.abs(seed) % 64);
        const tile = drawPerfectTile(extent, n, max, createRng(seed));
        expect(tile).toHaveLength(n);
        expect(product(tile)).toBe(extent);
        expect(tile[n - 1]).toBeLessThanOrEqual(max);
      }),
    );
  });

  it.each([
    [128, 2, 16, 5],
    [128, 2, 64, 7],
    [128, 4, 64, 119],
    [784, 2, 64, 10],
    [1024, 3, 64, 56],
    [1, 3, 64, 1],
  ])('reaches every tile of %i in %i factors with innermost <= %i: %i of them', (extent, n, max, count) => {
    const rng = createRng(1);
    const seen = new Set(
      Array.from({ length: 60 * count }, () => drawPerfectTile(extent, n, max, rng).join()),
    );
    expect(seen.size).toBe(count);
    expect(seen).toEqual(new Set(factorisations(extent, n, max).map((tile) => tile.join())));
  });

  it('draws every composition of an exponent equally often', () => {
    const rng = createRng(2);
    const counts = new Map<string, number>();
    const trials = 21_000;
    for (let i = 0; i < trials; i++) {
      const key = drawPerfectTile(32, 3, Infinity, rng).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(21); // compositions of 5 into 3 parts: C(7, 2)
    for (const count of counts.values()) expect(Math.abs(count - trials / 21)).toBeLessThan(150);
  });
});

describe('repairTile', () => {
  it('keeps a tile that fits, and otherwise mends it from the innermost factor out', () => {
    expect(repairTile(128, [8, 16])).toEqual([8, 16]);
    expect(repairTile(64, [8, 16])).toEqual([4, 16]);
    expect(repairTile(24, [8, 4, 16])).toEqual([1, 1, 24]);
    expect(repairTile(96, [1, 5, 16])).toEqual([1, 6, 16]);
  });

  it('multiplies to the extent, whatever was decided, and changes nothing that fits', () => {
    const decided = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), decided, (extent, tile) => {
        expect(product(repairTile(extent, tile))).toBe(extent);
        expect(repairTile(product(tile), tile)).toEqual(tile);
      }),
    );
  });
});

describe('sample_perfect_tile', () => {
  it('records its decision, gives integers to split by, and leaves the program alone', () => {
    const original = matmul(4, 12, 4);
    const sch = createSchedule(original, { seed: 5, verify: true });
    const [, j] = sch.getLoops('C', 3);
    const { state } = sch;
    const factors = sch.samplePerfectTile(j, { n: 3 });
    expect(sch.state).toBe(state);
    const values = factors.map((rv) => sch.get(rv));
    expect([...sch.trace.decisions.values()]).toEqual([values]);
    const loops = sch.split(j, factors);
    expect(loops.map((loop) => sch.get(loop).extent)).toMatchObject(values.map((value) => ({ value })));
    expectSound(original, sch);
  });

  it('limits the innermost factor to 16 unless told otherwise', () => {
    const widest = (maxInnermostFactor?: number): number => {
      const sch = createSchedule(vectorAdd(1024));
      const [i] = sch.getLoops('C', 1);
      const options =
        maxInnermostFactor === undefined ? { n: 2 as const } : { n: 2 as const, maxInnermostFactor };
      return Math.max(
        ...Array.from({ length: 300 }, () => {
          const [, inner] = sch.samplePerfectTile(i, options);
          return sch.get(inner);
        }),
      );
    };
    expect(widest()).toBe(16);
    expect(widest(64)).toBe(64);
    expect(widest(-1)).toBe(1024);
  });

  it('takes a decision that it is given, mended if need be', () => {
    const sch = createSchedule(vectorAdd(96));
    const [i] = sch.getLoops('C', 1);
    const [a, b] = sch.samplePerfectTile(i, { n: 2, decision: [3, 32] });
    expect([sch.get(a), sch.get(b)]).toEqual([3, 32]);
    const [c, d] = sch.samplePerfectTile(i, { n: 2, decision: [1, 36] });
    expect([sch.get(c), sch.get(d)]).toEqual([1, 96]);
    expect([...sch.trace.decisions.values()].at(-1)).toEqual([1, 96]);
    for (const decision of [[96], [1, 2, 48], [1, 0], [1, -4], [1, 1.5], []]) {
      expectRefused(sch, 'BAD_DECISION', () => sch.samplePerfectTile(i, { n: 2, decision }));
    }
  });

  it('refuses arguments that make no sense', () => {
    const sch = createSchedule(vectorAdd(96));
    const [i] = sch.getLoops('C', 1);
    for (const n of [1, 0, -1, 2.5, 1e9])
      expectRefused(sch, 'BAD_ARGUMENT', () => sch.samplePerfectTile(i, { n }));
    for (const maxInnermostFactor of [0, -2, 0.5]) {
      expectRefused(sch, 'BAD_ARGUMENT', () => sch.samplePerfectTile(i, { n: 2, maxInnermostFactor }));
    }
  });

  it('infers the first factor of a loop whose extent is no constant', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32")',
        `
    for i in range(8):
        for j in range(i + 1):
            with T.block("A"):
                vi, vj = T.axis.remap("SS", [i, j])
                A[vi, vj] = T.float32(1)
`,
      ),
    );
    const [, j] = sch.getLoops('A', 2);
    const factors = sch.samplePerfectTile(j, { n: 3 });
    expect([...sch.trace.decisions.values()]).toEqual([[-1, 1, 1]]);
    expectRefused(sch, 'BAD_ARGUMENT', () => sch.get(factors[0]));
    expect(sch.get(factors[1])).toBe(1);
    expect(sch.split(j, factors)).toHaveLength(3);
  });
});

describe('sample_categorical', () => {
  it('draws by the probabilities', () => {
    const rng = createRng(3);
    const probs = [0.1, 0.2, 0.3, 0.4];
    const counts = [0, 0, 0, 0];
    const trials = 10_000;
    for (let i = 0; i < trials; i++) {
      const drawn = drawCategorical(probs, rng);
      counts[drawn] = (counts[drawn] ?? 0) + 1;
    }
    counts.forEach((count, i) => expect(Math.abs(count / trials - (probs[i] ?? 0))).toBeLessThan(0.02));
  });

  it('never draws what is impossible', () => {
    const weights = fc.array(fc.constantFrom(0, 1e-9, 1, 3), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(weights, fc.integer(), (probs, seed) => {
        fc.pre(probs.some((p) => p > 0));
        expect(probs[drawCategorical(probs, createRng(seed))]).toBeGreaterThan(0);
      }),
    );
  });

  it('gives the candidate and records its index', () => {
    const original = vectorAdd(4);
    const sch = createSchedule(original, { seed: 1 });
    const rv = sch.sampleCategorical([0, 16, 64, 512], [0.25, 0.25, 0.25, 0.25]);
    const [index] = sch.trace.decisions.values();
    expect([0, 16, 64, 512].indexOf(sch.get(rv))).toBe(index);
    expect(sch.get(sch.sampleCategorical([3, 5], [1, 0], 1))).toBe(5);
    expectSound(original, sch);
  });

  it('refuses lists that do not fit together, and a decision that is no index', () => {
    const sch = createSchedule(vectorAdd(4));
    expectRefused(sch, 'BAD_ARGUMENT', () => sch.sampleCategorical([1, 2], [1]));
    expectRefused(sch, 'BAD_ARGUMENT', () => sch.sampleCategorical([], []));
    expectRefused(sch, 'BAD_ARGUMENT', () => sch.sampleCategorical([1, 2], [0, 0]));
    expectRefused(sch, 'BAD_ARGUMENT', () => sch.sampleCategorical([1, 2], [-1, 2]));
    for (const decision of [2, -1, 0.5]) {
      expectRefused(sch, 'BAD_DECISION', () => sch.sampleCategorical([1, 2], [1, 1], decision));
    }
  });
});

describe('sample_compute_location', () => {
  it('reaches every place equally often, and moves there', () => {
    const original = matmulRelu(4);
    const sch = createSchedule(original, { seed: 1 });
    const y = sch.getBlock('Y');
    const counts = new Map<unknown, number>();
    const trials = 1200;
    for (let i = 0; i < trials; i++) {
      const copy = sch.copy();
      copy.sampleComputeLocation(y);
      const [decision] = copy.trace.decisions.values();
      counts.set(decision, (counts.get(decision) ?? 0) + 1);
    }
    expect(counts.size).toBeGreaterThan(1);
    for (const count of counts.values()) {
      expect(Math.abs(count / trials - 1 / counts.size)).toBeLessThan(0.07);
    }
    for (const decision of counts.keys()) {
      const moved = createSchedule(original, { verify: true });
      const block = moved.getBlock('Y');
      moved.computeAt(block, moved.sampleComputeLocation(block, Number(decision)));
      expectSound(original, moved);
    }
  });

  it('falls back to the nearest earlier place', () => {
    const sch = createSchedule(matmulRelu(4));
    const y = sch.getBlock('Y');
    sch.sampleComputeLocation(y, 1000);
    sch.sampleComputeLocation(y, -1000);
    const [far, before] = sch.trace.decisions.values();
    expect(far).toBeGreaterThanOrEqual(0);
    expect(before).toBe(-1);
  });

  it('gives something that is no loop for the places outside of all loops', () => {
    const sch = createSchedule(matmulRelu(4));
    const y = sch.getBlock('Y');
    const root = sch.sampleComputeLocation(y, -1);
    expectRefused(sch, 'NOT_A_LOOP', () => sch.split(root, [null, 2]));
    expectRefused(sch, 'NOT_A_LOOP', () => sch.get(root));
  });
});
