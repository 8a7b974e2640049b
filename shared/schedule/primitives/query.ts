/** @file Primitives that only look: they leave the program alone, and a trace drops them when nobody uses their outputs. */
import type { Var } from '../../ir/expr.js';
import { blockValue, loopValue, type InstructionTable } from '../instruction.js';
import { consumersOf, producersOf } from '../dependencies.js';
import { isOutputBlock } from '../scope.js';
import {
  blockEntry,
  blocksUnder,
  innerBlockEntry,
  loopEntry,
  loopsAbove,
  type InnerBlockEntry,
  type ScheduleState,
} from '../state.js';

/** The loops around a block in its scope, outermost first. @throws ScheduleError `UNKNOWN_BLOCK`. */
export function getLoops(state: ScheduleState, block: string): Var[] {
  return loopsAbove(blockEntry(state, block, 'get_loops')).map((loop) => loop.node.loopVar);
}

/** The blocks directly in a block, or under a loop of the same scope, in program order. */
export function getChildBlocks(state: ScheduleState, blockOrLoop: string | Var): string[] {
  const entry =
    typeof blockOrLoop === 'string'
      ? blockEntry(state, blockOrLoop, 'get_child_blocks')
      : loopEntry(state, blockOrLoop, 'get_child_blocks');
  return namesOf(blocksUnder(entry));
}

/** The blocks of the scope that write before `block` what it reads or writes, in program order. */
export function getProducers(state: ScheduleState, block: string): string[] {
  return namesOf(producersOf(innerBlockEntry(state, block, 'get_producers')));
}

/** The blocks of the scope that read or write after `block` what it writes, in program order. */
export function getConsumers(state: ScheduleState, block: string): string[] {
  return namesOf(consumersOf(innerBlockEntry(state, block, 'get_consumers')));
}

/** The blocks directly in a block that write what they do not find there: parameters, or buffers of scopes around. */
export function getOutputBlocks(state: ScheduleState, scope: string): string[] {
  return namesOf(blocksUnder(blockEntry(state, scope, 'get_output_blocks')).filter(isOutputBlock));
}

function namesOf(entries: readonly InnerBlockEntry[]): string[] {
  return entries.map((entry) => entry.block.name);
}

export const QUERY_SPECS = {
  GetSBlock: {
    isPure: true,
    // A schedule has one function, and traces must apply to it under any name: `funcName` is only recorded.
    apply: ({ state }, { name }) => ({
      state,
      outputs: [blockValue(blockEntry(state, name, 'get_sblock').block.name)],
    }),
  },
  GetLoops: {
    isPure: true,
    apply: ({ state }, { block }) => ({ state, outputs: getLoops(state, block).map(loopValue) }),
  },
  GetChildBlocks: {
    isPure: true,
    apply: ({ state }, { blockOrLoop }) => ({
      state,
      outputs: getChildBlocks(state, blockOrLoop).map(blockValue),
    }),
  },
  GetProducers: {
    isPure: true,
    apply: ({ state }, { block }) => ({ state, outputs: getProducers(state, block).map(blockValue) }),
  },
  GetConsumers: {
    isPure: true,
    apply: ({ state }, { block }) => ({ state, outputs: getConsumers(state, block).map(blockValue) }),
  },
  GetOutputBlocks: {
    isPure: true,
    apply: ({ state }, { block }) => ({ state, outputs: getOutputBlocks(state, block).map(blockValue) }),
  },
} satisfies Partial<InstructionTable>;
