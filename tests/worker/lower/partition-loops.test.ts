import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { vectorAdd } from '../../shared/schedule/programs.js';
import { linesAfter } from './harness.js';

describe('loops with conditions', () => {
  it('are cut where the tail of a tile begins', () => {
    const sch = createSchedule(vectorAdd(100), { verify: true });
    const [i] = sch.getLoops('C', 1);
    sch.split(i, [null, 8]);
    expect(linesAfter('partition-loops', sch.func)).toMatchInlineSnapshot(`
      [
        "for i_0, i_1 in T.grid(12, 8):",
        "    C[i_0 * 8 + i_1] = A[i_0 * 8 + i_1] + B[i_0 * 8 + i_1]",
        "for i_1 in T.serial(4):",
        "    C[i_1 + 96] = A[i_1 + 96] + B[i_1 + 96]",
      ]
    `);
  });

  it('are cut at the borders of padding, so that the middle has no test', () => {
    const { func } = buildWorkload('conv1d_nlc:n=1,l=8,ci=1,co=1,k=3,s=1,p=1');
    const sch = createSchedule(func, { verify: true });
    sch.computeInline(sch.getBlock('PadInput'));
    const lines = linesAfter('partition-loops', sch.func);
    expect(lines).toMatchInlineSnapshot(`
      [
        "conv1d_nlc[0, 0, 0] = T.float32(0)",
        "conv1d_nlc[0, 0, 0] = conv1d_nlc[0, 0, 0] + T.float32(0) * weight[0, 0, 0]",
        "for rl in T.serial(1, 3):",
        "    conv1d_nlc[0, 0, 0] = conv1d_nlc[0, 0, 0] + inputs[0, rl - 1, 0] * weight[rl, 0, 0]",
        "for l in T.serial(1, 7):",
        "    conv1d_nlc[0, l, 0] = T.float32(0)",
        "    for rl in T.serial(3):",
        "        conv1d_nlc[0, l, 0] = conv1d_nlc[0, l, 0] + inputs[0, l + rl - 1, 0] * weight[rl, 0, 0]",
        "conv1d_nlc[0, 7, 0] = T.float32(0)",
        "for rl in T.serial(2):",
        "    conv1d_nlc[0, 7, 0] = conv1d_nlc[0, 7, 0] + inputs[0, rl + 6, 0] * weight[rl, 0, 0]",
        "conv1d_nlc[0, 7, 0] = conv1d_nlc[0, 7, 0] + T.float32(0) * weight[2, 0, 0]",
      ]
    `);
  });
});
