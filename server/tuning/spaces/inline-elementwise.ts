/**
 * @file Rule inline-elementwise: computes cheap spatial blocks where they are used. Blocks that choose between values
 * (padding) or call functions stay: repeated in a reduction they would cost more than the memory they save.
 */
import type { Block } from '../../../shared/ir/stmt.js';
import { walkStmt } from '../../../shared/ir/visit.js';
import { ScheduleError } from '../../../shared/schedule/errors.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';

/** Inlines what can be inlined, in the order of the blocks. */
export function inlineElementwise(sch: Schedule, blocks: readonly BlockRV[]): BlockRV[] {
  return blocks.filter((rv) => !isCheap(sch.get(rv)) || !tryInline(sch, rv));
}

function isCheap(block: Block): boolean {
  let cheap = block.init === null && block.iterVars.every((iter) => iter.iterType === 'spatial');
  walkStmt(block.body, {
    expr: (e) => {
      if (e.kind === 'IfThenElse' || e.kind === 'Select' || e.kind === 'Call') cheap = false;
    },
  });
  return cheap;
}

function tryInline(sch: Schedule, rv: BlockRV): boolean {
  try {
    sch.computeInline(rv);
    return true;
  } catch (error) {
    if (error instanceof ScheduleError) return false;
    throw error;
  }
}
