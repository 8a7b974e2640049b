/** @file A tune of a convolution that can be computed by Winograd's filtering, measured for real. */
import { expect, it } from 'vitest';
import { withConstants } from '../../../shared/ir/constants.js';
import { budgetOf } from '../../../shared/protocol/budget.js';
import { traceFromJson } from '../../../shared/schedule/trace.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { realTune } from './real-tune.js';

it('a convolution is tried directly and with both tiles, and only the larger one rounds', async () => {
  const func = withConstants(buildWorkload('conv2d_nhwc:n=1,h=9,w=10,ci=16,co=16').func, ['weight']);
  const { tune, candidates } = await realTune(func, {
    strategy: 'replay-trace',
    budget: budgetOf({ trials: 24, perTask: {} }, 1),
  });
  expect(tune.status).toBe('succeeded');
  const tried = new Set<number>();
  for (const { trace, outcome } of candidates) {
    const tile = traceFromJson(trace).insts.flatMap((inst) =>
      inst.kind === 'WinogradConv2d' ? [inst.args.tile] : [],
    )[0];
    tried.add(tile ?? 0);
    expect(outcome).toMatchObject({ status: 'measured', exact: tile !== 4 });
    if (outcome.status === 'measured' && tile !== 4) expect(outcome.maxError).toBe(0);
  }
  expect(tried).toEqual(new Set([0, 2, 4]));
}, 60_000);
