/** @file Equality of expressions with free variables and buffers compared by identity. */
import type { Expr } from '../ir/expr.js';

/** Whether two expressions are the same tree. Unlike alpha-equivalence, variables must be the same objects. */
export function sameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true;
  if (a.dtype !== b.dtype) return false;
  switch (a.kind) {
    case 'Var':
      return false;
    case 'IntImm':
      return b.kind === 'IntImm' && a.value === b.value;
    case 'FloatImm':
      return b.kind === 'FloatImm' && Object.is(a.value, b.value);
    case 'Binary':
      return b.kind === 'Binary' && a.op === b.op && sameExpr(a.a, b.a) && sameExpr(a.b, b.b);
    case 'Compare':
      return b.kind === 'Compare' && a.op === b.op && sameExpr(a.a, b.a) && sameExpr(a.b, b.b);
    case 'Logical':
      return b.kind === 'Logical' && a.op === b.op && sameExpr(a.a, b.a) && sameExpr(a.b, b.b);
    case 'Not':
      return b.kind === 'Not' && sameExpr(a.a, b.a);
    case 'Select':
    case 'IfThenElse':
      return (
        b.kind === a.kind &&
        sameExpr(a.condition, b.condition) &&
        sameExpr(a.whenTrue, b.whenTrue) &&
        sameExpr(a.whenFalse, b.whenFalse)
      );
    case 'Cast':
      return b.kind === 'Cast' && sameExpr(a.value, b.value);
    case 'Call':
      return b.kind === 'Call' && a.op === b.op && sameExprs(a.args, b.args);
    case 'BufferLoad':
      return b.kind === 'BufferLoad' && a.buffer === b.buffer && sameExprs(a.indices, b.indices);
  }
}

/** Whether two lists of expressions are equal element by element. */
export function sameExprs(a: readonly Expr[], b: readonly Expr[]): boolean {
  return (
    a.length === b.length &&
    a.every((e, i) => {
      const other = b[i];
      return other !== undefined && sameExpr(e, other);
    })
  );
}
