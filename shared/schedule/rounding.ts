/** @file Steps that change how results are rounded. */
import type { Buffer } from '../ir/buffer.js';
import { isConst } from '../ir/build.js';
import type { Expr } from '../ir/expr.js';
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

/**
 * Whether a buffer holds nothing but elements of inputs, and zeros: it is a parameter, or was padded or copied from one.
 * Such elements are as small as the inputs, whatever else the function computes.
 */
export function holdsInputs(func: PrimFunc, b: Buffer): boolean {
  let stores = 0;
  let moves = true;
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind !== 'BufferStore' || s.buffer !== b) return;
      stores++;
      if (!isMoved(s.value, func)) moves = false;
    },
  });
  return func.params.includes(b) ? stores === 0 : stores > 0 && moves;
}

function isMoved(e: Expr, func: PrimFunc): boolean {
  if (e.kind === 'BufferLoad') return func.params.includes(e.buffer) && holdsInputs(func, e.buffer);
  if (e.kind === 'IfThenElse' || e.kind === 'Select') {
    return isMoved(e.whenTrue, func) && isMoved(e.whenFalse, func);
  }
  return isConst(e, 0);
}
