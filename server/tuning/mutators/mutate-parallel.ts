/**
 * @file Mutator mutate-parallel: another limit of the number of parallel jobs, in the root block's annotation. What it
 * changes is no decision but an argument of the step that annotates.
 */
import { constInt } from '../../../shared/ir/build.js';
import type { BlockRV } from '../../../shared/schedule/random-variable.js';
import type { InstructionOf } from '../../../shared/schedule/instruction.js';
import { loopIterType } from '../../../shared/schedule/loop-iter-type.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { blocksUnder, loopsAbove, type BlockEntry } from '../../../shared/schedule/state.js';
import type { Instruction, Trace } from '../../../shared/schedule/trace.js';
import { namesOf } from '../../../shared/schedule/trace-names.js';
import { at, lookup } from '../../../shared/support/errors.js';
import { blockEntryOf } from '../rules/block-analysis.js';
import { PARALLEL } from '../rules/parallelize-vectorize-unroll.js';
import { createReplayer } from '../strategies/replayer.js';
import type { Mutation, Mutator } from './mutator.js';

export interface MutateParallelConfig {
  /** Cores of the target. */
  readonly cores: number;
  readonly maxJobsPerCore: number;
}

/**
 * Chooses from numbers of jobs that nests can be cut into, at most `cores * maxJobsPerCore`: one for each way to fuse
 * outer loops other than the current one.
 */
export function mutateParallel({ cores, maxJobsPerCore }: MutateParallelConfig): Mutator {
  const maxJobs = cores * maxJobsPerCore;
  return (trace, { func, rng, replay = createReplayer(func) }) => {
    const steps = parallelSteps(trace);
    if (steps.length === 0) return null;
    const step = at(steps, rng.nextInt(steps.length));
    const schedule = replay(trace, rng);
    const nests = parallelNests(blockEntryOf(schedule, step.block), maxJobs);
    const limits = otherLimits(nests, step.limit, maxJobs);
    if (limits.length === 0) return null;
    return withLimit(trace, schedule, step, at(limits, rng.nextInt(limits.length)));
  };
}

/** An annotation with a limit. */
interface ParallelStep {
  readonly inst: InstructionOf<'Annotate'>;
  readonly block: BlockRV;
  readonly limit: number;
}

function parallelSteps({ insts }: Trace): ParallelStep[] {
  return insts.flatMap((inst) => {
    if (inst.kind !== 'Annotate' || inst.args.annKey !== PARALLEL) return [];
    const { blockOrLoop: block, annVal: limit } = inst.args;
    return block.kind === 'BlockRV' && typeof limit === 'number' ? [{ inst, block, limit }] : [];
  });
}

/**
 * For each block of the scope with outer spatial loops: how many jobs the outermost loop makes, the two outermost ones
 * when fused, and so on, until there are `maxJobs`.
 */
function parallelNests(root: BlockEntry, maxJobs: number): number[][] {
  return blocksUnder(root)
    .map((entry) => {
      const jobs: number[] = [];
      for (const loop of loopsAbove(entry)) {
        const extent = constInt(loop.node.extent);
        if (extent === null || loopIterType(loop) !== 'spatial') break;
        jobs.push((jobs.at(-1) ?? 1) * extent);
        if (at(jobs, jobs.length - 1) >= maxJobs) break;
      }
      return jobs;
    })
    .filter((jobs) => jobs.length > 0);
}

/** A limit for each way to fuse loops but that of the current limit, in ascending order. */
function otherLimits(nests: readonly (readonly number[])[], current: number, maxJobs: number): number[] {
  const limits = [...new Set(nests.flat())].filter((limit) => limit <= maxJobs).toSorted((a, b) => a - b);
  const limitOf = new Map(limits.map((limit) => [planOf(nests, limit), limit]));
  limitOf.delete(planOf(nests, current));
  return [...limitOf.values()];
}

/**
 * How many loops of each nest are fused to make `limit` jobs: all of them, if there are not as many. This is how TVM's
 * mutator counts. The postproc (TVM's too) goes one loop further where a nest makes exactly `limit` jobs, so that two
 * limits that differ here may come to the same program there.
 */
function planOf(nests: readonly (readonly number[])[], limit: number): string {
  const counts = nests.map((jobs) => {
    const last = jobs.findIndex((count) => count >= limit);
    return last < 0 ? jobs.length : last + 1;
  });
  return counts.join();
}

function withLimit(trace: Trace, schedule: Schedule, step: ParallelStep, limit: number): Mutation {
  const changed: Instruction = { ...step.inst, args: { ...step.inst.args, annVal: limit } };
  const insts = schedule.trace.insts.map((inst) => (inst === step.inst ? changed : inst));
  const subject = lookup(namesOf(trace), step.block, 'a name');
  return {
    trace: { insts, decisions: trace.decisions },
    text: `annotate ${subject} ${PARALLEL}: ${step.limit} -> ${limit}`,
  };
}
