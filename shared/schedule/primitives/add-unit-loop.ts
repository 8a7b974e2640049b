/** @file A loop of one iteration around a block or a loop: a place for steps that need a loop. */
import { variable } from '../../ir/build.js';
import { forLoop } from '../../ir/build-stmt.js';
import type { Var } from '../../ir/expr.js';
import { loopValue, type InstructionTable } from '../instruction.js';
import { replaceStmt } from '../replace.js';
import { innerBlockEntry, loopEntry, stmtOf, type ScheduleState } from '../state.js';

/**
 * Puts a loop of extent 1 around a block or a loop.
 *
 * rewrite: `S` → `for u in 1: S`
 *
 * 1. The block is not the root.
 *
 * @returns the new state and the loop
 * @throws ScheduleError `ROOT_BLOCK`, `UNKNOWN_BLOCK`, `UNKNOWN_LOOP`.
 */
export function addUnitLoop(
  state: ScheduleState,
  blockOrLoop: string | Var,
): { state: ScheduleState; loop: Var } {
  const entry =
    typeof blockOrLoop === 'string'
      ? innerBlockEntry(state, blockOrLoop, 'add_unit_loop')
      : loopEntry(state, blockOrLoop, 'add_unit_loop');
  const u = variable('u');
  return { state: replaceStmt(state, entry, forLoop(u, 1, stmtOf(entry))), loop: u };
}

export const ADD_UNIT_LOOP_SPECS = {
  AddUnitLoop: {
    isPure: false,
    apply: ({ state }, { blockOrLoop }) => {
      const result = addUnitLoop(state, blockOrLoop);
      return { state: result.state, outputs: [loopValue(result.loop)] };
    },
  },
} satisfies Partial<InstructionTable>;
