/** @file Rule auto-inline: computes blocks that work element by element where their results are used. */
import { isConst } from '../../../shared/ir/build.js';
import type { Intrinsic } from '../../../shared/ir/expr.js';
import type { Block, BlockRealize } from '../../../shared/ir/stmt.js';
import { walkStmt } from '../../../shared/ir/visit.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { consumersOf, producersOf } from '../../../shared/schedule/dependencies.js';
import { incompleteness } from '../../../shared/schedule/scope.js';
import { isInner, type InnerBlockEntry } from '../../../shared/schedule/state.js';
import { tryStep } from '../refusable-steps.js';
import { readWritePattern } from './access-pattern.js';
import { blockEntryOf, isSpatialFunc } from './block-analysis.js';
import type { ScheduleRule } from './schedule-rule.js';

/** Annotation of a block; `disable` keeps it from being inlined. */
const INLINE_RULE = 'meta_schedule.inline_rule';

export interface AutoInlineConfig {
  readonly intoProducer: boolean;
  readonly intoConsumer: boolean;
  /** Inline what reads nothing whatever else is true of it. */
  readonly inlineConstTensor: boolean;
  /** Leave alone blocks that choose between values or have a predicate. */
  readonly disallowIfThenElse: boolean;
  /** Leave alone blocks that read one element for several dimensions of their output. */
  readonly requireInjective: boolean;
  /** Leave alone blocks that read in another order than they write. */
  readonly requireOrdered: boolean;
  /** Leave alone blocks that call one of these. */
  readonly disallowOps: readonly Intrinsic[];
}

/**
 * Inlines a block into its consumers, or else into its producer, where that is legal:
 *
 * 1. It writes one buffer.
 * 2. If the function reduces anything: what is inlined is neither costly to repeat nor does it disturb the order in
 *    which reductions read memory. The config says what that means.
 * 3. It is not annotated to stay.
 */
export function autoInline(config: AutoInlineConfig): ScheduleRule {
  return (sch, block) => {
    const entry = blockEntryOf(sch, block);
    if (!isInner(entry) || entry.block.writes.length !== 1) return [sch];
    const isConstant = config.inlineConstTensor && entry.block.reads.length === 0;
    if (isConstant && inlineIntoConsumers(sch, block)) return [sch];
    if (!isSpatialFunc(sch.func) && !isCheap(entry, config)) return [sch];
    if (entry.block.annotations[INLINE_RULE] === 'disable') return [sch];
    if (config.intoConsumer && inlineIntoConsumers(sch, block)) return [sch];
    if (config.intoProducer) inlineIntoProducer(sch, block, entry);
    return [sch];
  };
}

/** A block without consumers is left alone: nobody asked for it to be dropped. */
function inlineIntoConsumers(sch: Schedule, block: BlockRV): boolean {
  const entry = blockEntryOf(sch, block);
  const isUsed = isInner(entry) && consumersOf(entry).length > 0;
  return isUsed && tryStep(() => sch.computeInline(block));
}

function inlineIntoProducer(sch: Schedule, block: BlockRV, entry: InnerBlockEntry): void {
  const [producer, ...others] = producersOf(entry);
  if (producer === undefined || others.length > 0) return;
  if (incompleteness(producer, producer.scope.children) === 0) tryStep(() => sch.reverseComputeInline(block));
}

function isCheap({ realize, block }: InnerBlockEntry, config: AutoInlineConfig): boolean {
  if (config.disallowOps.length > 0 && callsAny(realize, config.disallowOps)) return false;
  return !(config.disallowIfThenElse && hasBranch(realize)) && readsInOrder(block, config);
}

function callsAny(realize: BlockRealize, ops: readonly Intrinsic[]): boolean {
  let found = false;
  walkStmt(realize, {
    expr: (e) => {
      if (e.kind === 'Call' && ops.includes(e.op)) found = true;
    },
  });
  return found;
}

function hasBranch(realize: BlockRealize): boolean {
  let found = false;
  walkStmt(realize, {
    stmt: (s) => {
      if (s.kind === 'If' || (s.kind === 'BlockRealize' && !isConst(s.predicate, 1))) found = true;
    },
    expr: (e) => {
      if (e.kind === 'IfThenElse' || e.kind === 'Select') found = true;
    },
  });
  return found;
}

function readsInOrder({ reads, writes }: Block, config: AutoInlineConfig): boolean {
  if (!config.requireInjective && !config.requireOrdered) return true;
  return writes.every((write) =>
    reads.every((read) => {
      const pattern = readWritePattern(read, write);
      if (pattern === null) return false;
      return (pattern.injective || !config.requireInjective) && (pattern.ordered || !config.requireOrdered);
    }),
  );
}
