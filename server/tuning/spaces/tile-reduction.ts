/**
 * @file Rule tile-reduction: register tiles for blocks that reduce. A tile of rows x columns of the output is
 * accumulated in registers over the whole reduction:
 *
 *   for i, j, k: C  ->  for i0, j0: for k0: for k1 (unrolled): for i1 (unrolled): for j1 (vectorized): C
 *
 * Tiles need not divide the extents: lowering peels what is left over. One design per choice of the row loop, of the
 * order of the outer tile loops, and of writing through a cache or not; sizes, and whether operands are packed, are
 * decisions.
 */
import { preparedBuffers } from '../../../shared/ir/constants.js';
import type { Block } from '../../../shared/ir/stmt.js';
import { usesVar } from '../../../shared/ir/visit.js';
import type { Target } from '../../../shared/protocol/target.js';
import type { BlockRV, LoopRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { at } from '../../../shared/support/errors.js';
import { fork } from '../refusable-steps.js';
import { finishInner, splitBy } from './inner-tile.js';
import { isVectorizable, lanesOf, loopRoles, type LoopRoles, type RoledLoop } from './loop-roles.js';
import { PACK_OPERANDS, packableOperands } from './packing.js';
import { partialVectors } from './partial-vectors.js';

const ROWS = [1, 2, 3, 4, 5, 6, 7, 8];
const COLUMN_VECTORS = [1, 2, 3, 4, 6, 8];
const COLUMN_SCALARS = [1, 2, 3, 4, 6, 8];
const REDUCTION_COPIES = [1, 2, 3, 4];
/** Iterations of a reduction that may be unrolled as a whole, as those of a pool or a depthwise convolution. */
const MAX_WINDOW = 64;

/** One way to tile. */
interface Plan {
  readonly row: RoledLoop | null;
  readonly columnsFirst: boolean;
  readonly cacheWrite: boolean;
  readonly packing: Packing;
}

/** Whether operands are packed: not at all, as a decision says, or always, because vectors need it. */
type Packing = 'never' | 'sampled' | 'always';

/** The tilings that a block allows, each on a copy of the schedule; the schedule itself when there are none. */
export function tileReduction(sch: Schedule, rv: BlockRV, target: Target): Schedule[] {
  const roles = loopRoles(sch, rv);
  if (roles === null || roles.reduce.length === 0) return [sch];
  const column = roles.spatial.at(-1);
  const packings = column === undefined ? [] : packingsOf(sch, roles.block, column, target);
  const tilings =
    column === undefined
      ? []
      : plansOf(roles, packings).flatMap((plan) =>
          fork(sch, (copy) => tile(copy, rv, { roles, column, plan, target })),
        );
  const hasVectors = packings.length > 0 && !packings.includes('never');
  const designs = [...(hasVectors ? [] : partialVectors(sch, rv, roles, target)), ...tilings];
  return designs.length === 0 ? [sch] : designs;
}

function plansOf(roles: LoopRoles, packings: readonly Packing[]): Plan[] {
  const rows: (RoledLoop | null)[] = roles.spatial.length > 1 ? rowsOf(roles) : [null];
  return packings.flatMap((packing) =>
    rows.flatMap((row) =>
      [false, true].flatMap((cacheWrite) =>
        (row === null ? [false] : [false, true]).map((columnsFirst) => ({
          row,
          columnsFirst,
          cacheWrite,
          packing,
        })),
      ),
    ),
  );
}

/** Loops whose iterations have an operand in common; where there are none, those that could be rows. */
function rowsOf({ block, spatial }: LoopRoles): RoledLoop[] {
  const inputs = block.reads.filter((read) => block.writes.every(({ buffer }) => buffer !== read.buffer));
  const candidates = spatial.slice(-3, -1).toReversed();
  const sharing = candidates.filter(({ iter }) =>
    inputs.some(({ region }) => !region.some(({ min }) => usesVar(min, (v) => v === iter.var))),
  );
  return sharing.length === 0 ? candidates : sharing;
}

function packingsOf(sch: Schedule, block: Block, column: RoledLoop, target: Target): Packing[] {
  const constants = new Set(preparedBuffers(sch.func));
  const operands = packableOperands(block, column.iter.var, constants);
  if (operands.length === 0) return ['never'];
  if (isVectorizable(block, column.iter.var)) return ['sampled'];
  const packed = new Set(operands.map(({ readIndex }) => at(block.reads, readIndex).buffer));
  if (target.vectorBytes === 0 || !isVectorizable(block, column.iter.var, packed)) return ['never'];
  // Vectors that no copy has to be made for in the calls are always better than none.
  const isFree = [...packed].every((b) => constants.has(b)) && column.extent >= lanesOf(block, target);
  return isFree ? ['always'] : ['never', 'always'];
}

interface Tiling {
  readonly roles: LoopRoles;
  readonly column: RoledLoop;
  readonly plan: Plan;
  readonly target: Target;
}

function tile(sch: Schedule, rv: BlockRV, { roles, column, plan, target }: Tiling): void {
  const { block, spatial, reduce } = roles;
  const lanes = lanesOf(block, target);
  const vectorizes =
    lanes > 1 &&
    column.extent >= lanes &&
    (plan.packing === 'always' || isVectorizable(block, column.iter.var));
  const columns = vectorizes ? COLUMN_VECTORS.map((n) => n * lanes) : COLUMN_SCALARS;
  const [column0, column1] = splitBy(sch, column, columns);
  const rowTiles = plan.row === null ? null : splitBy(sch, plan.row, ROWS);
  const reduceTiles = splitReduction(sch, reduce);

  const outer = spatial.filter((loop) => loop !== column && loop !== plan.row).map((loop) => loop.rv);
  const rowLoops = rowTiles === null ? [] : [rowTiles[0]];
  const outerTiles = plan.columnsFirst ? [column0, ...rowLoops] : [...rowLoops, column0];
  const reduction = [
    ...reduceTiles.map(([loop]) => loop),
    ...reduceTiles.flatMap(([, copies]) => copies ?? []),
  ];
  const innerTiles = rowTiles === null ? [column1] : [rowTiles[1], column1];
  sch.reorder(...outer, ...outerTiles, ...reduction, ...innerTiles);
  for (const [, copies] of reduceTiles) if (copies !== undefined) sch.unroll(copies);
  if (rowTiles !== null) sch.unroll(rowTiles[1]);
  finishInner(sch, column1, vectorizes);
  if (plan.packing !== 'never') {
    const isPacked = plan.packing === 'always' ? 1 : sch.sampleCategorical([0, 1], [0.5, 0.5]);
    sch.annotate(rv, PACK_OPERANDS, isPacked);
  }
  if (plan.cacheWrite) writeThroughCache(sch, rv, outerTiles.at(-1) ?? column0, vectorizes);
}

/**
 * Cuts off the part of the reduction that is unrolled: some iterations of the last loop, or, when all of it is a small
 * window, whole loops.
 */
function splitReduction(sch: Schedule, reduce: readonly RoledLoop[]): [loop: LoopRV, copies?: LoopRV][] {
  const isWindow = reduce.reduce((product, { extent }) => product * extent, 1) <= MAX_WINDOW;
  return reduce.map((loop, i) => {
    if (isWindow) return splitBy(sch, loop, [1, loop.extent]);
    const copies = i < reduce.length - 1 ? [] : REDUCTION_COPIES.filter((n) => loop.extent % n === 0);
    return copies.length < 2 ? [loop.rv] : splitBy(sch, loop, copies);
  });
}

/** Accumulates in a cache of the tile's size and copies it out after the reduction. */
function writeThroughCache(sch: Schedule, rv: BlockRV, tileLoop: LoopRV, vectorizes: boolean): void {
  const copyOut = sch.cacheWrite(rv, 0, 'global');
  sch.reverseComputeAt(copyOut, tileLoop, { preserveUnitLoops: true });
  const loops = sch.getLoops(copyOut);
  const inner = loops.at(-1);
  const row = loops.at(-2);
  if (row !== undefined && row !== tileLoop && loops.length > 1) sch.unroll(row);
  if (inner !== undefined) finishInner(sch, inner, vectorizes);
}
