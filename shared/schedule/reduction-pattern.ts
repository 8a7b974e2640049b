/** @file What a reduction block computes: its operator, what each instance contributes, and what it starts from. */
import { sameExpr } from '../arith/same-expr.js';
import type { Buffer } from '../ir/buffer.js';
import { isConst } from '../ir/build.js';
import type { Expr } from '../ir/expr.js';
import type { Block } from '../ir/stmt.js';
import { walkExpr } from '../ir/visit.js';

/** Operators by which partial results may be combined in any order. */
export type ReductionOp = 'add' | 'mul' | 'min' | 'max';

/** `buffer[indices] = op(buffer[indices], value)`, from `initial` on. */
export interface Reduction {
  readonly op: ReductionOp;
  readonly buffer: Buffer;
  readonly indices: readonly Expr[];
  readonly value: Expr;
  /** A literal that changes nothing when it is combined with partial results once more. */
  readonly initial: Expr;
}

/**
 * The reduction of a block, `null` when it is not known to be one. It is known when init and body are one store each, to
 * the same element; when the body combines that element with a value that does not read the buffer; and when the init is
 * a literal that may be combined in any number of times: 0 for a sum, 1 for a product, anything for min and max.
 */
export function reductionOf({ init, body, allocBuffers }: Block): Reduction | null {
  if (init?.kind !== 'BufferStore' || body.kind !== 'BufferStore' || allocBuffers.length > 0) return null;
  const { buffer, indices, value } = body;
  const sameElement = init.buffer === buffer && sameIndices(init.indices, indices);
  if (!sameElement || value.kind !== 'Binary') return null;
  const { op, a, b } = value;
  const contribution = isElement(a, buffer, indices) ? b : isElement(b, buffer, indices) ? a : null;
  if (!isReductionOp(op) || contribution === null || reads(contribution, buffer)) return null;
  return isNeutral(op, init.value) ? { op, buffer, indices, value: contribution, initial: init.value } : null;
}

function isReductionOp(op: string): op is ReductionOp {
  return op === 'add' || op === 'mul' || op === 'min' || op === 'max';
}

function isNeutral(op: ReductionOp, initial: Expr): boolean {
  switch (op) {
    case 'add':
      return isConst(initial, 0);
    case 'mul':
      return isConst(initial, 1);
    case 'min':
    case 'max':
      return initial.kind === 'IntImm' || initial.kind === 'FloatImm';
  }
}

function sameIndices(a: readonly Expr[], b: readonly Expr[]): boolean {
  return a.length === b.length && a.every((index, d) => sameExpr(index, b[d] ?? index));
}

function isElement(e: Expr, buffer: Buffer, indices: readonly Expr[]): boolean {
  return e.kind === 'BufferLoad' && e.buffer === buffer && sameIndices(e.indices, indices);
}

function reads(e: Expr, buffer: Buffer): boolean {
  let found = false;
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad' && node.buffer === buffer) found = true;
    return !found;
  });
  return found;
}
