/** @file Regions: the part of a buffer that a block reads or writes. */
import type { Buffer } from './buffer.js';
import type { Expr } from './expr.js';

/** Half-open interval `[min, min + extent)`. */
export interface Range {
  readonly min: Expr;
  readonly extent: Expr;
}

/** The box of a buffer that a block touches, one range per dimension. */
export interface BufferRegion {
  readonly buffer: Buffer;
  readonly region: readonly Range[];
}
