/**
 * @file The default space of the Wasm targets: elementwise blocks are inlined, blocks that reduce get register tiles,
 * the others are vectorized. Designs multiply: every tiling of one block goes with every tiling of the next.
 */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { createSchedule, type Schedule } from '../../../shared/schedule/schedule.js';
import { innerBlocks } from '../../../shared/schedule/state.js';
import { fork } from '../refusable-steps.js';
import type { SpaceContext } from '../space.js';
import { inlineElementwise } from './inline-elementwise.js';
import { tileReduction } from './tile-reduction.js';
import { vectorizeSpatial } from './vectorize-spatial.js';

/** More designs than this are not made: later blocks then take their first tiling only. */
const MAX_DESIGNS = 64;

export function defaultSpace(func: PrimFunc, { target, rng }: SpaceContext): readonly Schedule[] {
  const sch = createSchedule(func, { rng });
  const blocks = inlineElementwise(
    sch,
    leafBlocks(sch).map((name) => sch.getBlock(name)),
  );
  let designs: Schedule[] = [sch];
  for (const rv of blocks) {
    const isReduction = sch.get(rv).iterVars.some((iter) => iter.iterType === 'reduce');
    designs = designs.flatMap((design) => {
      if (!isReduction) {
        const [vectorized = design] = fork(design, (copy) => vectorizeSpatial(copy, rv, target));
        return [vectorized];
      }
      const tilings = tileReduction(design, rv, target);
      return designs.length * tilings.length > MAX_DESIGNS ? tilings.slice(0, 1) : tilings;
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
