/** @file The places where a block may be computed: what `sample_compute_location` chooses from. */
import { constInt } from '../../ir/build.js';
import type { Var } from '../../ir/expr.js';
import { consumersOf } from '../dependencies.js';
import { attempt } from '../errors.js';
import type { Location } from '../instruction.js';
import { commonParent } from '../insertion.js';
import { loopIterType } from '../loop-iter-type.js';
import {
  innerBlockEntry,
  loopsAbove,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';
import { computeAt } from './compute-at.js';
import { computeInline } from './compute-inline.js';

/** A place and the decision that stands for it: -2 inlined, -1 where it is, k the k-th loop around all consumers. */
export interface ComputeLocation {
  readonly index: number;
  readonly location: Location;
}

/**
 * The places of a block, by increasing index: inlined, if that is legal; where it is; and the loops around all of its
 * consumers under which it may be computed. Loops of one iteration are left out; so are spatial loops after a reduce
 * loop, with all that is in them, and reduce loops with no spatial one inside of them.
 */
export function collectComputeLocations(state: ScheduleState, blockName: string): ComputeLocation[] {
  const entry = innerBlockEntry(state, blockName, 'sample_compute_location');
  const locations: ComputeLocation[] = [];
  if (isLegal(() => computeInline(state, blockName))) locations.push({ index: -2, location: 'inlined' });
  locations.push({ index: -1, location: 'root' });
  const move = { preserveUnitLoops: true, index: -1 };
  for (const { index, loopVar } of candidateLoops(commonLoops(entry, consumersOf(entry)))) {
    if (isLegal(() => computeAt(state, blockName, loopVar, move)))
      locations.push({ index, location: loopVar });
  }
  return locations;
}

/** The loops that are worth trying, with their places in `loops`. */
function candidateLoops(loops: readonly LoopEntry[]): { readonly index: number; readonly loopVar: Var }[] {
  const types = loops.map(loopIterType);
  const long = loops.flatMap(({ node: { loopVar, extent } }, index) =>
    constInt(extent) === 1 ? [] : [{ index, loopVar, isSpatial: types[index] === 'spatial' }],
  );
  const lastSpatial = types.lastIndexOf('spatial');
  const firstReduce = long.findIndex(({ isSpatial }) => !isSpatial);
  const end = long.findIndex(({ index, isSpatial }, i) => {
    return isSpatial ? firstReduce >= 0 && i > firstReduce : index > lastSpatial;
  });
  return end < 0 ? long : long.slice(0, end);
}

function isLegal(step: () => ScheduleState): boolean {
  return attempt(step, () => null) !== null;
}

/** The loops around all consumers, outermost first. */
function commonLoops(entry: InnerBlockEntry, consumers: readonly InnerBlockEntry[]): LoopEntry[] {
  if (consumers.length === 0) return [];
  const parent = commonParent(entry.scope, consumers);
  return parent.kind === 'loop' ? [...loopsAbove(parent), parent] : [];
}
