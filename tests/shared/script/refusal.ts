/** @file Scripts around a few statements, and the error that a script is refused with. */
import { parseScript } from '../../../shared/script/parse.js';
import { InputError } from '../../../shared/support/errors.js';

/** The error that `script` is refused with. */
export function refusal(script: string): InputError {
  try {
    parseScript(script);
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error(`accepted:\n${script}`);
}

/** A function whose statements may use `i` and `j` (int32), `A` (float32), `N` (int32) and `x` (a float variable). */
export function around(stmts: string): string {
  const head = 'def f(A: T.Buffer((16, 16), "float32"), N: T.Buffer((16, 16), "int32")):';
  const body = `for i, j in T.grid(16, 16):\n        x: T.float32 = A[i, j]\n${stmts.replaceAll(/^(?=.)/gm, '        ')}`;
  return `@T.prim_func\n${head}\n    ${body}\n`;
}
