/** @file The box of a buffer that some blocks touch during one iteration of a loop around them. */
import { boundsOf, type Bounds } from '../arith/bounds.js';
import { provablyEqual, simplify } from '../arith/simplify.js';
import type { Buffer } from '../ir/buffer.js';
import type { BufferRegion } from '../ir/region.js';
import { add, int } from '../ir/build.js';
import type { Expr } from '../ir/expr.js';
import { at } from '../support/errors.js';
import { intervalsOf, type SeenInterval } from './region-cover.js';
import type { InnerBlockEntry } from './state.js';

/** `[min, min + extent)`; `min` depends on the loops that the box is seen from. */
export interface BoxDim {
  readonly min: Expr;
  readonly extent: number;
}

export interface Toucher {
  readonly entry: InnerBlockEntry;
  readonly region: BufferRegion;
}

/**
 * The smallest box that is found to hold all `regions` of `buffer`, within the buffer.
 *
 * @param around ranges of the loops that stay symbolic: the loop that the box is seen from, and those around it
 */
export function boxOf(buffer: Buffer, touchers: readonly Toucher[], around: Bounds): BoxDim[] {
  const boxes = touchers.map(({ entry, region }) => intervalsOf(entry, region, around, 'max'));
  return buffer.shape.map((extent, d) => {
    const [first, ...rest] = boxes.map((box) => at(box, d));
    const whole: BoxDim = { min: int(0), extent };
    if (first === undefined) return whole;
    const joined = rest.reduce<SeenInterval | null>((sum, next) => join(sum, next, around), first);
    return joined === null ? whole : clip(joined, extent, around);
  });
}

function join(a: SeenInterval | null, b: SeenInterval, around: Bounds): SeenInterval | null {
  if (a === null || !provablyEqual(a.outer, b.outer, around)) return null;
  return { outer: a.outer, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/** The part of an interval that can be inside of the buffer; where that depends on loops, all of the interval. */
function clip({ outer, min, max }: SeenInterval, extent: number, around: Bounds): BoxDim {
  if (!Number.isFinite(min) || !Number.isFinite(max)) return { min: int(0), extent };
  const offset = boundsOf(outer, around);
  if (offset.min !== offset.max) {
    return { min: simplify(add(outer, int(min, outer.dtype)), around), extent: max - min + 1 };
  }
  // Guarded accesses may all be outside: a box has at least one element.
  const low = Math.min(extent - 1, Math.max(0, min + offset.min));
  const high = Math.max(low, Math.min(extent - 1, max + offset.min));
  return { min: int(low), extent: high - low + 1 };
}
