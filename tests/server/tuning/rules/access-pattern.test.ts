import { describe, expect, it } from 'vitest';
import { isWriteCache, readWritePattern } from '../../../../server/tuning/rules/access-pattern.js';
import type { Block } from '../../../../shared/ir/stmt.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { matmul, program } from '../../../shared/schedule/programs.js';

/** The block of `B[i, j] = value`, where A and v may be read. */
function blockOf(value: string, place = 'vi, vj'): Block {
  const func = program(
    'A: T.Buffer((8, 8), "float32"), v: T.Buffer((8,), "float32"), B: T.Buffer((8, 8), "float32")',
    `
    for i, j in T.grid(8, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[${place}] = ${value}
`,
  );
  const sch = createSchedule(func);
  return sch.get(sch.getBlock('B'));
}

function patternOf(value: string, place?: string): ReturnType<typeof readWritePattern> {
  const { reads, writes } = blockOf(value, place);
  return readWritePattern(at(reads, 0), at(writes, 0));
}

describe('the pattern of a read', () => {
  it.each([
    ['A[vi, vj]', { injective: true, ordered: true }],
    ['v[vj]', { injective: true, ordered: true }],
    ['A[0, vj]', { injective: true, ordered: true }],
    ['A[vi, 7]', { injective: true, ordered: true }],
    ['A[vj, vi]', { injective: true, ordered: false }],
    ['A[vi, vi]', { injective: false, ordered: true }],
    ['T.if_then_else(vj > 0, A[vi, vj - 1], T.float32(0))', { injective: true, ordered: true }],
  ])('%s is known', (value, pattern) => {
    expect(patternOf(value)).toEqual(pattern);
  });

  it.each([['A[vi, vj // 2]'], ['A[vi // 2, vj]'], ['v[(vi + vj) % 8]']])('%s is not', (value) => {
    expect(patternOf(value)).toBeNull();
  });

  it('is not known when the write is not at plain iterators', () => {
    expect(patternOf('A[vi, vj]', 'vi, 7 - vj')).toBeNull();
  });
});

describe('a write cache', () => {
  it('reads everything element by element, in order', () => {
    expect(isWriteCache(blockOf('A[vi, vj] + v[vj]'))).toBe(true);
    expect(isWriteCache(blockOf('T.float32(1)'))).toBe(true);
    expect(isWriteCache(blockOf('A[vi, vj] + A[vj, vi]'))).toBe(false);
    const sch = createSchedule(matmul(4));
    expect(isWriteCache(sch.get(sch.getBlock('root')))).toBe(false);
  });
});
