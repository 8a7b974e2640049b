/**
 * @file Which loops of a nest run in parallel and which become vectors: as many of the outer and of the inner loops as
 * fused stay within the given extents.
 */
import { toLinear } from '../../../shared/arith/linear.js';
import { simplify } from '../../../shared/arith/simplify.js';
import { constInt } from '../../../shared/ir/build.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import type { BufferRegion } from '../../../shared/ir/region.js';
import { substitute } from '../../../shared/ir/visit.js';
import { loopIterType } from '../../../shared/schedule/loop-iter-type.js';
import { loopsAbove, type BlockEntry, type LoopEntry } from '../../../shared/schedule/state.js';
import { at } from '../../../shared/support/errors.js';

/** `all`: every loop can be part of a vector: fused, they are cut into vectors, which run in parallel. */
export type LoopPlan =
  | { readonly kind: 'all'; readonly lanes: number }
  /** How many of the outer loops, fused, run in parallel, and how many of the inner ones are one vector. */
  | { readonly kind: 'ends'; readonly parallelLoops: number; readonly vectorLoops: number };

export interface PlanLimits {
  /** Most jobs; `null`: nothing runs in parallel. */
  readonly parallel: number | null;
  /** Most iterations of a vector loop; `null`: none. */
  readonly vectorize: number | null;
}

/**
 * The plan for the loops around a block. Loops with annotations or bound to threads stay as they are, and so do those
 * of unknown extent. A vector has spatial loops only, nothing else stands between them, and all that the block reads
 * and writes is consecutive along them. If the two ends overlap, the vector takes precedence.
 */
export function planLoops(entry: BlockEntry, limits: PlanLimits): LoopPlan {
  const loops = loopsAbove(entry);
  const contiguous = contiguousLoops(entry, loops);
  const parallelLoops = limits.parallel === null ? null : countParallel(loops, limits.parallel);
  const vectorLoops = limits.vectorize === null ? null : countVector(loops, limits.vectorize, contiguous);
  if (parallelLoops === null || vectorLoops === null || limits.vectorize === null) {
    return { kind: 'ends', parallelLoops: parallelLoops ?? 0, vectorLoops: vectorLoops ?? 0 };
  }
  const allVector = loops.every((loop) => isFree(loop) && isSpatial(loop) && hasOneChild(loop));
  if (allVector && contiguous >= loops.length) return { kind: 'all', lanes: limits.vectorize };
  const left = loops.length - vectorLoops;
  return { kind: 'ends', parallelLoops: Math.min(parallelLoops, left), vectorLoops };
}

/** How many outer loops to fuse for at least `limit` jobs, if there are as many; `null` when there is but one job. */
function countParallel(loops: readonly LoopEntry[], limit: number): number | null {
  let [count, jobs] = [0, 1];
  for (const loop of loops) {
    const extent = constInt(loop.node.extent);
    if (!isFree(loop) || !isSpatial(loop) || extent === null) break;
    count++;
    jobs *= extent;
    if (jobs > limit || !hasOneChild(loop)) break;
  }
  return jobs === 1 ? null : count;
}

/** How many inner loops to fuse for at most `limit` elements; `null` when there is but one element. */
function countVector(loops: readonly LoopEntry[], limit: number, contiguous: number): number | null {
  let [count, elements] = [0, 1];
  for (const loop of loops.toReversed().slice(0, contiguous)) {
    const extent = constInt(loop.node.extent);
    if (!isFree(loop) || !isSpatial(loop) || !hasOneChild(loop) || extent === null) break;
    elements *= extent;
    if (elements > limit) break;
    count++;
  }
  return elements === 1 ? null : count;
}

function isFree({ node }: LoopEntry): boolean {
  return node.forKind !== 'threadBinding' && Object.keys(node.annotations).length === 0;
}

function isSpatial(loop: LoopEntry): boolean {
  return loopIterType(loop) === 'spatial';
}

function hasOneChild({ node }: LoopEntry): boolean {
  return node.body.kind !== 'Seq';
}

/** How many inner loops run over consecutive elements, fused, in everything that the block reads and writes. */
function contiguousLoops({ block, realize }: BlockEntry, loops: readonly LoopEntry[]): number {
  const values = new Map<Var, Expr>(
    block.iterVars.map((iter, i) => [iter.var, realize?.iterValues[i] ?? iter.var]),
  );
  return [...block.reads, ...block.writes]
    .map((access) => contiguousIn(access, values, loops))
    .reduce((fewest, count) => Math.min(fewest, count), Infinity);
}

function contiguousIn(
  access: BufferRegion,
  values: ReadonlyMap<Var, Expr>,
  loops: readonly LoopEntry[],
): number {
  const indices = access.region.map(({ min }) => toLinear(simplify(substitute(min, values))).terms);
  let count = 0;
  /** Elements that one iteration of the next used loop must advance by. */
  let expected: number | null = null;
  for (const { node } of loops.toReversed()) {
    const stride = strideOf(node.loopVar, indices, access.buffer.shape);
    if (stride !== 0) {
      // The innermost loop of all may have any stride: it becomes a vector that gathers.
      const fits: boolean = expected === null ? stride === 1 || count === 0 : stride === expected;
      if (!fits) break;
      expected = stride * (constInt(node.extent) ?? NaN);
    }
    count++;
  }
  return count;
}

/** By how many elements an iteration advances; 0 when the place does not depend linearly on the loop. */
function strideOf(
  loopVar: Var,
  indices: readonly (readonly (readonly [Expr, number])[])[],
  shape: readonly number[],
): number {
  let rowElements = 1;
  for (let d = indices.length - 1; d >= 0; d--) {
    const factor = at(indices, d).find(([atom]) => atom === loopVar)?.[1];
    if (factor !== undefined) return factor * rowElements;
    rowElements *= at(shape, d);
  }
  return 0;
}
