/** @file A program's rows are those of its stores and then those of its reductions, side by side in one width. */
import { expect, it } from 'vitest';
import { FEATURE_NAMES } from '../../../../server/cost-model/features/names.js';
import { perStoreFeatures } from '../../../../server/cost-model/features/per-store.js';
import { programRows, ROW_NAMES, ROW_WIDTH } from '../../../../server/cost-model/features/program-rows.js';
import { reductionFeatures } from '../../../../server/cost-model/features/reduction-features.js';
import { LAYOUT_REWRITE_PREPROC, withConstants } from '../../../../shared/ir/constants.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { matmul } from '../../../shared/schedule/programs.js';

const func = matmul(32);

it('puts the features of stores and of reductions at places of their own', () => {
  const { rows, count, width } = programRows(func);
  const stores = perStoreFeatures(func);
  const table = Array.from({ length: count }, (_, row) => [...rows.subarray(row * width, (row + 1) * width)]);
  const part = (start: number, end: number): number[] => table.flatMap((row) => row.slice(start, end));
  const padding = (length: number): number[] => Array.from({ length }, () => 0);

  const tileWidth = ROW_WIDTH - FEATURE_NAMES.length;
  const tiles = reductionFeatures(func);
  expect(width).toBe(ROW_NAMES.length);
  expect(count).toBe(stores.count + tiles.length / tileWidth);
  expect(part(0, FEATURE_NAMES.length)).toEqual([
    ...stores.rows,
    ...padding((tiles.length / tileWidth) * FEATURE_NAMES.length),
  ]);
  expect(part(FEATURE_NAMES.length, ROW_WIDTH)).toEqual([...padding(stores.count * tileWidth), ...tiles]);
});

it('has none for what lays constants out anew, outside of the calls', () => {
  const packed = (constants: readonly string[]): PrimFunc => {
    const sch = createSchedule(withConstants(func, constants));
    sch.annotate(sch.cacheRead(sch.getBlock('C'), 1, 'global'), LAYOUT_REWRITE_PREPROC, 1);
    return sch.func;
  };
  expect(programRows(packed(['B'])).count).toBe(programRows(func).count);
  expect(programRows(packed([])).count).toBe(programRows(func).count + 1);
});

it('extracts the rows of a program once', () => {
  expect(programRows(func)).toBe(programRows(func));
});
