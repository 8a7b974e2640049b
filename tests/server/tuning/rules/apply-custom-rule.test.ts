import { describe, expect, it } from 'vitest';
import { applyCustomRule } from '../../../../server/tuning/rules/apply-custom-rule.js';
import { SCHEDULE_RULE, type ScheduleRule } from '../../../../server/tuning/rules/schedule-rule.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { nestOf } from '../../../shared/schedule/harness.js';
import { matmul } from '../../../shared/schedule/programs.js';
import { designsOf } from './harness.js';

function asking(rule: string | null): PrimFunc {
  const sch = createSchedule(matmul(8));
  if (rule !== null) sch.annotate(sch.getBlock('C'), SCHEDULE_RULE, rule);
  return sch.func;
}

/** Two designs: i split by 2, and by 4. */
const splitting: ScheduleRule = (sch, block) =>
  [2, 4].map((factor) => {
    const copy = sch.copy();
    const [i] = copy.getLoops(block, 3);
    copy.split(i, [null, factor]);
    return copy;
  });

const rule = applyCustomRule(new Map([['halves', splitting]]));

describe('apply-custom-rule', () => {
  it('applies the rule that a block names', () => {
    const designs = designsOf(asking('halves'), rule);
    expect(designs.map((sch) => nestOf(sch.func)[1])).toEqual(['i_1:4', 'i_1:2']);
  });

  it('leaves blocks alone that name none, or None', () => {
    for (const func of [asking(null), asking('None')]) {
      const [design] = designsOf(func, rule);
      expect(design?.func).toBe(func);
    }
  });

  it('takes the name of an unknown rule off, so that the block is like any other', () => {
    const given: string[] = [];
    const next: ScheduleRule = (sch, block) => {
      given.push(sch.get(block).name);
      return [sch];
    };
    const [design] = designsOf(asking('unknown'), rule, next);
    expect(design?.get(design.getBlock('C')).annotations).toEqual({});
    expect(given).toContain('C');
  });
});
