/** @file How what a block reads relates to what it writes: element by element, in the same order or another. */
import { toLinear } from '../../../shared/arith/linear.js';
import { isConst } from '../../../shared/ir/build.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import type { BufferRegion } from '../../../shared/ir/region.js';
import type { Block } from '../../../shared/ir/stmt.js';

/** The map from the place of a write to the place that is read for it. */
export interface ReadWritePattern {
  /** No index of the write occurs in two indices of the read. */
  readonly injective: boolean;
  /** The indices of the write occur in the read in the same order. */
  readonly ordered: boolean;
}

/**
 * The pattern of a read of one element whose indices are constants or indices of the write plus constants; `null` for
 * any other read, and when the write is not at plain iterators.
 */
export function readWritePattern(read: BufferRegion, write: BufferRegion): ReadWritePattern | null {
  if (![...read.region, ...write.region].every((dim) => isConst(dim.extent, 1))) return null;
  const dimOf = new Map<Var, number>();
  for (const [d, { min }] of write.region.entries()) {
    if (min.kind !== 'Var') return null;
    if (!dimOf.has(min)) dimOf.set(min, d);
  }
  const mapped: number[] = [];
  for (const { min } of read.region) {
    if (min.kind === 'IntImm') continue;
    const v = shiftedVar(min);
    const d = v === null ? undefined : dimOf.get(v);
    if (d === undefined) return null;
    mapped.push(d);
  }
  return {
    injective: new Set(mapped).size === mapped.length,
    ordered: mapped.every((d, i) => i === 0 || (mapped[i - 1] ?? d) <= d),
  };
}

/** The variable of `v + constant`. */
function shiftedVar(e: Expr): Var | null {
  const [term, ...others] = toLinear(e).terms;
  if (term === undefined || others.length > 0) return null;
  const [atom, factor] = term;
  return atom.kind === 'Var' && factor === 1 ? atom : null;
}

/** Whether a block works element by element: all it reads maps to the one buffer it writes, injectively and in order. */
export function isWriteCache(block: Block): boolean {
  const [write, ...others] = block.writes;
  if (write === undefined || others.length > 0) return false;
  return block.reads.every((read) => {
    const pattern = readWritePattern(read, write);
    return pattern !== null && pattern.injective && pattern.ordered;
  });
}
