/**
 * @file Programs as TVMScript: the Python-syntax text form of TensorIR that TVM reads and writes.
 *
 * The text is deterministic, and `parseScript` reads it back to a structurally equal program.
 */
import type { Expr } from '../ir/expr.js';
import type { IRModule, PrimFunc } from '../ir/prim-func.js';
import type { Stmt } from '../ir/stmt.js';
import { createNames, toIdentifier, uniqueName } from './names.js';
import { exprText } from './print-expr.js';
import { funcLines, stmtLines } from './print-stmt.js';

/** The whole text of a function or module, with its imports, ending in a newline. */
export function printScript(program: PrimFunc | IRModule): string {
  if (program.kind === 'PrimFunc') {
    return ['from tvm.script import tir as T', '', ...funcLines(program), ''].join('\n');
  }
  const taken = new Set<string>();
  const functions = program.functions.map((f) =>
    funcLines(f, uniqueName(toIdentifier(f.name), taken), '    '),
  );
  const body = functions.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
  return [
    'from tvm.script import ir as I',
    'from tvm.script import tir as T',
    '',
    '@I.ir_module',
    'class Module:',
    ...(body.length === 0 ? ['    pass'] : body),
    '',
  ].join('\n');
}

/** An expression on its own, for messages. Variables keep their names as far as these are unique. */
export function printExpr(e: Expr): string {
  return exprText(e, createNames());
}

/** A statement on its own, for messages; lines without a final newline. */
export function printStmt(s: Stmt): string {
  return stmtLines(s).join('\n');
}
