/**
 * @file Features of register tiles: what decides how fast a reduction runs once its accumulators are in registers. TVM's
 * features per store know nothing of registers, and cannot tell a tile that fits from one that is spilled.
 */
import { toLinear } from '../../../shared/arith/linear.js';
import { constInt } from '../../../shared/ir/build.js';
import type { Expr, Var } from '../../../shared/ir/expr.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { Block, For } from '../../../shared/ir/stmt.js';
import { collectReductions, registerTile, type Reduction } from '../../../shared/schedule/register-tile.js';
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
  const params = new Set(func.params);
  const rows = collectReductions(func).flatMap((reduction) => {
    const writesTemporary = reduction.realize.block.writes.some(({ buffer }) => !params.has(buffer));
    return [...tileFeatures(reduction), writesTemporary ? 1 : 0];
  });
  return Float32Array.from(rows);
}

function tileFeatures({ realize: { block, iterValues }, loops }: Reduction): number[] {
  const { rows, vectors, copies } = registerTile(loops, LANES);
  const accumulators = rows * vectors;
  const kept = loops.filter(({ loop }) => loop.forKind !== 'vectorized' && loop.forKind !== 'unrolled');
  const innermost = kept.findLast(({ extent }) => extent > 1) ?? null;
  const covered = productOf(loops.filter(({ isSpatial }) => isSpatial).map(({ extent }) => extent));
  const elements = productOf(
    block.iterVars.map(({ iterType, dom }) => (iterType === 'spatial' ? (constInt(dom.extent) ?? 1) : 1)),
  );
  return [
    rows,
    vectors,
    accumulators,
    (rows + vectors) / accumulators,
    Math.max(0, accumulators + Math.min(rows, vectors) + 1 - REGISTERS),
    copies,
    Math.log2(productOf(kept.map(({ extent }) => extent)) + 1),
    covered / elements,
    Math.log2(largestStride(block, iterValues, innermost?.loop ?? null) + 1),
    Math.log2((innermost?.extent ?? 0) + 1),
    Math.log2(accumulators * copies + 1),
  ];
}

function productOf(factors: readonly number[]): number {
  return factors.reduce((product, factor) => product * factor, 1);
}

/** By how many elements the operands move at most when the innermost loop that stays a loop goes on by one. */
function largestStride(block: Block, iterValues: readonly Expr[], loop: For | null): number {
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
