/** @file The program between two passes of the pipeline, as text. */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { TARGETS, type TargetId } from '../../../shared/protocol/target.js';
import { invariant } from '../../../shared/support/errors.js';
import { lower } from '../../../worker/lower/pipeline.js';

/** What a pass leaves behind, line by line. */
export function linesAfter(pass: string, func: PrimFunc, target: TargetId = 'wasm'): string[] {
  let text: string | undefined;
  lower(func, TARGETS[target], (name, print) => {
    if (name === pass) text = print();
  });
  invariant(text !== undefined, `there is no pass ${pass}`);
  return text.split('\n').filter((line) => line.trim() !== '');
}
