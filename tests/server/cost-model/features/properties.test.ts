/** @file What holds of the features of every program: all workloads, plain and under random schedules; random accesses. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementsOf, type Buffer } from '../../../../shared/ir/buffer.js';
import { add, int, load, mul, variable } from '../../../../shared/ir/build.js';
import { forLoop, primFunc, store } from '../../../../shared/ir/build-stmt.js';
import { buffer } from '../../../../shared/ir/buffer.js';
import type { Expr } from '../../../../shared/ir/expr.js';
import { flopsOf } from '../../../../shared/ir/flops.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import type { Stmt } from '../../../../shared/ir/stmt.js';
import { walkStmt } from '../../../../shared/ir/visit.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';
import { buildWorkload, WORKLOAD_NAMES } from '../../../../shared/te/workload-table.js';
import { perStoreFeatures } from '../../../../server/cost-model/features/per-store.js';
import { arbitraryFunc } from '../../../support/arbitrary-func.js';
import { createStepCounts, randomSchedule } from '../../../support/random-schedule.js';
import { matmul } from '../../../support/sample-programs.js';
import { namedRowsOf } from './rows.js';

/** The buffers that get a value which is no constant, in order. */
function computedBuffers(func: PrimFunc): Buffer[] {
  const computed = new Set<Buffer>();
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore' && s.value.kind !== 'FloatImm' && s.value.kind !== 'IntImm')
        computed.add(s.buffer);
    },
  });
  return [...computed];
}

/** The same function with other names of variables. */
function renamed(func: PrimFunc): PrimFunc {
  const copy = structuredClone(func);
  const seen = new Set<object>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    if ('kind' in node && node.kind === 'Var') Object.assign(node, { name: `x${(seen.size * 7919) % 1000}` });
    for (const child of Object.values(node)) visit(child);
  };
  visit(copy);
  return copy;
}

function expectSound(func: PrimFunc): void {
  const features = perStoreFeatures(func);
  expect(features.width).toBe(164);
  expect(features.rows).toHaveLength(features.count * 164);
  expect(features.count).toBe(computedBuffers(func).length);
  expect(features.rows.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
  expect(perStoreFeatures(renamed(func))).toEqual(features);
}

describe.each(WORKLOAD_NAMES)('%s', (name) => {
  const { func } = buildWorkload(name);

  it('has finite rows, one per computed buffer, that do not depend on names', () => expectSound(func));

  it('and so it has under random schedules', () => {
    for (let trace = 0; trace < 12; trace++) {
      const rng = createRng(1).fork(`${name} ${trace}`);
      expectSound(randomSchedule(func, rng, 4 + rng.nextInt(10), createStepCounts()).func);
    }
  });
});

describe('random programs', () => {
  it('have sound features', () => {
    fc.assert(fc.property(arbitraryFunc(), expectSound), { numRuns: 200 });
  });
});

describe('a matmul', () => {
  const func = matmul(48, 24, 36);
  const tiles = fc.record({
    i: fc.constantFrom(1, 2, 3, 4, 6, 8, 12),
    j: fc.constantFrom(1, 2, 3, 4, 6, 8),
    k: fc.constantFrom(1, 2, 3, 4, 6, 9),
    order: fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6, maxLength: 6 }),
  });

  function tiled({
    i,
    j,
    k,
    order,
  }: {
    i: number;
    j: number;
    k: number;
    order: readonly number[];
  }): Schedule {
    const sch = createSchedule(func);
    const [li, lj, lk] = sch.getLoops(sch.getBlock('C'), 3);
    const loops = [...sch.split(li, [null, i]), ...sch.split(lj, [null, j]), ...sch.split(lk, [null, k])];
    sch.reorder(...order.map((place) => at(loops, place)));
    return sch;
  }

  it('computes and touches the same under all tilings', () => {
    fc.assert(
      fc.property(tiles, (tiling) => {
        const row = at(namedRowsOf(tiled(tiling).func), 0);
        const floats = ['float_addsub', 'float_mul'].reduce(
          (sum, name) => sum + 2 ** (row[name] ?? 0) - 1,
          0,
        );
        expect(floats / flopsOf(func)).toBeCloseTo(1, 4);
        const touched = [0, 1, 2].map((place) => 2 ** (row[`B${place}.unique_bytes`] ?? 0) - 1);
        const sizes = func.params.map((param) => 4 * elementsOf(param));
        const ascending = (values: number[]): number[] => values.map(Math.round).toSorted((a, b) => a - b);
        expect(ascending(touched)).toEqual(ascending(sizes));
      }),
    );
  });

  it('with an annotated loop differs in the numbers of that annotation alone', () => {
    const mark = { vec: 'vectorize', unroll: 'unroll', parallel: 'parallel' } as const;
    fc.assert(
      fc.property(tiles, fc.constantFrom('vec', 'unroll', 'parallel'), fc.nat(5), (tiling, kind, place) => {
        const sch = tiled(tiling);
        const loop = at(sch.getLoops(sch.getBlock('C')), place);
        // Loops of the reduction cannot run at once, and a loop of one iteration counts only when annotated.
        const spatial = /^i[01]_/.test(sch.get(loop).loopVar.name);
        fc.pre(sch.get(loop).extent.kind === 'IntImm' && (kind === 'unroll' || spatial));
        const before = at(namedRowsOf(sch.func), 0);
        sch[mark[kind]](loop);
        const after = at(namedRowsOf(sch.func), 0);
        fc.pre(after['num_loops'] === before['num_loops']);
        const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
        const expected = ['num', 'prod', 'len', 'type.kPosNone', 'type.kPosMixed'].map(
          (name) => `${kind}_${name}`,
        );
        expect(changed).toEqual(expected);
      }),
    );
  });
});

describe('the box that random accesses touch', () => {
  it('is the one that running the loops finds', () => {
    const access = fc.record({
      factors: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 3, maxLength: 3 }),
      offset: fc.nat(7),
    });
    const extents = fc.array(fc.integer({ min: 2, max: 5 }), { minLength: 3, maxLength: 3 });
    fc.assert(
      fc.property(extents, fc.array(access, { minLength: 1, maxLength: 3 }), (extent, accesses) => {
        const [a, c] = [buffer('A', [200]), buffer('C', extent)];
        const loops = extent.map((_, d) => variable(`i${d}`));
        const indexOf = ({ factors, offset }: (typeof accesses)[number]): Expr =>
          loops.reduce<Expr>((sum, v, d) => add(sum, mul(v, at(factors, d))), int(offset));
        const value = accesses
          .map((one): Expr => load(a, [indexOf(one)]))
          .reduce((sum, one) => add(sum, one));
        const body = loops.reduceRight<Stmt>(
          (inner, v, d) => forLoop(v, at(extent, d), inner),
          store(c, value, loops),
        );
        const row = at(namedRowsOf(primFunc('main', { params: [a, c], body })), 0);
        const place = [0, 1].find((p) => row[`B${p}.acc_type.kRead`] === 1);
        const lows = accesses.map(({ offset }) => offset);
        const highs = accesses.map(({ factors, offset }) =>
          extent.reduce((sum, n, d) => sum + (n - 1) * at(factors, d), offset),
        );
        const expected = 4 * (Math.max(...highs) - Math.min(...lows) + 1);
        expect(Math.round(2 ** (row[`B${place}.unique_bytes`] ?? 0) - 1)).toBe(expected);
      }),
    );
  });
});
