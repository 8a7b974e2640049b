/** @file Rule inline-constant-scalars: puts constants where they are used. */
import { isOutputBlock } from '../../../shared/schedule/scope.js';
import { isInner } from '../../../shared/schedule/state.js';
import { tryStep } from '../refusable-steps.js';
import { blockEntryOf } from './block-analysis.js';
import type { ScheduleRule } from './schedule-rule.js';

/** Inlines a block that reads nothing and writes one element of its own scope. */
export const inlineConstantScalars: ScheduleRule = (sch, block) => {
  const entry = blockEntryOf(sch, block);
  const [write, ...others] = entry.block.writes;
  const isScalar = write?.buffer.shape.length === 0 && others.length === 0;
  if (isInner(entry) && isScalar && entry.block.reads.length === 0 && !isOutputBlock(entry)) {
    tryStep(() => sch.computeInline(block));
  }
  return [sch];
};
