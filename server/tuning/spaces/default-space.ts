/**
 * @file The default space of the Wasm targets: elementwise blocks are inlined, blocks that reduce get register tiles,
 * the others are vectorized. Designs multiply: every tiling of one block goes with every tiling of the next. Some
 * convolutions have blocks of their own for each way to compute them.
 */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { Target } from '../../../shared/protocol/target.js';
import { createSchedule, type Schedule } from '../../../shared/schedule/schedule.js';
import { innerBlocks } from '../../../shared/schedule/state.js';
import { fork } from '../refusable-steps.js';
import type { SpaceContext } from '../space.js';
import { inlineElementwise } from './inline-elementwise.js';
import { tileReduction } from './tile-reduction.js';
import { vectorizeSpatial } from './vectorize-spatial.js';
import { winogradDesigns, type Draft } from './winograd-designs.js';

/** More designs than this are not made: later blocks then take their first tiling only. */
const MAX_DESIGNS = 64;

export function defaultSpace(func: PrimFunc, { target, rng }: SpaceContext): readonly Schedule[] {
  const sch = createSchedule(func, { rng });
  const blocks = inlineElementwise(
    sch,
    leafBlocks(sch).map((name) => sch.getBlock(name)),
  );
  const drafts = winogradDesigns({ sch, blocks });
  return drafts.flatMap((draft) => tilings(draft, target, MAX_DESIGNS / drafts.length));
}

/** The ways to tile all blocks of a draft. */
function tilings({ sch, blocks }: Draft, target: Target, maxDesigns: number): Schedule[] {
  let designs = [sch];
  for (const rv of blocks) {
    const isReduction = sch.get(rv).iterVars.some((iter) => iter.iterType === 'reduce');
    designs = designs.flatMap((design) => {
      if (!isReduction) {
        const [vectorized = design] = fork(design, (copy) => vectorizeSpatial(copy, rv, target));
        return [vectorized];
      }
      const tiled = tileReduction(design, rv, target);
      return designs.length * tiled.length > maxDesigns ? tiled.slice(0, 1) : tiled;
    });
  }
  return designs;
}

/** The blocks that hold no blocks, in program order. */
function leafBlocks(sch: Schedule): string[] {
  return innerBlocks(sch.state)
    .filter(({ children }) => children.length === 0)
    .map(({ block }) => block.name);
}
