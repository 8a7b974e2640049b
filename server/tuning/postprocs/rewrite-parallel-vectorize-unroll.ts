/**
 * @file Postproc rewrite-parallel-vectorize-unroll: carries out what the rule parallelize-vectorize-unroll has noted on
 * the root block, nest by nest:
 *
 *   for i0, j0, k, i1, j1: C   ->   for i0_j0 in parallel (pragmas to unroll): for k: for i1_j1 in vectorized: C
 */
import type { Schedule } from '../../../shared/schedule/schedule.js';
import type { BlockRV, LoopRV } from '../../../shared/schedule/random-variable.js';
import type { Attrs } from '../../../shared/ir/stmt.js';
import { AUTO_UNROLL_MAX_STEP } from '../../../shared/ir/pragmas.js';
import { at } from '../../../shared/support/errors.js';
import { blockEntryOf, isSpatialBlock } from '../rules/block-analysis.js';
import {
  PARALLEL,
  UNROLL_EXPLICIT,
  UNROLL_IMPLICIT,
  VECTORIZE,
} from '../rules/parallelize-vectorize-unroll.js';
import type { Postproc } from '../space.js';
import { planLoops, type LoopPlan } from './loop-plan.js';

/** Of a nest's outermost loop, as TVM notes it; our lowering unrolls explicitly whatever it says. */
const UNROLL_EXPLICITLY = 'pragma_unroll_explicit';

/** What is noted on the root block; `null` where nothing is. */
interface Notes {
  readonly parallel: number | null;
  readonly vectorize: number | null;
  readonly unroll: { readonly steps: number; readonly isExplicit: boolean } | null;
}

/** @throws ScheduleError when a loop cannot be run in the way it is meant to. */
export const rewriteParallelVectorizeUnroll: Postproc = (schedule) => {
  const { annotations, name } = schedule.func.root;
  const noted = [PARALLEL, VECTORIZE, UNROLL_EXPLICIT, UNROLL_IMPLICIT].filter((key) =>
    Object.hasOwn(annotations, key),
  );
  if (noted.length === 0) return true;
  const notes = readNotes(annotations);
  const root = schedule.getBlock(name);
  for (const key of noted) schedule.unannotate(root, key);
  for (const block of schedule.getChildBlocks(root)) rewriteNest(schedule, block, notes);
  return true;
};

function readNotes(annotations: Attrs): Notes {
  const value = (key: string): number | null => {
    const noted = annotations[key];
    return typeof noted === 'number' ? noted : null;
  };
  const [explicitSteps, implicitSteps] = [value(UNROLL_EXPLICIT), value(UNROLL_IMPLICIT)];
  const steps = explicitSteps ?? implicitSteps;
  return {
    parallel: value(PARALLEL),
    vectorize: value(VECTORIZE),
    unroll: steps === null ? null : { steps, isExplicit: explicitSteps !== null },
  };
}

function rewriteNest(sch: Schedule, block: BlockRV, notes: Notes): void {
  const loops = sch.getLoops(block);
  if (loops.length === 0) return;
  const plan = planLoops(blockEntryOf(sch, block), notes);
  const outermost = rewriteLoops(sch, loops, plan);
  const { unroll } = notes;
  if (unroll === null || unroll.steps <= 0 || isSpatialBlock(sch.get(block))) return;
  sch.annotate(outermost, AUTO_UNROLL_MAX_STEP, unroll.steps);
  sch.annotate(outermost, UNROLL_EXPLICITLY, unroll.isExplicit ? 1 : 0);
}

/** @returns the outermost loop as it is then */
function rewriteLoops(sch: Schedule, loops: readonly LoopRV[], plan: LoopPlan): LoopRV {
  if (plan.kind === 'all') {
    const [outer, inner] = sch.split(sch.fuse(...loops), [null, plan.lanes]);
    sch.parallel(outer);
    sch.vectorize(inner);
    return loops.length > 1 ? outer : inner;
  }
  let outermost = at(loops, 0);
  if (plan.parallelLoops > 0) {
    outermost = sch.fuse(...loops.slice(0, plan.parallelLoops));
    sch.parallel(outermost);
  }
  if (plan.vectorLoops > 0) {
    const vector = sch.fuse(...loops.slice(-plan.vectorLoops));
    sch.vectorize(vector);
    if (plan.vectorLoops === loops.length) outermost = vector;
  }
  return outermost;
}
