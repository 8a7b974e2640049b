/** @file Space generators that are put together from rules for single blocks. */
import type { BlockRV } from '../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../shared/schedule/schedule.js';
import type { BlockEntry } from '../../shared/schedule/state.js';
import { existingBlockEntryOf } from './rules/block-analysis.js';
import { SCHEDULE_RULE, type ScheduleRule } from './rules/schedule-rule.js';
import type { SpaceContext, SpaceGenerator } from './space.js';

/** A design and the blocks that the rule at hand has still to be applied to; the last is the next. */
interface Unfinished {
  readonly sch: Schedule;
  readonly blocks: readonly BlockRV[];
}

/**
 * Applies each rule, one after the other, to each block of the program: to the root first, then from the last block to
 * the first. Every design that a rule gives for a block goes on with the blocks that are left. Rules see the
 * blocks that the program has at the beginning, as long as they exist.
 */
export function postOrderApply(rules: readonly ScheduleRule[]): SpaceGenerator {
  return (func, context) => {
    const sch = createSchedule(func, { rng: context.rng });
    const blocks = collectBlocks(sch);
    return rules.reduce<readonly Schedule[]>(
      (designs, rule) => applyRule(rule, designs, blocks, context),
      [sch],
    );
  };
}

/** All blocks, those inside of a block before it; the root is the last. */
function collectBlocks(sch: Schedule): BlockRV[] {
  const namesIn = ({ block, children }: BlockEntry): string[] => [...children.flatMap(namesIn), block.name];
  return namesIn(sch.state.index.root).map((name) => sch.getBlock(name));
}

function applyRule(
  rule: ScheduleRule,
  designs: readonly Schedule[],
  blocks: readonly BlockRV[],
  context: SpaceContext,
): Schedule[] {
  const stack: Unfinished[] = designs.map((sch) => ({ sch, blocks }));
  const finished: Schedule[] = [];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { sch } = top;
    const block = top.blocks.at(-1);
    if (block === undefined) {
      finished.push(sch);
      continue;
    }
    const rest = top.blocks.slice(0, -1);
    const forks = isFor(rule, sch, block) ? rule(sch, block, context) : [sch];
    stack.push(...forks.map((next) => ({ sch: next, blocks: rest })));
  }
  return finished;
}

/** Blocks that are no more, inlined perhaps, are passed over. */
function isFor(rule: ScheduleRule, sch: Schedule, block: BlockRV): boolean {
  const entry = existingBlockEntryOf(sch, block);
  if (entry === null) return false;
  return rule.forAnnotatedBlocks === true || !Object.hasOwn(entry.block.annotations, SCHEDULE_RULE);
}
