/** @file Tunes on the wire: what is submitted, and the resource that tells how it goes. */
import { z } from 'zod';
import { FAILURE_CODES } from './measure.js';
import { pageOf, pageQuery } from './page.js';
import { SearchOptionsSchema, SPACES, STRATEGIES } from './search-options.js';
import { TARGET_IDS } from './target.js';
import { TUNE_STATUSES } from './tune-status.js';

const TargetIdSchema = z.enum(TARGET_IDS, {
  error: ({ input }) =>
    `unknown target ${JSON.stringify(input)?.slice(0, 80)}; known targets are ${TARGET_IDS.join(', ')}`,
});

/** Small tags of the caller's own. */
const LabelsSchema = z
  .record(z.string().min(1).max(64), z.string().max(256))
  .refine((labels) => Object.keys(labels).length <= 16, 'at most 16 labels');

/** Characters of a script: several times what the limit on IR nodes lets through. */
const MAX_SCRIPT_CHARS = 128 * 1024;

export const TuneSubmissionSchema = z
  .strictObject({
    /** A built-in operator, `name:key=value,…`. Either this or `script`. */
    workload: z.string().min(1).max(500).optional(),
    /** TVMScript. */
    script: z.string().min(1).max(MAX_SCRIPT_CHARS).optional(),
    /** Which function of the script, when it has several. */
    func: z.string().min(1).max(200).optional(),
    target: TargetIdSchema.default('wasm-simd128'),
    budget: z
      .strictObject({
        /** Candidates to measure. */
        trials: z.int().min(1).max(100_000).default(64),
        /** Wall time, from the start of the tune. */
        seconds: z.number().positive().max(604_800).optional(),
      })
      .prefault({}),
    /** Of all random choices: the same seed makes the same candidates. */
    seed: z.int().min(0).default(0),
    strategy: z.enum(STRATEGIES).default('evolutionary'),
    space: z.enum(SPACES).default('default'),
    search: SearchOptionsSchema.prefault({}),
    /** Higher goes first. */
    priority: z.int().min(-100).max(100).default(0),
    labels: LabelsSchema.default({}),
  })
  .refine((body) => (body.workload === undefined) !== (body.script === undefined), {
    path: ['workload'],
    error: 'give either "workload" or "script"',
  })
  .refine((body) => body.func === undefined || body.script !== undefined, {
    path: ['func'],
    error: '"func" chooses a function of "script"',
  })
  .meta({ id: 'TuneSubmission' });

/** Why a tune failed. */
export const TuneErrorSchema = z.strictObject({
  code: z.string(),
  message: z.string(),
  /** The most frequent failures of its candidates, with an example of each. */
  reasons: z.array(
    z.strictObject({ code: z.enum(FAILURE_CODES), count: z.int().positive(), message: z.string() }),
  ),
});

export const TuneSchema = z
  .strictObject({
    id: z.uuid(),
    status: z.enum(TUNE_STATUSES),
    /** The submitted workload with all its parameters; null for a script. */
    workload: z.string().nullable(),
    /** The program, as TVMScript with one function. */
    script: z.string(),
    target: z.enum(TARGET_IDS),
    budget: z.strictObject({ trials: z.int().positive(), seconds: z.number().positive().nullable() }),
    seed: z.int(),
    strategy: z.enum(STRATEGIES),
    space: z.enum(SPACES),
    search: SearchOptionsSchema,
    priority: z.int(),
    labels: z.record(z.string(), z.string()),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().nullable(),
    finishedAt: z.iso.datetime().nullable(),
    /** `done` is `measured` plus `failed`; the baseline counts in none of them. */
    trials: z.strictObject({
      done: z.int().nonnegative(),
      measured: z.int().nonnegative(),
      failed: z.int().nonnegative(),
      budget: z.int().positive(),
    }),
    /** Failed trials by code; codes that did not occur are absent. */
    failures: z.partialRecord(z.enum(FAILURE_CODES), z.int().positive()),
    /** The program as submitted, without a schedule. */
    baselineMs: z.number().positive().nullable(),
    /** The fastest program so far, the baseline among them. */
    bestMs: z.number().positive().nullable(),
    /** `baselineMs / bestMs` */
    speedup: z.number().positive().nullable(),
    /** Of the fastest program, in 10^9 operations a second. */
    gflops: z.number().nonnegative().nullable(),
    error: TuneErrorSchema.nullable(),
    links: z.strictObject({
      self: z.string(),
      candidates: z.string(),
      best: z.string(),
      wasm: z.string(),
      mjs: z.string(),
      dts: z.string(),
      cancel: z.string(),
    }),
    /** Rises with every change; also the resource's ETag. */
    version: z.int().positive(),
  })
  .meta({ id: 'Tune' });

/** A tune as it stands in a list. */
export const TuneSummarySchema = TuneSchema.omit({ script: true }).meta({ id: 'TuneSummary' });

export const TunePageSchema = pageOf(TuneSummarySchema).meta({ id: 'TunePage' });

export const TuneListQuerySchema = z.strictObject({
  ...pageQuery(z.uuid()),
  status: z.enum(TUNE_STATUSES).optional(),
  target: TargetIdSchema.optional(),
});

/** Longest time that a request may wait for a change. */
export const MAX_WAIT_SECONDS = 60;

export const TuneQuerySchema = z.strictObject({
  /** Seconds to wait for a change, when the version is still the one that the caller knows. */
  wait: z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0),
  /** The version that the caller knows; by default the one of `If-None-Match`, else the present one. */
  version: z.coerce.number().int().nonnegative().optional(),
});

export type TuneSubmission = z.infer<typeof TuneSubmissionSchema>;
/** A submission as the caller writes it: what has a default may be left out. */
export type TuneSubmissionInput = z.input<typeof TuneSubmissionSchema>;
export type TuneError = z.infer<typeof TuneErrorSchema>;
export type Tune = z.infer<typeof TuneSchema>;
export type TuneSummary = z.infer<typeof TuneSummarySchema>;
export type TunePage = z.infer<typeof TunePageSchema>;
