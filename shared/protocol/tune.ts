/** @file Tunes on the wire: what is submitted, and the resource that tells how it goes. */
import { z } from 'zod';
import { BudgetInputSchema, BudgetSchema } from './budget.js';
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

/** Tasks that a tune may have: those of a large model. */
export const MAX_TASKS = 128;

const PROGRAM = {
  /** A built-in operator, `name:key=value,…`. Either this or `script`. */
  workload: z.string().min(1).max(500).optional(),
  /** TVMScript; each of its functions is a task. */
  script: z.string().min(1).max(MAX_SCRIPT_CHARS).optional(),
  /** The one function of the script that is meant. */
  func: z.string().min(1).max(200).optional(),
  /** Names of inputs that stay the same from call to call, as weights do: the kernel may lay them out anew, once. */
  constants: z.array(z.string().min(1).max(200)).max(64).default([]),
};

interface ProgramMembers {
  readonly workload?: string | undefined;
  readonly script?: string | undefined;
  readonly func?: string | undefined;
  readonly constants: readonly string[];
}

const hasOneProgram = ({ workload, script }: ProgramMembers): boolean =>
  (workload === undefined) !== (script === undefined);
const ONE_PROGRAM = { path: ['workload'], error: 'give either "workload" or "script"' };

const chooses = ({ script, func }: ProgramMembers): boolean => func === undefined || script !== undefined;
const CHOOSES = { path: ['func'], error: '"func" chooses a function of "script"' };

const ProgramSchema = z
  .strictObject({
    ...PROGRAM,
    /** How often it runs in what it is a part of, e.g. in a model. */
    weight: z.number().positive().max(1e6).default(1),
  })
  .refine(hasOneProgram, ONE_PROGRAM)
  .refine(chooses, CHOOSES);

export const TuneSubmissionSchema = z
  .strictObject({
    ...PROGRAM,
    /** Several programs, instead of the one that is given by `workload` or `script`. */
    tasks: z.array(ProgramSchema).min(1).max(MAX_TASKS).optional(),
    target: TargetIdSchema.default('wasm-simd128'),
    budget: BudgetInputSchema.prefault({}),
    /** Of all random choices: the same seed makes the same candidates. */
    seed: z.int().min(0).default(0),
    strategy: z.enum(STRATEGIES).default('evolutionary'),
    space: z.enum(SPACES).default('default'),
    search: SearchOptionsSchema.prefault({}),
    /** Higher goes first. */
    priority: z.int().min(-100).max(100).default(0),
    labels: LabelsSchema.default({}),
  })
  .refine((body) => body.tasks !== undefined || hasOneProgram(body), ONE_PROGRAM)
  .refine((body) => body.tasks === undefined || (body.workload ?? body.script) === undefined, {
    path: ['tasks'],
    error: 'give either "tasks" or one program',
  })
  .refine((body) => body.tasks === undefined || body.constants.length === 0, {
    path: ['constants'],
    error: 'each of "tasks" has its own constants',
  })
  .refine(chooses, CHOOSES)
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

/** `done` is `measured` plus `failed`; baselines count in none of them. */
const TrialCountsSchema = z.strictObject({
  done: z.int().nonnegative(),
  measured: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  /** Of the tune, or of the task alone; null: the task has no limit of its own. */
  budget: z.int().positive().nullable(),
});

/** Failed trials by code; codes that did not occur are absent. */
const FailuresSchema = z.partialRecord(z.enum(FAILURE_CODES), z.int().positive());

const SPEED = {
  /** Without a schedule. */
  baselineMs: z.number().positive().nullable(),
  /** Of the fastest programs so far, the baselines among them. */
  bestMs: z.number().positive().nullable(),
  /** `baselineMs / bestMs` */
  speedup: z.number().positive().nullable(),
  /** At `bestMs`, in 10^9 operations a second. */
  gflops: z.number().nonnegative().nullable(),
};

const TaskSummarySchema = z.strictObject({
  /** Name of the function. */
  name: z.string(),
  /** The submitted workload with all its parameters; null for a script. */
  workload: z.string().nullable(),
  weight: z.number().positive(),
  /** Arithmetic operations on data in one run. */
  flops: z.number().nonnegative(),
  trials: TrialCountsSchema,
  failures: FailuresSchema,
  ...SPEED,
  /** Nothing more is measured for it. */
  done: z.boolean(),
  /** Why nothing came of it. */
  error: TuneErrorSchema.nullable(),
  links: z.strictObject({
    candidates: z.string(),
    rounds: z.string(),
    model: z.string(),
    best: z.string(),
    wasm: z.string(),
    mjs: z.string(),
    dts: z.string(),
  }),
});

const TaskSchema = TaskSummarySchema.extend({
  /** The program, as TVMScript with one function. */
  script: z.string(),
});

const SUMMARY = {
  id: z.uuid(),
  status: z.enum(TUNE_STATUSES),
  target: z.enum(TARGET_IDS),
  budget: BudgetSchema,
  seed: z.int(),
  strategy: z.enum(STRATEGIES),
  space: z.enum(SPACES),
  search: SearchOptionsSchema,
  priority: z.int(),
  labels: z.record(z.string(), z.string()),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  trials: TrialCountsSchema.extend({ budget: z.int().positive() }),
  failures: FailuresSchema,
  /** Sums over the tasks by their weights; null as long as one is missing. Tasks with an error are left out. */
  ...SPEED,
  error: TuneErrorSchema.nullable(),
  links: z.strictObject({ self: z.string(), cancel: z.string() }),
  /** Rises with every change; also the resource's ETag. */
  version: z.int().positive(),
};

export const TuneSchema = z
  .strictObject({ ...SUMMARY, tasks: z.array(TaskSchema).min(1) })
  .meta({ id: 'Tune' });

/** A tune as it stands in a list: without scripts. */
export const TuneSummarySchema = z
  .strictObject({ ...SUMMARY, tasks: z.array(TaskSummarySchema).min(1) })
  .meta({ id: 'TuneSummary' });

export const TunePageSchema = pageOf(TuneSummarySchema).meta({ id: 'TunePage' });

export const TuneListQuerySchema = z.strictObject({
  ...pageQuery(z.uuid()),
  status: z.enum(TUNE_STATUSES).optional(),
  target: TargetIdSchema.optional(),
});

/** Which task of a tune is meant. */
export const TaskQuery = {
  /** Its position among the tasks, from 0. */
  task: z.coerce.number().int().min(0).max(MAX_TASKS).default(0),
};

export const TaskQuerySchema = z.strictObject(TaskQuery);

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
export type Task = z.infer<typeof TaskSchema>;
export type TaskSummary = z.infer<typeof TaskSummarySchema>;
export type TuneSummary = z.infer<typeof TuneSummarySchema>;
export type TunePage = z.infer<typeof TunePageSchema>;
