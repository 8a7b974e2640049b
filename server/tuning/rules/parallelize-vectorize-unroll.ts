/**
 * @file Rule parallelize-vectorize-unroll: notes on the root block how far to go. The postproc
 * rewrite-parallel-vectorize-unroll carries it out when the tiles of a candidate are known.
 */
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { blockEntryOf, isSpatialFunc } from './block-analysis.js';
import type { ScheduleRule } from './schedule-rule.js';

/** Annotations of the root block. */
export const PARALLEL = 'meta_schedule.parallel';
export const VECTORIZE = 'meta_schedule.vectorize';
export const UNROLL_EXPLICIT = 'meta_schedule.unroll_explicit';
export const UNROLL_IMPLICIT = 'meta_schedule.unroll_implicit';

export interface ParallelizeVectorizeUnrollConfig {
  /** Cores of the target. */
  readonly cores: number;
  /** Parallel jobs per core at most; `null`: nothing runs in parallel. */
  readonly maxJobsPerCore: number | null;
  /** Iterations that become one vector operation at most; `null`: nothing is vectorized. */
  readonly maxVectorizeExtent: number | null;
  /** What the number of unrolled steps is drawn from; empty: nothing is unrolled. */
  readonly unrollMaxSteps: readonly number[];
  /** Whether we unroll loops ourselves, rather than ask the code generator to. */
  readonly unrollExplicit: boolean;
}

/** Functions that reduce nothing are not unrolled. */
export function parallelizeVectorizeUnroll(config: ParallelizeVectorizeUnrollConfig): ScheduleRule {
  return (sch, root) => {
    if (blockEntryOf(sch, root).parent !== null) return [sch];
    const { cores, maxJobsPerCore, maxVectorizeExtent } = config;
    if (maxJobsPerCore !== null) sch.annotate(root, PARALLEL, cores * maxJobsPerCore);
    if (maxVectorizeExtent !== null) sch.annotate(root, VECTORIZE, maxVectorizeExtent);
    if (config.unrollMaxSteps.length > 0 && !isSpatialFunc(sch.func)) {
      const steps = drawUniformly(sch, config.unrollMaxSteps);
      sch.annotate(root, config.unrollExplicit ? UNROLL_EXPLICIT : UNROLL_IMPLICIT, steps);
    }
    return [sch];
  };
}

function drawUniformly(
  sch: Schedule,
  candidates: readonly number[],
): ReturnType<Schedule['sampleCategorical']> {
  return sch.sampleCategorical(
    candidates,
    candidates.map(() => 1 / candidates.length),
  );
}
