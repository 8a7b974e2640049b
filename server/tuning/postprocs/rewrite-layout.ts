/**
 * @file Postproc rewrite-layout: lays the constants of a function out in the order in which loops read them, once, outside
 * of the calls (TVM's RewriteLayout).
 *
 *   for j0, k0, k1, j1: C[...] += A[i, k0 * 4 + k1] * B[k0 * 4 + k1, j0 * 8 + j1]
 *   ->  B'[j0, k0, k1, j1] = B[k0 * 4 + k1, j0 * 8 + j1], and the loops read B' from one end to the other
 */
import type { Bounds } from '../../../shared/arith/bounds.js';
import { createIndexMap, type IndexMap } from '../../../shared/arith/index-map.js';
import { toLinear } from '../../../shared/arith/linear.js';
import { simplifiedBounds, simplify } from '../../../shared/arith/simplify.js';
import { constInt, floordiv, floormod, variable } from '../../../shared/ir/build.js';
import { constantParams, LAYOUT_REWRITE_PREPROC } from '../../../shared/ir/constants.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import type { BufferRegion } from '../../../shared/ir/region.js';
import { substitute, usesVar } from '../../../shared/ir/visit.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { innerBlocks, loopBounds, loopsAbove, type InnerBlockEntry } from '../../../shared/schedule/state.js';
import { at } from '../../../shared/support/errors.js';
import type { Postproc } from '../space.js';

/** What cannot be laid out by its loops stays as it is. @throws ScheduleError when a constant cannot be copied. */
export const rewriteLayout: Postproc = (sch) => {
  for (const constant of constantParams(sch.func)) {
    const readers = innerBlocks(sch.state).flatMap((entry) =>
      entry.block.reads.flatMap((read, readIndex) =>
        read.buffer === constant ? [{ entry, readIndex }] : [],
      ),
    );
    const [only] = readers;
    // Several readers might want several layouts, and would not find the original any more.
    if (only !== undefined && readers.length === 1) layOut(sch, only.entry, only.readIndex);
  }
  return true;
};

function layOut(sch: Schedule, entry: InnerBlockEntry, readIndex: number): void {
  const map = orderOfLoops(entry, at(entry.block.reads, readIndex));
  if (map === null) return;
  const block = sch.getBlock(entry.block.name);
  const copy = sch.cacheRead(block, readIndex, 'global');
  sch.transformLayout(block, readIndex, 'read', map);
  sch.annotate(copy, LAYOUT_REWRITE_PREPROC, 1);
}

/** A part of an index: it counts from 0 to `extent - 1` as loops go round, each time moving `factor` elements on. */
interface Digit {
  /** Which index. */
  readonly dim: number;
  readonly factor: number;
  readonly extent: number;
  /** The loop that drives it, 0 is the outermost; `step` tells digits of one loop apart, the larger is the outer. */
  readonly loop: number;
  readonly step: number;
}

/** The indices digit by digit in the order of the loops; null when they are no such digits, or lie in this order already. */
function orderOfLoops(entry: InnerBlockEntry, { buffer, region }: BufferRegion): IndexMap | null {
  const loops = loopsAbove(entry).map(({ node }) => node);
  const bounds = loopBounds(entry);
  const values = new Map(entry.block.iterVars.map((iter, i) => [iter.var, at(entry.realize.iterValues, i)]));
  const digits = region.flatMap(({ min, extent }, dim) => {
    if (constInt(extent) !== 1) return [null];
    const index = simplify(substitute(min, values), bounds);
    return digitsOf(index, {
      dim,
      size: at(buffer.shape, dim),
      loopVars: loops.map(({ loopVar }) => loopVar),
      bounds,
    });
  });
  const known = digits.filter((digit) => digit !== null);
  const ordered = known.toSorted((a, b) => a.loop - b.loop || b.step - a.step);
  if (known.length < digits.length || known.every((digit, i) => digit === ordered[i])) return null;
  const inputs = buffer.shape.map((_, dim) => variable(`i${dim}`));
  return createIndexMap(
    inputs,
    ordered.map(({ dim, factor, extent }) => floormod(floordiv(at(inputs, dim), factor), extent)),
  );
}

interface IndexFacts {
  readonly dim: number;
  /** Elements along the dimension. */
  readonly size: number;
  readonly loopVars: readonly Var[];
  readonly bounds: Bounds;
}

/** The digits of an index, the most significant first; `[null]` when it is not made of digits that count all elements. */
function digitsOf(index: Expr, { dim, size, loopVars, bounds }: IndexFacts): (Digit | null)[] {
  const { terms, constant } = toLinear(index);
  const digits = terms.map(([atom, factor]): Digit | null => {
    const { min, max } = simplifiedBounds(atom, bounds);
    const drivers = loopVars.flatMap((v, loop) => (usesVar(atom, (other) => other === v) ? [loop] : []));
    const [loop] = drivers;
    if (min !== 0 || loop === undefined || drivers.length > 1 || factor < 1) return null;
    return { dim, factor, extent: max + 1, loop, step: stepOf(atom) };
  });
  const known = digits.filter((digit) => digit !== null).toSorted((a, b) => b.factor - a.factor);
  let weight = 1;
  for (const { factor, extent } of known.toReversed()) {
    if (factor !== weight) return [null];
    weight *= extent;
  }
  return constant !== 0 || known.length < digits.length || weight !== size ? [null] : known;
}

/** After how many iterations of its loop a digit moves on. */
function stepOf(atom: Expr): number {
  if (atom.kind !== 'Binary') return 1;
  if (atom.op === 'floordiv') return (constInt(atom.b) ?? 1) * stepOf(atom.a);
  return atom.op === 'floormod' ? stepOf(atom.a) : 1;
}
