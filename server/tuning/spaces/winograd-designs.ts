/**
 * @file Rule winograd-designs: convolutions with kernels of 3 x 3 and stride 1 are also offered by Winograd's filtering,
 * with tiles of 2 and of 4: up to 4 times fewer products, for transforms and more memory. A weight that is constant is
 * transformed once, not in every call.
 */
import { constantParams, LAYOUT_REWRITE_PREPROC } from '../../../shared/ir/constants.js';
import { conv2dOf } from '../../../shared/schedule/conv2d-pattern.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { WINOGRAD_KERNEL, WINOGRAD_TILES } from '../../../shared/schedule/winograd-transforms.js';
import { fork } from '../refusable-steps.js';

/** With fewer channels on either side the transforms cost more than the products that they save. */
const LEAST_CHANNELS = 8;

/** A schedule and its blocks that are still to be tiled, in program order. */
export interface Draft {
  readonly sch: Schedule;
  readonly blocks: readonly BlockRV[];
}

/** The draft itself, and one draft per size of tiles where something can be computed so: all of it is. */
export function winogradDesigns(draft: Draft): Draft[] {
  const convolutions = draft.blocks.filter((rv) => isWorthwhile(draft.sch, rv));
  if (convolutions.length === 0) return [draft];
  const others = WINOGRAD_TILES.flatMap((tile): Draft[] => {
    const stages = new Map<BlockRV, readonly BlockRV[]>();
    const made = fork(draft.sch, (copy) => {
      for (const rv of convolutions) stages.set(rv, filter(copy, rv, tile));
    });
    return made.map((sch) => ({ sch, blocks: draft.blocks.flatMap((rv) => stages.get(rv) ?? [rv]) }));
  });
  return [draft, ...others];
}

function isWorthwhile(sch: Schedule, rv: BlockRV): boolean {
  const conv = conv2dOf(sch.get(rv));
  if (conv === null) return false;
  const [rh, rw, ci] = conv.kernel;
  const co = conv.outputs[3];
  return rh === WINOGRAD_KERNEL && rw === WINOGRAD_KERNEL && Math.min(ci, co) >= LEAST_CHANNELS;
}

function filter(sch: Schedule, rv: BlockRV, tile: number): BlockRV[] {
  const weight = conv2dOf(sch.get(rv))?.weight;
  const isConstant = constantParams(sch.func).some((param) => param === weight);
  const stages = sch.winogradConv2d(rv, tile);
  if (isConstant) sch.annotate(stages[0], LAYOUT_REWRITE_PREPROC, 1);
  return stages;
}
