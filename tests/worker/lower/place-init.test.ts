import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { matmul } from '../../shared/schedule/programs.js';
import { linesAfter } from './harness.js';

describe('inits of reductions', () => {
  it('stand before the outermost loop that reduces, in loops of their own', () => {
    expect(linesAfter('dissolve-blocks', matmul(4, 5, 6))).toMatchInlineSnapshot(`
      [
        "for i, j in T.grid(4, 5):",
        "    C[i, j] = T.float32(0)",
        "    for k in T.serial(6):",
        "        C[i, j] = C[i, j] + A[i, k] * B[k, j]",
      ]
    `);
  });

  it('stand outside of everything when the reduction is outermost, and keep the guard of a tail', () => {
    const sch = createSchedule(matmul(4, 5, 6), { verify: true });
    const [i, j, k] = sch.getLoops('C', 3);
    const [j0, j1] = sch.split(j, [null, 2]);
    sch.reorder(k, i, j0, j1);
    expect(linesAfter('simplify', sch.func)).toMatchInlineSnapshot(`
      [
        "for i, j_0, j_1 in T.grid(4, 3, 2):",
        "    if j_0 * 2 + j_1 < 5:",
        "        C[i, j_0 * 2 + j_1] = T.float32(0)",
        "for k, i_1, j_0_1, j_1_1 in T.grid(6, 4, 3, 2):",
        "    if j_0_1 * 2 + j_1_1 < 5:",
        "        C[i_1, j_0_1 * 2 + j_1_1] = C[i_1, j_0_1 * 2 + j_1_1] + A[i_1, k] * B[k, j_0_1 * 2 + j_1_1]",
      ]
    `);
  });
});
