/**
 * @file Random variables: what a schedule's steps hand out and take. They are opaque; only a schedule knows what one
 * stands for. Identity is the object itself, and a replayed trace binds the same objects to its own values.
 */

/** Tells random variables from annotation values, which may be any map. */
const IS_RV = Symbol('random variable');

interface RandomVariable {
  readonly [IS_RV]: true;
}

/** Stands for a block. */
export interface BlockRV extends RandomVariable {
  readonly kind: 'BlockRV';
}

/** Stands for a loop, or for one of the two places that are none: see `Location`. */
export interface LoopRV extends RandomVariable {
  readonly kind: 'LoopRV';
}

/** Stands for an integer that was sampled. */
export interface ExprRV extends RandomVariable {
  readonly kind: 'ExprRV';
}

export type RV = BlockRV | LoopRV | ExprRV;

export type RVKind = RV['kind'];

/** A new random variable, different from all others. */
export function createRV(kind: RVKind): RV {
  return Object.freeze({ kind, [IS_RV]: true as const });
}

export function isRV(x: unknown): x is RV {
  return typeof x === 'object' && x !== null && IS_RV in x;
}
