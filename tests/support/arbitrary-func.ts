/**
 * @file Random small programs that are valid by construction: every index in bounds, every temporary written before
 * it is read, every region declared. A program is a chain of stages; each stage is one block that makes one buffer.
 *
 * A stage is first a recipe of plain numbers, which shrinks well, and then built against the buffers before it.
 */
import * as fc from 'fast-check';
import { buffer, type Buffer } from '../../shared/ir/buffer.js';
import { primFunc, seq } from '../../shared/ir/build-stmt.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { Stmt } from '../../shared/ir/stmt.js';
import { buildStage, STAGE_KINDS, type StageKind } from './arbitrary-stage.js';

export interface ArbitraryFuncOptions {
  /** Element types to choose from, one for a whole program. */
  readonly dtypes?: readonly ('float32' | 'float64' | 'int32')[];
  readonly kinds?: readonly StageKind[];
  readonly maxStages?: number;
  /** Extents of the first input are 1 to this. */
  readonly maxExtent?: number;
}

export interface StageRecipe {
  readonly kind: StageKind;
  /** Which earlier buffer, operator, axis and so on: each is taken modulo the number of choices. */
  readonly picks: readonly number[];
  /** Whether the result is an output of the program; the last one always is. */
  readonly isOutput: boolean;
}

/** More contractions would let sums of small integers outgrow what float32 holds exactly. */
const MAX_CONTRACTIONS = 2;

/**
 * One program, named `main`, in which the results of all stages but the last may be temporaries. Fed with integers
 * up to 4 in size, a program of at most four stages computes integers below 2^24, whatever the order of its sums.
 */
export function arbitraryFunc(options: ArbitraryFuncOptions = {}): fc.Arbitrary<PrimFunc> {
  const { dtypes = ['float32', 'int32'], kinds = STAGE_KINDS, maxStages = 4, maxExtent = 9 } = options;
  const stage = fc.record({
    kind: fc.constantFrom(...kinds),
    picks: fc.array(fc.nat({ max: 99 }), { minLength: 6, maxLength: 6 }),
    isOutput: fc.boolean(),
  });
  return fc
    .record({
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.integer({ min: 1, max: maxExtent }), { minLength: 1, maxLength: 3 }),
      stages: fc.array(stage, { minLength: 1, maxLength: maxStages }),
    })
    .map(({ dtype, shape, stages }) => buildFunc(buffer('A', shape, dtype), stages));
}

function buildFunc(first: Buffer, stages: readonly StageRecipe[]): PrimFunc {
  const inputs: Buffer[] = [first];
  const available: Buffer[] = [first];
  const outputs: Buffer[] = [];
  const temporaries: Buffer[] = [];
  const body: Stmt[] = [];
  let contractions = 0;
  for (const [i, recipe] of stages.entries()) {
    if (recipe.kind === 'matmul' || recipe.kind === 'reduce') contractions++;
    const kind = contractions > MAX_CONTRACTIONS ? 'elementwise' : recipe.kind;
    const built = buildStage(`T${i}`, kind, recipe.picks, available);
    inputs.push(...built.newInputs);
    body.push(built.stmt);
    available.push(built.result);
    (recipe.isOutput || i === stages.length - 1 ? outputs : temporaries).push(built.result);
  }
  return primFunc('main', {
    params: [...inputs, ...outputs],
    allocBuffers: temporaries,
    body: seq(body),
    attrs: { global_symbol: 'main', 'tir.noalias': true },
  });
}
