/**
 * @file Statements of TensorIR.
 *
 * `For` and `Block` have identities that survive rewriting: a loop is identified by its `loopVar` (no two loops of a
 * function share one), a block by its `name` (unique in its function). Schedules refer to them that way.
 */
import type { Buffer } from './buffer.js';
import type { BufferRegion, Range } from './region.js';
import type { Expr, Var } from './expr.js';

export type Stmt = For | BlockRealize | BufferStore | Seq | If | Let | Evaluate;

export type ForKind = 'serial' | 'parallel' | 'vectorized' | 'unrolled' | 'threadBinding';

/** Values that attributes and annotations may have. */
export type AttrValue =
  number | string | boolean | null | readonly AttrValue[] | { readonly [key: string]: AttrValue };

export type Attrs = Readonly<Record<string, AttrValue>>;

/** `for loopVar in [min, min + extent)`. */
export interface For {
  readonly kind: 'For';
  readonly loopVar: Var;
  readonly min: Expr;
  readonly extent: Expr;
  readonly forKind: ForKind;
  /** E.g. `blockIdx.x`; present exactly when `forKind` is `threadBinding`. */
  readonly threadTag: string | null;
  readonly annotations: Attrs;
  readonly body: Stmt;
}

/** S: data-parallel, R: commutative reduction, `opaque` and `scan`: neither may be reordered. */
export type IterType = 'spatial' | 'reduce' | 'opaque' | 'scan';

/** A block's own iterator with its domain. */
export interface IterVar {
  readonly var: Var;
  readonly dom: Range;
  readonly iterType: IterType;
}

/**
 * A unit of computation, described apart from the loops that drive it.
 * `init` runs before `body` in the instances where every reduce iterator is at its `dom.min`.
 * `reads` and `writes` over-approximate what one instance touches; `init` counts as a write.
 */
export interface Block {
  readonly kind: 'Block';
  readonly name: string;
  readonly iterVars: readonly IterVar[];
  readonly reads: readonly BufferRegion[];
  readonly writes: readonly BufferRegion[];
  readonly allocBuffers: readonly Buffer[];
  readonly annotations: Attrs;
  readonly init: Stmt | null;
  readonly body: Stmt;
}

/** One run of a block for given iterator values, skipped when the predicate is false. */
export interface BlockRealize {
  readonly kind: 'BlockRealize';
  readonly iterValues: readonly Expr[];
  readonly predicate: Expr;
  readonly block: Block;
}

export interface BufferStore {
  readonly kind: 'BufferStore';
  readonly buffer: Buffer;
  readonly value: Expr;
  readonly indices: readonly Expr[];
}

/** Statements in order; flat (no Seq directly in a Seq) and never of length 1. Length 0 is the empty statement. */
export interface Seq {
  readonly kind: 'Seq';
  readonly stmts: readonly Stmt[];
}

export interface If {
  readonly kind: 'If';
  readonly condition: Expr;
  readonly then: Stmt;
  readonly else: Stmt | null;
}

/** Binds `var` to `value` in `body`. */
export interface Let {
  readonly kind: 'Let';
  readonly var: Var;
  readonly value: Expr;
  readonly body: Stmt;
}

/** Evaluates an expression for nothing; kept because TVMScript has it. */
export interface Evaluate {
  readonly kind: 'Evaluate';
  readonly value: Expr;
}
