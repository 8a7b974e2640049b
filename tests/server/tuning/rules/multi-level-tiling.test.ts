import { describe, expect, it } from 'vitest';
import {
  multiLevelTiling,
  type MultiLevelTilingConfig,
} from '../../../../server/tuning/rules/multi-level-tiling.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSound } from '../../../shared/schedule/harness.js';
import { matmul, matmulRelu, twoElementwise } from '../../../shared/schedule/programs.js';
import { designsOf, nestsOf, redecided, redrawn, samplingSteps } from './harness.js';

const PLAIN: MultiLevelTilingConfig = {
  structure: 'SSRSRS',
  maxInnermostFactor: 64,
  reuseRead: null,
  reuseWrite: null,
};

/** As TVM has it for CPUs. */
const CPU: MultiLevelTilingConfig = {
  ...PLAIN,
  reuseWrite: { req: 'may', levels: [1, 2], scope: 'global' },
};

const PRODUCT_TILES = [
  [1, 2, 2, 2],
  [2, 1, 2, 2],
  [2, 4],
];
const PRODUCT = 'C: 1 2 2 1 2 2 2 4 2 2';

/** The nests of each design of an 8 x 8 x 8 product under `PRODUCT_TILES`. */
function tiled(func: PrimFunc, config: MultiLevelTilingConfig): string[][] {
  return designsOf(func, multiLevelTiling(config)).map((design) =>
    nestsOf(redecided(func, design, PRODUCT_TILES).func),
  );
}

describe('multi-level-tiling', () => {
  it('cuts loops into as many parts as the structure has levels for them, and orders the parts by level', () => {
    expect(tiled(matmul(8), PLAIN)).toEqual([[PRODUCT]]);
    const design = at(designsOf(matmul(8), multiLevelTiling(PLAIN)), 0);
    expect(samplingSteps(design).map(({ kind }) => kind)).toEqual(Array(3).fill('SamplePerfectTile'));
    expect(design.get(design.getBlock('C')).annotations).toEqual({
      'meta_schedule.tiling_structure': 'SSRSRS',
    });
  });

  it('splits nothing for kinds that have one level', () => {
    const design = at(designsOf(matmul(8), multiLevelTiling({ ...PLAIN, structure: 'SRS' })), 0);
    const decided = redecided(matmul(8), design, [
      [2, 4],
      [4, 2],
    ]);
    expect(nestsOf(decided.func)).toEqual(['C: 2 4 8 4 2']);
  });

  it('limits the innermost factors', () => {
    const design = at(designsOf(matmul(64), multiLevelTiling({ ...PLAIN, maxInnermostFactor: 4 })), 0);
    for (let seed = 0; seed < 20; seed++) {
      const tiles = [...redrawn(matmul(64), design, seed).trace.decisions.values()];
      for (const tile of tiles) expect(Array.isArray(tile) ? tile.at(-1) : 0).toBeLessThanOrEqual(4);
    }
  });

  it('gives a design without a cache of the results, and one for each level at whose end it is copied out', () => {
    const programs = tiled(matmul(8), CPU);
    expect(programs).toHaveLength(3);
    expect(programs).toContainEqual([PRODUCT]);
    expect(programs).toContainEqual([PRODUCT, 'C_global: 1 2 8 4']);
    expect(programs).toContainEqual([PRODUCT, 'C_global: 1 2 2 1 4 4']);
  });

  it('has no design without the cache when there must be one', () => {
    const must = { ...CPU, reuseWrite: { req: 'must', levels: [2], scope: 'local' } } as const;
    expect(tiled(matmul(8), must)).toEqual([[PRODUCT, 'C_local: 1 2 2 1 4 4']]);
  });

  it('obeys an annotation that asks for the cache at other levels', () => {
    const sch = createSchedule(matmul(8));
    sch.annotate(sch.getBlock('C'), 'meta_schedule.write_cache_level', [1]);
    expect(tiled(sch.func, CPU)).toEqual([[PRODUCT, 'C_global: 1 2 8 4']]);
  });

  it('takes an elementwise consumer for the cache', () => {
    const product = PRODUCT.replace('C', 'Y');
    const programs = tiled(matmulRelu(8), CPU);
    expect(programs).toHaveLength(3);
    expect(programs).toContainEqual([product, 'C: 8 8']);
    expect(programs).toContainEqual([product, 'C: 1 2 8 4']);
    expect(programs).toContainEqual([product, 'C: 1 2 2 1 4 4']);
  });

  it('copies what is read to caches at the beginning of a level, the dimensions fused', () => {
    const reads = { ...PLAIN, reuseRead: { req: 'must', levels: [3], scope: 'global' } } as const;
    expect(tiled(matmul(8), reads)).toEqual([['A_global: 1 2 2 1 2 16', 'B_global: 1 2 2 1 2 16', PRODUCT]]);
    const func = matmul(8);
    const design = at(designsOf(func, multiLevelTiling(reads)), 0);
    for (const seed of [1, 2]) expectSound(func, redrawn(func, design, seed));
  });

  it('keeps the meaning, whatever is drawn', () => {
    const { func } = buildWorkload('conv2d_nhwc:h=6,w=6,ci=2,co=4');
    for (const [i, design] of designsOf(func, multiLevelTiling(CPU)).entries()) {
      for (const seed of [1, 2, 3]) expectSound(func, redrawn(func, design, 10 * i + seed));
    }
  });

  it('leaves alone what has nothing to reuse, and what is tiled already', () => {
    const func = twoElementwise(8);
    expect(designsOf(func, multiLevelTiling(CPU)).map((sch) => sch.func)).toEqual([func]);
    expect(designsOf(matmul(8), multiLevelTiling(CPU), multiLevelTiling(CPU))).toHaveLength(3);
  });
});
