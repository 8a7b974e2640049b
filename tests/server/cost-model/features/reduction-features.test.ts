import { describe, expect, it } from 'vitest';
import { at } from '../../../../shared/support/errors.js';
import {
  REDUCTION_FEATURE_NAMES,
  reductionFeatures,
} from '../../../../server/cost-model/features/reduction-features.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { buildWorkload, WORKLOAD_NAMES } from '../../../../shared/te/workload-table.js';
import { elementwise3d, matmul } from '../../../shared/schedule/programs.js';

type Name = (typeof REDUCTION_FEATURE_NAMES)[number];

/** The features of each reduction, by name. */
function featuresOf(func: PrimFunc): Record<Name, number>[] {
  const values = reductionFeatures(func);
  const width = REDUCTION_FEATURE_NAMES.length;
  return Array.from({ length: values.length / width }, (_, row) => {
    const named = REDUCTION_FEATURE_NAMES.map((name, i) => [name, at(values, row * width + i)] as const);
    return Object.fromEntries(named) as Record<Name, number>;
  });
}

function tiledMatmul(rows: number, columns: number, { cache = false } = {}): PrimFunc {
  const sch = createSchedule(matmul(64));
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  const [i0, i1] = sch.split(i, [null, rows]);
  const [j0, j1] = sch.split(j, [null, columns]);
  const [k0, k1] = sch.split(k, [null, 2]);
  sch.reorder(i0, j0, k0, k1, i1, j1);
  sch.unroll(k1);
  sch.unroll(i1);
  sch.vectorize(j1);
  if (cache) sch.cacheWrite(block, 0, 'global');
  return sch.func;
}

describe('the features of a reduction', () => {
  it('are those of its register tile', () => {
    expect(featuresOf(tiledMatmul(4, 8))).toEqual([
      {
        'tile.rows': 4,
        'tile.vectors': 2,
        'tile.accumulators': 8,
        'tile.loads_per_multiply': 0.75,
        'tile.registers_over': 0,
        'tile.reduce_copies': 2,
        'tile.iterations': expect.closeTo(Math.log2(16 * 8 * 32 + 1), 4) as number,
        'tile.overhang': 1,
        // One step of k0 moves B by two rows of 64.
        'tile.operand_stride': expect.closeTo(Math.log2(128 + 1), 4) as number,
        'tile.inner_extent': expect.closeTo(Math.log2(32 + 1), 4) as number,
        'tile.code': expect.closeTo(Math.log2(17), 4) as number,
        'tile.writes_temporary': 0,
      },
    ]);
  });

  it('count the registers that a tile lacks', () => {
    expect(featuresOf(tiledMatmul(8, 8))[0]).toMatchObject({ 'tile.registers_over': 3 });
  });

  it('tell how much of the tiles overhangs', () => {
    const [tile] = featuresOf(tiledMatmul(5, 12));
    expect(tile?.['tile.overhang']).toBeCloseTo((65 * 72) / (64 * 64), 4);
  });

  it('tell a cache from the output', () => {
    expect(featuresOf(tiledMatmul(4, 8, { cache: true }))[0]).toMatchObject({ 'tile.writes_temporary': 1 });
  });

  it('are one row for each block that reduces, all of them finite', () => {
    expect(featuresOf(elementwise3d(4))).toEqual([]);
    expect(featuresOf(buildWorkload('softmax:m=4,n=4').func)).toHaveLength(2);
    for (const name of WORKLOAD_NAMES) {
      const values = reductionFeatures(buildWorkload(name).func);
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });
});
