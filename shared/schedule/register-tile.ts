/**
 * @file Register tiles: unrolled and vectorized loops around a reduction make copies of its body, and the results of all
 * copies are accumulated in registers at once.
 */
import { constInt } from '../ir/build.js';
import type { Var } from '../ir/expr.js';
import type { PrimFunc } from '../ir/prim-func.js';
import type { BlockRealize, For, Stmt } from '../ir/stmt.js';
import { mapStmtChildren, varsOf } from '../ir/visit.js';
import { at } from '../support/errors.js';

/** A block that reduces, and the loops around it, outermost first. */
export interface Reduction {
  readonly realize: BlockRealize;
  readonly loops: readonly ReductionLoop[];
}

export interface ReductionLoop {
  readonly loop: For;
  /** Iterations; a loop whose extent is no constant counts as one. */
  readonly extent: number;
  /** Whether it drives a spatial iterator of the block: its iterations have results of their own. */
  readonly isSpatial: boolean;
}

/** The copies of a block that one iteration of its other loops runs. */
export interface RegisterTile {
  /** Copies by unrolled spatial loops. */
  readonly rows: number;
  /** Vectors of a row, the last one perhaps partly used. */
  readonly vectors: number;
  /** Copies by other unrolled loops: they share their results. */
  readonly copies: number;
}

/** The reductions of a function in program order, those inside of a block after it. */
export function collectReductions(func: PrimFunc): Reduction[] {
  const found: Reduction[] = [];
  const collect = (s: Stmt, loops: readonly For[]): void => {
    if (s.kind === 'BlockRealize' && s.block.iterVars.some(({ iterType }) => iterType === 'reduce')) {
      found.push({ realize: s, loops: rolesOf(loops, s) });
    }
    const inner = s.kind === 'For' ? [...loops, s] : loops;
    mapStmtChildren(
      s,
      (child) => {
        collect(child, inner);
        return child;
      },
      (e) => e,
    );
  };
  collect(func.root.body, []);
  return found;
}

function rolesOf(loops: readonly For[], { block, iterValues }: BlockRealize): ReductionLoop[] {
  const spatial = new Set<Var>(
    block.iterVars.flatMap(({ iterType }, i) =>
      iterType === 'spatial' ? [...varsOf(at(iterValues, i))] : [],
    ),
  );
  return loops.map((loop) => ({
    loop,
    extent: constInt(loop.extent) ?? 1,
    isSpatial: spatial.has(loop.loopVar),
  }));
}

/** @param lanes elements of a vector; 1 where there are no vectors */
export function registerTile(loops: readonly ReductionLoop[], lanes: number): RegisterTile {
  let [rows, vectors, copies] = [1, 1, 1];
  for (const { loop, extent, isSpatial } of loops) {
    if (loop.forKind === 'vectorized') vectors *= Math.ceil(extent / lanes);
    else if (loop.forKind === 'unrolled' && isSpatial) rows *= extent;
    else if (loop.forKind === 'unrolled') copies *= extent;
  }
  return { rows, vectors, copies };
}
