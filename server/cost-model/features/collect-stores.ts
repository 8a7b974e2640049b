/** @file The stores of a function with the loops around them, as features are made from; one walk, no rewriting. */
import { linearAtom, linearConst } from '../../../shared/arith/linear.js';
import type { Buffer } from '../../../shared/ir/buffer.js';
import { constInt } from '../../../shared/ir/build.js';
import { isIndexType } from '../../../shared/ir/dtype.js';
import type { Expr } from '../../../shared/ir/expr.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { BlockRealize, BufferStore, For, Let, Stmt } from '../../../shared/ir/stmt.js';
import { walkExpr } from '../../../shared/ir/visit.js';
import { at } from '../../../shared/support/errors.js';
import { isConstantValue, resolveAccess, summarizeValue, type Access, type OpCounts } from './arithmetic.js';
import { createIndexScope, resolveIndex, type IndexScope } from './index-scope.js';
import { createLoop, type LoopNest } from './loop-nest.js';

/** A store whose value is not constant. */
export interface StoreSite {
  readonly write: Access;
  readonly reads: readonly Access[];
  /** Operations of one execution, without those of the indices of loads. */
  readonly ops: OpCounts;
  readonly nest: LoopNest;
}

/** A read or write of a temporary and where it stands. */
export interface Placed {
  readonly access: Access;
  readonly nest: LoopNest;
}

export interface CollectedStores {
  /** In program order. */
  readonly stores: readonly StoreSite[];
  /** All accesses of the buffers that are no parameters, also those by stores of constants. */
  readonly temporaries: ReadonlyMap<Buffer, readonly Placed[]>;
  readonly scope: IndexScope;
}

interface Collector {
  readonly stores: StoreSite[];
  readonly temporaries: Map<Buffer, Placed[]>;
  readonly scope: IndexScope;
}

export function collectStores(func: PrimFunc): CollectedStores {
  const collector: Collector = { stores: [], temporaries: new Map(), scope: createIndexScope() };
  for (const buffer of func.root.allocBuffers) collector.temporaries.set(buffer, []);
  collect(func.root.body, [], collector);
  return collector;
}

function collect(s: Stmt, nest: LoopNest, collector: Collector): void {
  switch (s.kind) {
    case 'For':
      return collectFor(s, nest, collector);
    case 'BlockRealize':
      return collectBlock(s, nest, collector);
    case 'BufferStore':
      return collectStore(s, nest, collector);
    case 'Seq':
      for (const child of s.stmts) collect(child, nest, collector);
      return;
    case 'If': {
      notePlaced(s.condition, nest, collector);
      const decided = constInt(s.condition);
      if (decided !== 0) collect(s.then, nest, collector);
      if (decided !== 1 && s.else !== null) collect(s.else, nest, collector);
      return;
    }
    case 'Let':
      return collectLet(s, nest, collector);
    case 'Evaluate':
      return notePlaced(s.value, nest, collector);
  }
}

/** Loops that do nothing but run once leave no trace; others of one iteration still count as loops. */
function collectFor(s: For, nest: LoopNest, collector: Collector): void {
  const { values, bounds, depths } = collector.scope;
  const [min, extent] = [constInt(s.min), constInt(s.extent)];
  if (extent !== null && extent <= 0) return;
  const twin = s.threadTag === null ? undefined : nest.find(({ threadTag }) => threadTag === s.threadTag);
  if (twin !== undefined) {
    // One thread axis is one loop, however often it is named.
    values.set(s.loopVar, linearAtom(twin.loopVar));
    return collect(s.body, nest, collector);
  }
  values.set(s.loopVar, extent === 1 && min !== null ? linearConst(min) : linearAtom(s.loopVar));
  if (extent === 1 && min === 0 && s.forKind === 'serial' && Object.keys(s.annotations).length === 0) {
    return collect(s.body, nest, collector);
  }
  const loop = createLoop(s, nest, bounds);
  bounds.set(s.loopVar, loop.range);
  depths.set(s.loopVar, nest.length);
  collect(s.body, [...nest, loop], collector);
}

function collectBlock({ block, iterValues }: BlockRealize, nest: LoopNest, collector: Collector): void {
  const { scope, temporaries } = collector;
  block.iterVars.forEach((iter, i) => scope.values.set(iter.var, resolveIndex(at(iterValues, i), scope)));
  for (const buffer of block.allocBuffers) temporaries.set(buffer, []);
  if (block.init !== null) collect(block.init, nest, collector);
  collect(block.body, nest, collector);
}

function collectLet(s: Let, nest: LoopNest, collector: Collector): void {
  const { scope } = collector;
  notePlaced(s.value, nest, collector);
  if (isIndexType(s.var.dtype)) scope.values.set(s.var, resolveIndex(s.value, scope));
  collect(s.body, nest, collector);
}

function collectStore(s: BufferStore, nest: LoopNest, collector: Collector): void {
  const write = resolveAccess(s.buffer, s.indices, collector.scope);
  place(write, nest, collector);
  for (const index of s.indices) notePlaced(index, nest, collector);
  if (isConstantValue(s.value)) return;
  const { ops, reads } = summarizeValue(s.value, collector.scope);
  for (const read of reads) place(read, nest, collector);
  collector.stores.push({ write, reads, ops, nest });
}

function place(access: Access, nest: LoopNest, { temporaries }: Collector): void {
  temporaries.get(access.buffer)?.push({ access, nest });
}

/** Notes the loads of an expression that is no stored value: they count only for where temporaries live. */
function notePlaced(e: Expr, nest: LoopNest, collector: Collector): void {
  if (e.kind === 'Var') return;
  walkExpr(e, (node) => {
    if (node.kind === 'BufferLoad')
      place(resolveAccess(node.buffer, node.indices, collector.scope), nest, collector);
  });
}
