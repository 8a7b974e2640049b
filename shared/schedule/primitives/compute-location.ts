/** @file The places where a block may be computed: what `sample_compute_location` chooses from. */
import { constInt } from '../../ir/build.js';
import { usesVar } from '../../ir/visit.js';
import { at } from '../../support/errors.js';
import { consumersOf } from '../dependencies.js';
import { ScheduleError } from '../errors.js';
import type { Location } from '../instruction.js';
import { commonParent } from '../insertion.js';
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
 * consumers under which it may be computed. Loops of one iteration are left out; so are those inside of a data-parallel
 * loop that follows a reduce loop, and reduce loops with no data-parallel one inside of them.
 */
export function collectComputeLocations(state: ScheduleState, blockName: string): ComputeLocation[] {
  const entry = innerBlockEntry(state, blockName, 'sample_compute_location');
  const locations: ComputeLocation[] = [];
  if (isLegal(() => computeInline(state, blockName))) locations.push({ index: -2, location: 'inlined' });
  locations.push({ index: -1, location: 'root' });
  const consumers = consumersOf(entry);
  const loops = commonLoops(entry, consumers);
  const roles = loops.map((loop) => roleOf(loop, consumers));
  const end = endOfCandidates(roles);
  loops.slice(0, end).forEach((loop, index) => {
    const { loopVar, extent } = loop.node;
    const move = { preserveUnitLoops: true, index: -1 };
    if (constInt(extent) !== 1 && isLegal(() => computeAt(state, blockName, loopVar, move))) {
      locations.push({ index, location: loopVar });
    }
  });
  return locations;
}

function isLegal(step: () => unknown): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (error instanceof ScheduleError) return false;
    throw error;
  }
}

/** The loops around all consumers, outermost first. */
function commonLoops(entry: InnerBlockEntry, consumers: readonly InnerBlockEntry[]): LoopEntry[] {
  if (consumers.length === 0) return [];
  const parent = commonParent(entry.scope, consumers);
  return parent.kind === 'loop' ? [...loopsAbove(parent), parent] : [];
}

type Role = 'spatial' | 'reduce' | 'other';

function roleOf({ node }: LoopEntry, blocks: readonly InnerBlockEntry[]): Role {
  const types = blocks.flatMap(({ block, realize }) =>
    block.iterVars
      .filter((_, i) => usesVar(at(realize.iterValues, i), (v) => v === node.loopVar))
      .map((iter) => iter.iterType),
  );
  if (types.every((type) => type === 'spatial')) return 'spatial';
  return types.every((type) => type === 'reduce') ? 'reduce' : 'other';
}

/** Up to the first spatial loop after a reduce loop, less the reduce loops before that. */
function endOfCandidates(roles: readonly Role[]): number {
  const firstReduce = roles.indexOf('reduce');
  const after = firstReduce < 0 ? -1 : roles.findIndex((role, i) => i > firstReduce && role === 'spatial');
  let end = after < 0 ? roles.length : after + 1;
  if (after < 0) while (end > 0 && roles[end - 1] === 'reduce') end--;
  return end;
}
