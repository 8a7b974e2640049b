/**
 * @file Operation counts, as TVM's estimator makes them: every arithmetic operation, minimum, maximum, comparison and
 * call on values of data counts as one, per execution; index arithmetic, inits, casts and choices count nothing.
 */
import { constInt } from './build.js';
import type { Expr, Var } from './expr.js';
import type { PrimFunc } from './prim-func.js';
import type { Stmt } from './stmt.js';
import { walkStmt } from './visit.js';

/** Operations of one run of a function whose loops have constant extents; others count as one iteration. */
export function flopsOf(func: PrimFunc): number {
  return flopsOfStmt(func.root.body, dataVars(func.root.body));
}

/** The variables that are bound to values of data. */
function dataVars(s: Stmt): ReadonlySet<Var> {
  const data = new Set<Var>();
  walkStmt(s, {
    stmt: (inner) => {
      if (inner.kind === 'Let' && touchesData(inner.value, data)) data.add(inner.var);
    },
  });
  return data;
}

function flopsOfStmt(s: Stmt, data: ReadonlySet<Var>): number {
  switch (s.kind) {
    case 'For':
      return (constInt(s.extent) ?? 1) * flopsOfStmt(s.body, data);
    case 'BlockRealize':
      return flopsOfStmt(s.block.body, data);
    case 'BufferStore':
      return flopsOfExpr(s.value, data);
    case 'Seq':
      return s.stmts.reduce((sum, child) => sum + flopsOfStmt(child, data), 0);
    case 'If':
      return (
        flopsOfExpr(s.condition, data) +
        Math.max(flopsOfStmt(s.then, data), s.else === null ? 0 : flopsOfStmt(s.else, data))
      );
    case 'Let':
      return flopsOfExpr(s.value, data) + flopsOfStmt(s.body, data);
    case 'Evaluate':
      return flopsOfExpr(s.value, data);
  }
}

/** Operations on data below `e`; an index that is used as a value is no operation. */
function flopsOfExpr(e: Expr, data: ReadonlySet<Var>): number {
  switch (e.kind) {
    case 'IntImm':
    case 'FloatImm':
    case 'Var':
    case 'BufferLoad':
      return 0;
    case 'Binary':
    case 'Compare':
      return touchesData(e, data) ? 1 + flopsOfExpr(e.a, data) + flopsOfExpr(e.b, data) : 0;
    case 'Logical':
      return flopsOfExpr(e.a, data) + flopsOfExpr(e.b, data);
    case 'Not':
      return flopsOfExpr(e.a, data);
    case 'Select':
    case 'IfThenElse':
      return (
        flopsOfExpr(e.condition, data) +
        Math.max(flopsOfExpr(e.whenTrue, data), flopsOfExpr(e.whenFalse, data))
      );
    case 'Cast':
      return flopsOfExpr(e.value, data);
    case 'Call':
      return 1 + e.args.reduce((sum, arg) => sum + flopsOfExpr(arg, data), 0);
  }
}

function touchesData(e: Expr, data: ReadonlySet<Var>): boolean {
  switch (e.kind) {
    case 'BufferLoad':
    case 'Call':
    case 'FloatImm':
      return true;
    case 'IntImm':
      return false;
    case 'Var':
      return data.has(e);
    case 'Binary':
    case 'Compare':
    case 'Logical':
      return touchesData(e.a, data) || touchesData(e.b, data);
    case 'Not':
      return touchesData(e.a, data);
    case 'Select':
    case 'IfThenElse':
      return (
        touchesData(e.condition, data) || touchesData(e.whenTrue, data) || touchesData(e.whenFalse, data)
      );
    case 'Cast':
      return touchesData(e.value, data);
  }
}
