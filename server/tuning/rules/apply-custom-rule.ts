/** @file Rule apply-custom-rule: lets a program say itself how a block of it is to be scheduled. */
import { SCHEDULE_RULE, type ScheduleRule } from './schedule-rule.js';

/** Rules that blocks may name in their annotation `schedule_rule`. */
export type CustomRules = ReadonlyMap<string, ScheduleRule>;

/**
 * Applies the rule that a block names. `None` keeps all rules from the block. A name that is not in the table says
 * nothing here: the annotation is taken off, and the block is like any other.
 */
export function applyCustomRule(rules: CustomRules): ScheduleRule {
  const apply: ScheduleRule = (sch, block, context) => {
    const name = sch.get(block).annotations[SCHEDULE_RULE];
    if (name === undefined || name === 'None') return [sch];
    const rule = typeof name === 'string' ? rules.get(name) : undefined;
    if (rule !== undefined) return rule(sch, block, context);
    sch.unannotate(block, SCHEDULE_RULE);
    return [sch];
  };
  return Object.assign(apply, { forAnnotatedBlocks: true });
}
