/** @file Functions and modules: the unit that is tuned, and the unit that is pasted. */
import type { Buffer } from './buffer.js';
import type { Attrs, Block } from './stmt.js';

/** A loop-level function over buffers, in destination-passing style: results are written to parameters. */
export interface PrimFunc {
  readonly kind: 'PrimFunc';
  readonly name: string;
  readonly params: readonly Buffer[];
  /** The implicit outermost block: named `root`, no iterators, holds the function's temporaries. */
  readonly root: Block;
  readonly attrs: Attrs;
}

export interface IRModule {
  readonly kind: 'IRModule';
  /** In source order, names distinct. */
  readonly functions: readonly PrimFunc[];
}
