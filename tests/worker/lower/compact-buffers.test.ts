import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { matmul, twoElementwise } from '../../shared/schedule/programs.js';
import { linesAfter } from './harness.js';

/** Bytes of each region in the head of a printed kernel. */
const regionsOf = (lines: readonly string[]): string => lines[0] ?? '';

describe('temporaries', () => {
  it('shrink to what one iteration of the loops around all uses touches', () => {
    const sch = createSchedule(twoElementwise(16), { verify: true });
    expect(regionsOf(linesAfter('translate', sch.func))).toContain('B: 1024 bytes');
    const [i] = sch.getLoops('C', 2);
    sch.computeAt(sch.getBlock('B'), i);
    expect(regionsOf(linesAfter('translate', sch.func))).toContain('B: 64 bytes');
    expect(linesAfter('compact-buffers', sch.func)).toMatchInlineSnapshot(`
      [
        "for i in T.serial(16):",
        "    for ax0 in T.serial(16):",
        "        B[0, ax0] = A[i, ax0] * T.float32(2)",
        "    for j in T.serial(16):",
        "        C[i, j] = B[0, j] + T.float32(1)",
      ]
    `);
  });

  it('shrink to a tile of accumulators', () => {
    const sch = createSchedule(matmul(16), { verify: true });
    const block = sch.getBlock('C');
    const cache = sch.cacheWrite(block, 0, 'local');
    const [i, j, k] = sch.getLoops(block, 3);
    const [i0, i1] = sch.split(i, [null, 4]);
    const [j0, j1] = sch.split(j, [null, 8]);
    sch.reorder(i0, j0, k, i1, j1);
    sch.reverseComputeAt(cache, j0);
    expect(regionsOf(linesAfter('translate', sch.func))).toContain('C_local: 128 bytes');
  });

  it('stay whole between loops that do not share one', () => {
    expect(regionsOf(linesAfter('translate', twoElementwise(16)))).toContain('B: 1024 bytes');
  });
});
