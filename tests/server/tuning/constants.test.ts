/** @file A tune of a program with constant weights, measured for real. */
import { expect, it } from 'vitest';
import { withConstants } from '../../../shared/ir/constants.js';
import { splitPrepacking } from '../../../shared/ir/split-prepacking.js';
import { budgetOf } from '../../../shared/protocol/budget.js';
import { applyTrace, traceFromJson } from '../../../shared/schedule/trace.js';
import { at } from '../../../shared/support/errors.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { realTune } from './real-tune.js';

it('a linear layer with constant weights is packed in panels as wide as its tile', async () => {
  const func = withConstants(buildWorkload('linear:b=1,i=784,o=128').func, ['W']);
  const { tune, candidates, artifacts } = await realTune(func, {
    strategy: 'replay-trace',
    budget: budgetOf({ trials: 8, perTask: {} }, 1),
  });
  expect(tune.status).toBe('succeeded');
  const [baseline, ...found] = candidates;
  expect(baseline?.outcome.status).toBe('measured');
  expect(found).toHaveLength(8);
  for (const { trace, outcome } of found) {
    expect(outcome).toMatchObject({ status: 'measured', exact: true });
    const { packed } = splitPrepacking(applyTrace(func, traceFromJson(trace)).func);
    expect(packed).toHaveLength(1);
    const [panels = 0, reduction, width = 0] = at(packed, 0).shape;
    expect(reduction).toBe(784);
    expect(panels).toBe(Math.ceil(128 / width));
  }
  expect(artifacts.dts).toContain('prepare(');
}, 60_000);
