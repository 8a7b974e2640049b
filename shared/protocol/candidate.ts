/** @file Candidates on the wire: each program that a tune has tried, and the best of them. */
import { z } from 'zod';
import { FailedSchema, MeasuredSchema, TraceJsonSchema } from './measure.js';
import { pageOf, pageQuery } from './page.js';
import { TARGET_IDS } from './target.js';
import { TaskQuery } from './tune.js';

export const CANDIDATE_STATUSES = ['measured', 'failed'] as const;

/** How the candidate did when the finalists were measured against each other, interleaved. */
export const FinalTimesSchema = z.strictObject({
  medianNs: z.number().positive(),
  samplesNs: z.array(z.number().positive()).min(1),
  spread: z.number().nonnegative(),
  /** Over the baseline: the median of the ratios within rounds. Null for the baseline. */
  speedup: z.number().positive().nullable(),
  /** Its confidence interval of 95 %. */
  speedupInterval: z.tuple([z.number().positive(), z.number().positive()]).nullable(),
});

const COMMON = {
  /** Number of the candidate, from 0; null for the baseline. */
  trial: z.int().nonnegative().nullable(),
  /** Whether this is the program as submitted, without a schedule. */
  baseline: z.boolean(),
  /** Round of the search, from 0. */
  round: z.int().nonnegative(),
  trace: TraceJsonSchema,
  /** The measured trial that it descends from; null when it was drawn at random. */
  parent: z.int().nonnegative().nullable(),
  /** What was changed since, in order. */
  mutations: z.array(z.string()),
  /** The cost model's score before it was measured, higher is faster; null when there was no model. */
  predicted: z.number().nullable(),
  createdAt: z.iso.datetime(),
};

const MeasuredCandidateSchema = z.strictObject({
  ...COMMON,
  ...MeasuredSchema.shape,
  /** Whether the machine was noticeably faster or slower than when the baseline was measured. */
  drifted: z.boolean(),
  final: FinalTimesSchema.nullable(),
});

const FailedCandidateSchema = z.strictObject({ ...COMMON, ...FailedSchema.shape });

export const CandidateSchema = z
  .discriminatedUnion('status', [MeasuredCandidateSchema, FailedCandidateSchema])
  .meta({ id: 'Candidate' });

export const CandidatePageSchema = pageOf(CandidateSchema).meta({ id: 'CandidatePage' });

export const CandidateListQuerySchema = z.strictObject({
  ...TaskQuery,
  ...pageQuery(z.coerce.number().int().min(-1)),
  status: z.enum(CANDIDATE_STATUSES).optional(),
});

/** The fastest program of a task so far. */
export const BestSchema = z
  .strictObject({
    workload: z.string().nullable(),
    target: z.enum(TARGET_IDS),
    candidate: MeasuredCandidateSchema,
    bestMs: z.number().positive(),
    baselineMs: z.number().positive().nullable(),
    speedup: z.number().positive().nullable(),
    gflops: z.number().nonnegative(),
    /** The scheduled program, as TVMScript: the trace applied to the tune's script. */
    script: z.string(),
    links: z.strictObject({ tune: z.string(), wasm: z.string(), mjs: z.string(), dts: z.string() }),
  })
  .meta({ id: 'Best' });

export type FinalTimes = z.infer<typeof FinalTimesSchema>;
export type MeasuredCandidate = z.infer<typeof MeasuredCandidateSchema>;
export type Candidate = z.infer<typeof CandidateSchema>;
export type CandidatePage = z.infer<typeof CandidatePageSchema>;
export type Best = z.infer<typeof BestSchema>;
