/**
 * @file TVM's space for CPUs: the schedule rules, postprocs and mutators of its llvm target, with its defaults. Designs
 * are what TVM makes of the same program, so that what is known about TVM's search can be compared with ours.
 */
import { mutateComputeLocation } from '../mutators/mutate-compute-location.js';
import { mutateParallel } from '../mutators/mutate-parallel.js';
import { mutateTileSize } from '../mutators/mutate-tile-size.js';
import { mutateUnroll } from '../mutators/mutate-unroll.js';
import type { WeightedMutators } from '../mutators/mutator.js';
import { disallowDynamicLoop } from '../postprocs/disallow-dynamic-loop.js';
import { rewriteParallelVectorizeUnroll } from '../postprocs/rewrite-parallel-vectorize-unroll.js';
import { rewriteLayout } from '../postprocs/rewrite-layout.js';
import { rewriteReductionBlock } from '../postprocs/rewrite-reduction-block.js';
import { postOrderApply } from '../post-order-apply.js';
import { addRfactor } from '../rules/add-rfactor.js';
import { applyCustomRule, type CustomRules } from '../rules/apply-custom-rule.js';
import { autoInline } from '../rules/auto-inline.js';
import { inlineConstantScalars } from '../rules/inline-constant-scalars.js';
import { multiLevelTiling } from '../rules/multi-level-tiling.js';
import { parallelizeVectorizeUnroll } from '../rules/parallelize-vectorize-unroll.js';
import { randomComputeLocation } from '../rules/random-compute-location.js';
import type { ScheduleRule } from '../rules/schedule-rule.js';
import type { Postproc, SpaceGenerator } from '../space.js';

/** A Wasm kernel has one thread. */
const CORES = 1;
const MAX_JOBS_PER_CORE = 16;
const MAX_INNERMOST_FACTOR = 64;

export interface LlvmOptions {
  /** Cores to keep busy; default 1. */
  readonly cores?: number;
  /** Rules that blocks of the program may ask for; default none. */
  readonly customRules?: CustomRules;
}

/** The rules, in the order in which they are applied. */
function llvmRules({ cores = CORES, customRules = new Map() }: LlvmOptions = {}): ScheduleRule[] {
  return [
    applyCustomRule(customRules),
    inlineConstantScalars,
    autoInline({
      intoProducer: false,
      intoConsumer: true,
      inlineConstTensor: true,
      disallowIfThenElse: true,
      requireInjective: true,
      requireOrdered: true,
      disallowOps: ['exp'],
    }),
    addRfactor({ cores, maxJobsPerCore: MAX_JOBS_PER_CORE, maxInnermostFactor: MAX_INNERMOST_FACTOR }),
    multiLevelTiling({
      structure: 'SSRSRS',
      maxInnermostFactor: MAX_INNERMOST_FACTOR,
      reuseRead: null,
      reuseWrite: { req: 'may', levels: [1, 2], scope: 'global' },
    }),
    parallelizeVectorizeUnroll({
      cores,
      maxJobsPerCore: MAX_JOBS_PER_CORE,
      maxVectorizeExtent: 64,
      unrollMaxSteps: [0, 16, 64, 512],
      unrollExplicit: true,
    }),
    randomComputeLocation,
  ];
}

export function tvmLlvmSpace(options: LlvmOptions = {}): SpaceGenerator {
  return postOrderApply(llvmRules(options));
}

/** What every candidate goes through after sampling, in order. */
export const LLVM_POSTPROCS: Readonly<Record<string, Postproc>> = {
  'disallow-dynamic-loop': disallowDynamicLoop,
  'rewrite-parallel-vectorize-unroll': rewriteParallelVectorizeUnroll,
  'rewrite-reduction-block': rewriteReductionBlock,
  'rewrite-layout': rewriteLayout,
};

/** TVM's weights. Limits of parallel jobs matter to one core, too: they say which loops are fused. */
export const LLVM_MUTATORS: WeightedMutators = [
  [mutateTileSize, 0.9],
  [mutateComputeLocation, 0.05],
  [mutateUnroll, 0.03],
  [mutateParallel({ cores: CORES, maxJobsPerCore: MAX_JOBS_PER_CORE }), 0.02],
];
