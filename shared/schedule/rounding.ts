/** @file Steps that change how results are rounded. */
import type { PrimFunc } from '../ir/prim-func.js';
import { walkStmt } from '../ir/visit.js';

/** Marks blocks whose results round where those of the program before did not, or round differently by more than order. */
export const ROUNDS = 'tilewright.rounds';

/** Whether a scheduled function rounds in other ways than the program it was made from. */
export function roundsAnew(func: PrimFunc): boolean {
  let found = false;
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind === 'BlockRealize' && s.block.annotations[ROUNDS] !== undefined) found = true;
      return !found;
    },
  });
  return found;
}
