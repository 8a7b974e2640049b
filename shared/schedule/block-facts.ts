/**
 * @file What is true of a block whatever loops drive it. Blocks are immutable and most primitives keep them, so the
 * facts are remembered per block: a search asks for them thousands of times.
 */
import type { Buffer } from '../ir/buffer.js';
import type { BufferRegion } from '../ir/region.js';
import type { Expr, Var } from '../ir/expr.js';
import type { Block, Stmt } from '../ir/stmt.js';
import { usesVar, walkStmt } from '../ir/visit.js';

export interface BlockFacts {
  /** Buffers of the declared reads and writes. */
  readonly reads: ReadonlySet<Buffer>;
  readonly writes: ReadonlySet<Buffer>;
  readonly allSpatial: boolean;
  readonly spatialOrReduce: boolean;
  readonly readsOwnOutput: boolean;
  /** A reduce iterator occurs in an index of a store, or in a declared write. */
  readonly reduceIndexesOutput: boolean;
  /** Variables of the enclosing program that the block uses directly and not through its iterators. */
  readonly freeVars: ReadonlySet<Var>;
}

const FACTS = new WeakMap<Block, BlockFacts>();

export function blockFacts(block: Block): BlockFacts {
  let facts = FACTS.get(block);
  if (facts === undefined) {
    facts = factsOf(block);
    FACTS.set(block, facts);
  }
  return facts;
}

function factsOf(block: Block): BlockFacts {
  const reads = new Set(block.reads.map((r) => r.buffer));
  const writes = new Set(block.writes.map((r) => r.buffer));
  const types = block.iterVars.map((iter) => iter.iterType);
  return {
    reads,
    writes,
    allSpatial: types.every((type) => type === 'spatial'),
    spatialOrReduce: types.every((type) => type === 'spatial' || type === 'reduce'),
    readsOwnOutput: [...writes].some((b) => reads.has(b)),
    reduceIndexesOutput: reduceIndexesOutput(block),
    freeVars: freeVarsOf(block),
  };
}

function reduceIndexesOutput(block: Block): boolean {
  const reduce = new Set(block.iterVars.filter((iter) => iter.iterType === 'reduce').map((iter) => iter.var));
  if (reduce.size === 0) return false;
  const mentions = (e: Expr): boolean => usesVar(e, (v) => reduce.has(v));
  const declared = (r: BufferRegion): boolean =>
    r.region.some((dim) => mentions(dim.min) || mentions(dim.extent));
  if (block.writes.some(declared)) return true;
  let found = false;
  walkStmt(block.body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore' && s.indices.some(mentions)) found = true;
    },
  });
  return found;
}

function freeVarsOf(block: Block): Set<Var> {
  const used = new Set<Var>();
  const bound = new Set<Var>();
  const collect = (e: Expr): void => {
    usesVar(e, (v) => {
      used.add(v);
      return false;
    });
  };
  const bind = (inner: Block): void => inner.iterVars.forEach((iter) => bound.add(iter.var));
  const visit = (s: Stmt): void =>
    walkStmt(s, {
      stmt: (node) => {
        if (node.kind === 'For') bound.add(node.loopVar);
        if (node.kind === 'Let') bound.add(node.var);
        if (node.kind === 'BlockRealize') bind(node.block);
      },
      expr: (e) => {
        if (e.kind === 'Var') used.add(e);
      },
    });
  bind(block);
  for (const iter of block.iterVars) [iter.dom.min, iter.dom.extent].forEach(collect);
  for (const { region } of [...block.reads, ...block.writes]) {
    for (const dim of region) [dim.min, dim.extent].forEach(collect);
  }
  if (block.init !== null) visit(block.init);
  visit(block.body);
  for (const v of bound) used.delete(v);
  return used;
}
