/** @file What the loops around a block do for it: the facts that rules of the default space decide by. */
import { toLinear } from '../../../shared/arith/linear.js';
import { constInt } from '../../../shared/ir/build.js';
import { bytesOf } from '../../../shared/ir/dtype.js';
import type { Buffer } from '../../../shared/ir/buffer.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import type { Block, IterVar } from '../../../shared/ir/stmt.js';
import { usesVar, walkStmt } from '../../../shared/ir/visit.js';
import type { Target } from '../../../shared/protocol/target.js';
import type { BlockRV, LoopRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { blockEntryOf } from '../rules/block-analysis.js';

/** A loop of constant extent that drives exactly one iterator of a block, one to one. */
export interface RoledLoop {
  readonly rv: LoopRV;
  readonly extent: number;
  readonly iter: IterVar;
}

export interface LoopRoles {
  readonly block: Block;
  /** Loops of spatial iterators with more than one iteration, outermost first. */
  readonly spatial: readonly RoledLoop[];
  readonly reduce: readonly RoledLoop[];
}

/** The roles of a block's loops; `null` when some loop has another role than driving one iterator. */
export function loopRoles(sch: Schedule, blockRv: BlockRV): LoopRoles | null {
  const { block, realize } = blockEntryOf(sch, blockRv);
  const spatial: RoledLoop[] = [];
  const reduce: RoledLoop[] = [];
  for (const rv of sch.getLoops(blockRv)) {
    const { loopVar, extent } = sch.get(rv);
    const trips = constInt(extent);
    if (trips === 1) continue;
    const driven =
      realize?.iterValues.flatMap((value, i) => (usesVar(value, (v) => v === loopVar) ? [i] : [])) ?? [];
    const [only] = driven;
    const iter = only === undefined ? undefined : block.iterVars[only];
    if (trips === null || driven.length !== 1 || iter === undefined || only === undefined) return null;
    if (realize?.iterValues[only] !== loopVar) return null;
    if (iter.iterType === 'spatial') spatial.push({ rv, extent: trips, iter });
    else if (iter.iterType === 'reduce') reduce.push({ rv, extent: trips, iter });
    else return null;
  }
  return { block, spatial, reduce };
}

/** Vectors of elements that are so far apart are two loads and a shuffle. */
const MAX_LOAD_STRIDE = 3;

/**
 * Whether vectors along an iterator store consecutive elements, and load such that are close to each other: every access
 * has it in the last index alone, with factor 1 or, in loads, a little more, or not at all, and some store has it.
 *
 * @param packed buffers that will be laid out so that it holds for them
 */
export function isVectorizable(
  block: Block,
  iter: Var,
  packed: ReadonlySet<Buffer> = new Set<Buffer>(),
): boolean {
  let contiguous = true;
  let stored = false;
  const see = (indices: readonly Expr[], isStore: boolean): void => {
    indices.forEach((index, d) => {
      if (!usesVar(index, (v) => v === iter)) return;
      const factor = toLinear(index).terms.find(([atom]) => atom === iter)?.[1];
      const others = toLinear(index).terms.some(
        ([atom]) => atom !== iter && usesVar(atom, (v) => v === iter),
      );
      const isClose = factor !== undefined && factor >= 1 && factor <= (isStore ? 1 : MAX_LOAD_STRIDE);
      if (d < indices.length - 1 || !isClose || others) contiguous = false;
      else if (isStore) stored = true;
    });
  };
  walkStmt(block.body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore') see(s.indices, true);
    },
    expr: (e) => {
      if (e.kind === 'BufferLoad' && !packed.has(e.buffer)) see(e.indices, false);
    },
  });
  return contiguous && stored;
}

/** Whether what a block loads along an iterator lies side by side: some load has it, all that do in the last index alone. */
export function isContiguousReduction(block: Block, iter: Var): boolean {
  let [contiguous, loaded] = [true, false];
  walkStmt(block.body, {
    expr: (e) => {
      if (e.kind !== 'BufferLoad') return;
      e.indices.forEach((index, d) => {
        if (!usesVar(index, (v) => v === iter)) return;
        if (d < e.indices.length - 1 || index !== iter) contiguous = false;
        else loaded = true;
      });
    },
  });
  return contiguous && loaded;
}

/** Elements of a block's output in a vector. */
export function lanesOf(block: Block, { vectorBytes }: Target): number {
  return vectorBytes / bytesOf(block.writes[0]?.buffer.dtype ?? 'float32');
}
