/**
 * @file Operation counts, as TVM's estimator makes them: every arithmetic operation, minimum, maximum, comparison and
 * call on values of data counts as one, per execution; index arithmetic, inits, casts and choices count nothing.
 */
import { constInt } from './build.js';
import type { Expr } from './expr.js';
import type { PrimFunc } from './prim-func.js';
import type { Stmt } from './stmt.js';

/** Operations of one run of a function whose loops have constant extents; others count as one iteration. */
export function flopsOf(func: PrimFunc): number {
  return flopsOfStmt(func.root.body);
}

function flopsOfStmt(s: Stmt): number {
  switch (s.kind) {
    case 'For':
      return (constInt(s.extent) ?? 1) * flopsOfStmt(s.body);
    case 'BlockRealize':
      return flopsOfStmt(s.block.body);
    case 'BufferStore':
      return flopsOfExpr(s.value);
    case 'Seq':
      return s.stmts.reduce((sum, child) => sum + flopsOfStmt(child), 0);
    case 'If':
      return Math.max(flopsOfStmt(s.then), s.else === null ? 0 : flopsOfStmt(s.else));
    case 'Let':
      return flopsOfExpr(s.value) + flopsOfStmt(s.body);
    case 'Evaluate':
      return flopsOfExpr(s.value);
  }
}

/** Operations on data below `e`; an index that is used as a value is no operation. */
function flopsOfExpr(e: Expr): number {
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm':
    case 'Var':
    case 'BufferLoad':
      return 0;
    case 'Binary':
    case 'Compare':
      return touchesData(e) ? 1 + flopsOfExpr(e.a) + flopsOfExpr(e.b) : 0;
    case 'Logical':
      return flopsOfExpr(e.a) + flopsOfExpr(e.b);
    case 'Not':
      return flopsOfExpr(e.a);
    case 'Select':
    case 'IfThenElse':
      return flopsOfExpr(e.condition) + Math.max(flopsOfExpr(e.whenTrue), flopsOfExpr(e.whenFalse));
    case 'Cast':
      return flopsOfExpr(e.value);
    case 'Call':
      return 1 + e.args.reduce((sum, arg) => sum + flopsOfExpr(arg), 0);
  }
}

function touchesData(e: Expr): boolean {
  switch (e.kind) {
    case 'BufferLoad':
    case 'Call':
    case 'FloatImm':
      return true;
    case 'IntImm':
    case 'Var':
      return false;
    case 'Binary':
    case 'Compare':
    case 'Logical':
      return touchesData(e.a) || touchesData(e.b);
    case 'Not':
      return touchesData(e.a);
    case 'Select':
    case 'IfThenElse':
      return touchesData(e.condition) || touchesData(e.whenTrue) || touchesData(e.whenFalse);
    case 'Cast':
      return touchesData(e.value);
  }
}
