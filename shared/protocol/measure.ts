/**
 * @file Measuring: what is asked of a worker and what it answers. These shapes travel as JSON, between processes today
 * and between machines later.
 *
 * Every candidate ends in exactly one state: measured, or failed with a code. Times are nanoseconds per run of the
 * kernel.
 */
import { z } from 'zod';
import { TARGET_IDS } from './target.js';

export const FAILURE_CODES = [
  'build_error',
  'trap',
  'timeout',
  'oom',
  'wrong_result',
  'not_finite',
  'lost',
  'rejected',
] as const;

export type FailureCode = (typeof FAILURE_CODES)[number];

/** What each code says about the candidate. */
export const FAILURES: { readonly [C in FailureCode]: string } = {
  build_error: 'it could not be compiled',
  trap: 'it trapped while running',
  timeout: 'it took longer than the time allowed',
  oom: 'it needed more memory than there is',
  wrong_result: 'its output differs from the reference',
  not_finite: 'its output has NaN or infinity where the reference has none',
  lost: 'the worker died while it was measured',
  rejected: 'its trace cannot be applied to the program',
};

/** A trace in TVM's JSON form: instructions, then decisions. The worker's trace codec checks what is inside. */
export const TraceJsonSchema = z.tuple([z.array(z.unknown()), z.array(z.unknown())]);

export const EMPTY_TRACE: TraceJson = [[], []];

export const EngineFingerprintSchema = z.strictObject({
  engine: z.literal('node'),
  version: z.string(),
  v8: z.string(),
  /** V8 flags that the host set before the first compilation. */
  flags: z.array(z.string()),
  cpu: z.string(),
  cores: z.int().positive(),
  arch: z.string(),
  /** Short hash of all the others: equal exactly when times are comparable. */
  id: z.string(),
});

export const MeasureOptionsSchema = z.strictObject({
  /** Time allowed to build (replay the trace, lower, emit, validate). */
  buildTimeoutMs: z.number().positive().default(10_000),
  /** Time allowed to check and to time the kernel; also for computing the reference. */
  timeoutMs: z.number().positive().default(10_000),
  samples: z.int().min(1).max(100).default(5),
  /** A sample is a batch of runs that takes at least this long. */
  minSampleMs: z.number().positive().default(10),
  warmupMs: z.number().nonnegative().default(200),
  /** Best time so far: a candidate whose first sample is more than 3 times slower gets no further samples. */
  stopAboveNs: z.number().positive().optional(),
});

/** What every job names: the program, as TVMScript with one function, and the target. */
const PROGRAM = { script: z.string(), target: z.enum(TARGET_IDS) };

export const MeasureRequestSchema = z.strictObject({
  ...PROGRAM,
  trace: TraceJsonSchema,
  options: MeasureOptionsSchema.prefault({}),
});

/** Measures several candidates against each other: in every round each is sampled once, in random order. */
export const RaceRequestSchema = z.strictObject({
  ...PROGRAM,
  traces: z.array(TraceJsonSchema).min(1).max(32),
  rounds: z.int().min(1).max(100).default(20),
  /** Of the order within the rounds. */
  seed: z.int().default(0),
  options: MeasureOptionsSchema.prefault({}),
});

/** Builds the files that the user takes away. */
export const ArtifactRequestSchema = z.strictObject({
  ...PROGRAM,
  trace: TraceJsonSchema,
  /** The loader's name for its `.wasm` neighbour, without the extension. */
  fileName: z.string().regex(/^[\w.-]+$/),
  /** Time allowed to build the kernel, and again to check it. */
  timeoutMs: z.number().positive().default(10_000),
});

export const FailedSchema = z.strictObject({
  status: z.literal('failed'),
  code: z.enum(FAILURE_CODES),
  message: z.string(),
});

const TIMES = {
  medianNs: z.number().positive(),
  samplesNs: z.array(z.number().positive()).min(1),
  /** Median absolute deviation of the samples, relative to their median. */
  spread: z.number().nonnegative(),
  /** Runs per sample. */
  batch: z.int().positive(),
};

export const MeasuredSchema = z.strictObject({
  status: z.literal('measured'),
  ...TIMES,
  /** What one step of the anchor kernel took just before: how fast the machine was. Null in records from before it. */
  anchorNs: z.number().positive().nullable(),
  /** Replay, lowering, emission and validation. */
  compileMs: z.number().nonnegative(),
  /** The checked run, with the engine's compilation. */
  checkMs: z.number().nonnegative(),
  wasmBytes: z.int().positive(),
  /** Largest absolute difference from the reference; 0 when `exact`. */
  maxError: z.number().nonnegative(),
  /** Whether the output had to match bit by bit. */
  exact: z.boolean(),
  engine: EngineFingerprintSchema,
});

export const MeasureOutcomeSchema = z.discriminatedUnion('status', [MeasuredSchema, FailedSchema]);

export const RaceEntrySchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('measured'), ...TIMES }),
  FailedSchema,
]);

/** `entries` in the order of the request's traces. A race fails as a whole only when the worker or the program does. */
export const RaceOutcomeSchema = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('raced'),
    entries: z.array(RaceEntrySchema),
    engine: EngineFingerprintSchema,
  }),
  FailedSchema,
]);

export const ArtifactOutcomeSchema = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('built'), wasmBase64: z.base64(), mjs: z.string(), dts: z.string() }),
  FailedSchema,
]);

export type TraceJson = z.infer<typeof TraceJsonSchema>;
export type EngineFingerprint = z.infer<typeof EngineFingerprintSchema>;
export type MeasureOptions = z.infer<typeof MeasureOptionsSchema>;
/** Requests as the caller writes them: what has a default may be left out. */
export type MeasureRequest = z.input<typeof MeasureRequestSchema>;
export type RaceRequest = z.input<typeof RaceRequestSchema>;
export type ArtifactRequest = z.input<typeof ArtifactRequestSchema>;
/** Requests as the worker gets them, complete. */
export type MeasureJob = z.output<typeof MeasureRequestSchema>;
export type RaceJob = z.output<typeof RaceRequestSchema>;
export type ArtifactJob = z.output<typeof ArtifactRequestSchema>;
export type Measured = z.infer<typeof MeasuredSchema>;
export type Failed = z.infer<typeof FailedSchema>;
export type MeasureOutcome = z.infer<typeof MeasureOutcomeSchema>;
export type RaceEntry = z.infer<typeof RaceEntrySchema>;
export type RaceOutcome = z.infer<typeof RaceOutcomeSchema>;
export type ArtifactOutcome = z.infer<typeof ArtifactOutcomeSchema>;

export function failed(code: FailureCode, message: string): Failed {
  return { status: 'failed', code, message };
}
