/**
 * @file Features of register tiles: what decides how fast a reduction runs once its accumulators are in registers. TVM's
 * features per store know nothing of registers, and cannot tell a tile that fits from one that is spilled.
 */
import { toLinear } from '../../../shared/arith/linear.js';
import { constInt } from '../../../shared/ir/build.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { BlockRealize, For, Stmt } from '../../../shared/ir/stmt.js';
import { mapStmtChildren, usesVar } from '../../../shared/ir/visit.js';
import { at } from '../../../shared/support/errors.js';

/** One row per block that reduces. */
export const REDUCTION_FEATURE_NAMES = [
  'tile.rows',
  'tile.vectors',
  'tile.accumulators',
  'tile.loads_per_multiply',
  'tile.registers_over',
  'tile.reduce_copies',
  'tile.iterations',
  'tile.overhang',
  'tile.operand_stride',
  'tile.inner_extent',
  'tile.code',
  'tile.writes_temporary',
] as const;

/** Lanes of a vector of 32-bit numbers. */
const LANES = 4;
const REGISTERS = 16;

/** Rows of `REDUCTION_FEATURE_NAMES.length` numbers, one after another. */
export function reductionFeatures(func: PrimFunc): Float32Array {
  const rows: number[] = [];
  const params = new Set(func.params);
  collect(func.root.body, [], (realize, loops) => {
    const writesTemporary = realize.block.writes.some(({ buffer }) => !params.has(buffer));
    rows.push(...tileFeatures(realize, loops), writesTemporary ? 1 : 0);
  });
  return Float32Array.from(rows);
}

function collect(
  s: Stmt,
  loops: readonly For[],
  visit: (realize: BlockRealize, loops: readonly For[]) => void,
): void {
  if (s.kind === 'BlockRealize' && s.block.iterVars.some(({ iterType }) => iterType === 'reduce')) {
    visit(s, loops);
  }
  const inner = s.kind === 'For' ? [...loops, s] : loops;
  mapStmtChildren(
    s,
    (child) => {
      collect(child, inner, visit);
      return child;
    },
    (e) => e,
  );
}

function tileFeatures({ block, iterValues }: BlockRealize, loops: readonly For[]): number[] {
  const spatialIters = block.iterVars.filter(({ iterType }) => iterType === 'spatial');
  const drives = (v: Var, type: 'spatial' | 'reduce'): boolean =>
    block.iterVars.some((iter, i) => iter.iterType === type && usesVar(at(iterValues, i), (u) => u === v));
  let [rows, vectors, copies, iterations, covered] = [1, 1, 1, 1, 1];
  let innermost: For | null = null;
  for (const loop of loops) {
    const extent = constInt(loop.extent) ?? 1;
    const isSpatial = drives(loop.loopVar, 'spatial');
    if (isSpatial) covered *= extent;
    if (loop.forKind === 'vectorized') vectors *= Math.ceil(extent / LANES);
    else if (loop.forKind === 'unrolled' && isSpatial) rows *= extent;
    else if (loop.forKind === 'unrolled') copies *= extent;
    else {
      iterations *= extent;
      if (extent > 1) innermost = loop;
    }
  }
  const elements = spatialIters.reduce((product, { dom }) => product * (constInt(dom.extent) ?? 1), 1);
  const accumulators = rows * vectors;
  return [
    rows,
    vectors,
    accumulators,
    (rows + vectors) / accumulators,
    Math.max(0, accumulators + Math.min(rows, vectors) + 1 - REGISTERS),
    copies,
    Math.log2(iterations + 1),
    covered / elements,
    Math.log2(largestStride(block, iterValues, innermost) + 1),
    Math.log2((innermost === null ? 0 : (constInt(innermost.extent) ?? 1)) + 1),
    Math.log2(accumulators * copies + 1),
  ];
}

/** By how many elements the operands move at most when the innermost loop that stays a loop goes on by one. */
function largestStride(block: BlockRealize['block'], iterValues: readonly Expr[], loop: For | null): number {
  if (loop === null) return 0;
  const steps = new Map<Var, number>();
  block.iterVars.forEach((iter, i) => {
    const term = toLinear(at(iterValues, i)).terms.find(([atom]) => atom === loop.loopVar);
    if (term !== undefined) steps.set(iter.var, term[1]);
  });
  return block.reads.reduce((largest, { buffer, region }) => {
    let [stride, step] = [1, 0];
    for (let d = region.length - 1; d >= 0; d--) {
      for (const [atom, factor] of toLinear(at(region, d).min).terms) {
        if (atom.kind === 'Var') step += factor * stride * (steps.get(atom) ?? 0);
      }
      stride *= at(buffer.shape, d);
    }
    return Math.max(largest, Math.abs(step));
  }, 0);
}
