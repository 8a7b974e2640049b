import { describe, expect, it } from 'vitest';
import {
  existingBlockEntryOf,
  isSpatialFunc,
  isTrivialBinding,
  needsMultiLevelTiling,
  needsRfactor,
  TILING_STRUCTURE,
} from '../../../../server/tuning/rules/block-analysis.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { blockEntry, type BlockEntry } from '../../../../shared/schedule/state.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { matmul, program, twoElementwise } from '../../../shared/schedule/programs.js';

function entryIn(sch: Schedule, block: string): BlockEntry {
  return blockEntry(sch.state, block, 'test');
}

function entryOf(func: PrimFunc, block: string): BlockEntry {
  return entryIn(createSchedule(func), block);
}

function workload(spec: string): PrimFunc {
  return buildWorkload(spec).func;
}

/** `B[i] = sum over k of value`, in which v may be read. */
function rowSum(value: string): PrimFunc {
  return program(
    'A: T.Buffer((8, 8), "float32"), v: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")',
    `
    for i, k in T.grid(8, 8):
        with T.block("B"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                B[vi] = T.float32(0)
            B[vi] = B[vi] + ${value}
`,
  );
}

describe('the need for multi-level tiling', () => {
  it.each([
    ['a matrix product', workload('matmul:m=8,n=8,k=8'), 'C', true],
    ['a convolution', workload('conv2d_nhwc:h=6,w=6,ci=3,co=4'), 'conv2d_nhwc', true],
    ['its padding, which is spatial', workload('conv2d_nhwc:h=6,w=6,ci=3,co=4'), 'PadInput', false],
    ['a sum by rows, which reads everything once', rowSum('A[vi, vk]'), 'B', false],
    ['a product with a vector, which is read for every row', rowSum('A[vi, vk] * v[vk]'), 'B', true],
    ['the root', matmul(8), 'root', false],
    ['a block that has an iterator of one iteration only to reuse', matmul(1, 1, 8), 'C', false],
  ])('of %s', (_, func, block, needed) => {
    expect(needsMultiLevelTiling(entryOf(func, block))).toBe(needed);
  });

  it('is gone once a block is tiled, or its loops are split', () => {
    const tiled = createSchedule(matmul(8));
    tiled.annotate(tiled.getBlock('C'), TILING_STRUCTURE, 'SSRSRS');
    expect(needsMultiLevelTiling(entryIn(tiled, 'C'))).toBe(false);
    const split = createSchedule(matmul(8));
    const [i] = split.getLoops('C', 3);
    split.split(i, [2, 4]);
    expect(isTrivialBinding(entryIn(split, 'C'))).toBe(false);
    expect(needsMultiLevelTiling(entryIn(split, 'C'))).toBe(false);
  });
});

describe('the need for rfactor', () => {
  it.each([
    ['a product with few results', matmul(4, 4, 512), 'C', 512, true],
    ['one with as many results as terms', matmul(16, 16, 256), 'C', 512, false],
    ['one with more results than jobs', matmul(16, 8, 512), 'C', 64, false],
    ['a sum that cannot be tiled, however many results there are', rowSum('A[vi, vk]'), 'B', 1, true],
    ['a sum of one term', workload('norm:b=4,m=1,n=1'), 'C', 512, false],
    ['a spatial block', twoElementwise(8), 'C', 512, false],
    ['the root', matmul(8), 'root', 512, false],
  ])('of %s', (_, func, block, jobs, needed) => {
    expect(needsRfactor(entryOf(func, block), jobs)).toBe(needed);
  });

  it('is gone when something else stands under its loops', () => {
    const sch = createSchedule(rowSum('A[vi, vk]'));
    const cache = sch.cacheWrite(sch.getBlock('B'), 0, 'global');
    const [i] = sch.getLoops('B', 2);
    sch.reverseComputeAt(cache, i, { preserveUnitLoops: true });
    expect(needsRfactor(entryIn(sch, 'B'), 512)).toBe(false);
  });
});

describe('facts about functions and blocks', () => {
  it('a function is spatial when no block of it reduces', () => {
    expect(isSpatialFunc(twoElementwise(4))).toBe(true);
    expect(isSpatialFunc(matmul(4))).toBe(false);
  });

  it('a block that was inlined does not exist', () => {
    const sch = createSchedule(twoElementwise(4));
    const block = sch.getBlock('B');
    expect(existingBlockEntryOf(sch, block)?.block.name).toBe('B');
    sch.computeInline(block);
    expect(existingBlockEntryOf(sch, block)).toBeNull();
  });
});
