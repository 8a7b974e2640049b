/**
 * @file Drawing a tile that need not divide a loop's extent. TVM has no such instruction; WebAssembly needs it: the best
 * register tiles are of 3, 5 or 6 rows, which divide no power of two, and lowering peels what is left over.
 *
 * Why not a categorical draw of the inner factor:
 *
 * - The candidates depend on the extent. Here the trace records all of them, and those that are larger than the extent
 *   drop out when the step is taken: one trace is right for every shape.
 * - A categorical decision is an index. On another list of candidates it means another size, or nothing. Here it is the
 *   tile itself, so that a mutator can move to a neighbouring size and a tile found for one shape be tried on another.
 */
import { constInt } from '../../ir/build.js';
import type { Var } from '../../ir/expr.js';
import { at } from '../../support/errors.js';
import type { Rng } from '../../support/rng.js';
import { check, type Site } from '../errors.js';
import { exprValue, type InstructionTable } from '../instruction.js';
import { loopEntry, type ScheduleState } from '../state.js';
import { drawCategorical } from './sampling.js';

/** The outer factor of a loop whose extent is no constant: to be inferred. */
const INFERRED = -1;

/** The inner factors that a loop may get: the candidates that its extent holds, or all of it when there are none. */
export function fittingFactors(extent: number, candidates: readonly number[]): number[] {
  const fitting = candidates.filter((factor) => factor <= extent);
  return fitting.length > 0 ? fitting : [extent];
}

/** The factor whose ratio to `wanted` is closest to 1; of two such, the smaller one. `factors` is not empty. */
export function nearestFactor(factors: readonly number[], wanted: number): number {
  const distance = (factor: number): number => Math.max(factor / wanted, wanted / factor);
  return factors.reduce((best, factor) => {
    const difference = distance(factor) - distance(best);
    return difference < 0 || (difference === 0 && factor < best) ? factor : best;
  });
}

interface TileRequest {
  /** Inner factors to choose from. */
  readonly candidates: readonly number[];
  /** How likely each is, relative to the others; none means equally. */
  readonly weights: readonly number[];
}

/**
 * Draws `[outer, inner]` with `inner` among the candidates that are at most the extent, and `outer = ceil(extent / inner)`.
 * When the extent is less than all candidates, it is itself the inner factor. A decision's inner factor is replaced by
 * the nearest that may be drawn, and its outer one computed anew: decisions of other shapes stay meaningful.
 *
 * rewrite: none.
 *
 * 1. The candidates are different positive integers, at least one.
 * 2. There are no weights, or one per candidate, none of them negative and not all zero.
 * 3. A decision is two numbers, the second a positive integer.
 *
 * @throws ScheduleError `UNKNOWN_LOOP`, `BAD_ARGUMENT`, `BAD_DECISION`.
 */
export function sampleImperfectTile(
  state: ScheduleState,
  loopVar: Var,
  request: TileRequest,
  choice: { readonly decision: readonly number[] | null; readonly rng: Rng },
): [outer: number, inner: number] {
  const site: Site = { primitive: 'sample_imperfect_tile', locations: [loopVar.name] };
  const extent = constInt(loopEntry(state, loopVar, site.primitive).node.extent);
  checkRequest(request, site);
  const { decision, rng } = choice;
  const factors = fittingFactors(extent ?? Infinity, request.candidates);
  const inner =
    decision === null ? draw(factors, request, rng) : nearestFactor(factors, innerOf(decision, site));
  return [extent === null ? INFERRED : Math.ceil(extent / inner), inner];
}

function checkRequest({ candidates, weights }: TileRequest, site: Site): void {
  const areFactors = candidates.every((factor) => Number.isSafeInteger(factor) && factor >= 1);
  const areDistinct = new Set(candidates).size === candidates.length;
  check(candidates.length > 0 && areFactors && areDistinct, 'BAD_ARGUMENT', site, () => {
    return `[${candidates.join(', ')}] are no inner factors to choose from`;
  });
  const matching = weights.length === 0 || weights.length === candidates.length;
  check(matching, 'BAD_ARGUMENT', site, () => {
    return `${candidates.length} candidates cannot have ${weights.length} weights`;
  });
  const sensible = weights.every((w) => w >= 0 && Number.isFinite(w));
  check(sensible && (weights.length === 0 || weights.some((w) => w > 0)), 'BAD_ARGUMENT', site, () => {
    return `[${weights.join(', ')}] are no weights`;
  });
}

function innerOf(decision: readonly number[], site: Site): number {
  const inner = decision[1] ?? 0;
  const usable = decision.length === 2 && Number.isSafeInteger(inner) && inner >= 1;
  check(usable, 'BAD_DECISION', site, () => `[${decision.join(', ')}] is no outer and inner factor`);
  return inner;
}

/** Where nothing that fits has any weight, everything that fits is equally likely. */
function draw(factors: readonly number[], { candidates, weights }: TileRequest, rng: Rng): number {
  const own = factors.map((factor) => weights[candidates.indexOf(factor)] ?? 1);
  const likely = own.some((w) => w > 0) ? own : own.map(() => 1);
  return at(factors, drawCategorical(likely, rng));
}

export const SAMPLE_IMPERFECT_TILE_SPECS = {
  SampleImperfectTile: {
    isPure: true,
    apply: ({ state, decision, rng }, { loop, candidates, weights }) => {
      const tile = sampleImperfectTile(state, loop, { candidates, weights }, { decision, rng });
      const outputs = tile.map((factor) => exprValue(factor === INFERRED ? null : factor));
      return { state, outputs, decision: tile };
    },
  },
} satisfies Partial<InstructionTable>;
