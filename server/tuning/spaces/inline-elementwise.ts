/**
 * @file Rule inline-elementwise: computes cheap spatial blocks where they are used. Blocks that choose between values
 * (padding) or call functions stay: repeated in a reduction they would cost more than the memory they save.
 */
import type { Block } from '../../../shared/ir/stmt.js';
import { walkStmt } from '../../../shared/ir/visit.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { isSpatialBlock } from '../rules/block-analysis.js';
import { tryStep } from '../refusable-steps.js';

/** Inlines what can be inlined, in the order of the blocks. */
export function inlineElementwise(sch: Schedule, blocks: readonly BlockRV[]): BlockRV[] {
  return blocks.filter((rv) => !isCheap(sch.get(rv)) || !tryStep(() => sch.computeInline(rv)));
}

function isCheap(block: Block): boolean {
  let cheap = block.init === null && isSpatialBlock(block);
  walkStmt(block.body, {
    expr: (e) => {
      if (e.kind === 'IfThenElse' || e.kind === 'Select' || e.kind === 'Call') cheap = false;
    },
  });
  return cheap;
}
