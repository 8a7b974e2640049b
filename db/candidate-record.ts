/** @file Candidates as the program sees them, and how rows become them. */
import { z } from 'zod';
import { FinalTimesSchema, type FinalTimes } from '../shared/protocol/candidate.js';
import {
  EngineFingerprintSchema,
  FAILURE_CODES,
  failed,
  MeasuredSchema,
  TraceJsonSchema,
  type MeasureOutcome,
  type Measured,
  type TraceJson,
} from '../shared/protocol/measure.js';
import { jsonColumn } from './statement.js';

/** The trial number of the program as submitted, without a schedule. */
export const BASELINE_TRIAL = -1;

/** How a candidate came about. */
export interface Origin {
  /** The measured trial that it descends from; null when it was drawn at random. */
  readonly parent: number | null;
  /** What was changed since, in order. */
  readonly mutations: readonly string[];
}

/** Of the baseline, and of candidates that were drawn at random. */
export const NO_ORIGIN: Origin = { parent: null, mutations: [] };

export interface CandidateRecord {
  /** From 0, or `BASELINE_TRIAL`. */
  readonly trial: number;
  readonly round: number;
  readonly trace: TraceJson;
  /** Equal traces have equal hashes. */
  readonly traceHash: string;
  /** Of the lowered program, which several traces may make; null when it was not lowered. */
  readonly programHash: string | null;
  readonly origin: Origin;
  /** The cost model's score before it was measured, higher is faster; null when there was no model. */
  readonly predicted: number | null;
  readonly createdAt: number;
  readonly outcome: MeasureOutcome;
  /** How it did among the finalists, if it was one. */
  readonly final: FinalTimes | null;
}

export type MeasuredRecord = CandidateRecord & { readonly outcome: Measured };

/** Selects rows for `CandidateRow`; conditions on `candidates` may follow. */
export const SELECT_CANDIDATE = `
  SELECT candidates.*, engines.fingerprint
  FROM candidates LEFT JOIN engines ON engines.id = candidates.engine_id`;

/** What the column `measurement` holds: what queries never look at. */
const MeasurementSchema = MeasuredSchema.omit({ status: true, medianNs: true, engine: true }).strip();

export function measurementJson(measured: Measured): string {
  return JSON.stringify(MeasurementSchema.parse(measured));
}

const COMMON = {
  trial: z.int(),
  round: z.int(),
  trace: jsonColumn(TraceJsonSchema),
  trace_hash: z.string(),
  program_hash: z.string().nullable(),
  parent: z.int().nullable(),
  mutations: jsonColumn(z.array(z.string())),
  predicted: z.number().nullable(),
  created_at: z.int(),
  final_times: jsonColumn(FinalTimesSchema).nullable(),
};

type CommonRow = z.output<z.ZodObject<typeof COMMON>>;

function candidateOf<O extends MeasureOutcome>(row: CommonRow, outcome: O) {
  return {
    trial: row.trial,
    round: row.round,
    trace: row.trace,
    traceHash: row.trace_hash,
    programHash: row.program_hash,
    origin: { parent: row.parent, mutations: row.mutations },
    predicted: row.predicted,
    createdAt: row.created_at,
    outcome,
    final: row.final_times,
  };
}

/** A row of a candidate that was measured. */
export const MeasuredRow = z
  .object({
    ...COMMON,
    status: z.literal('measured'),
    median_ns: z.number(),
    measurement: jsonColumn(MeasurementSchema),
    fingerprint: jsonColumn(EngineFingerprintSchema),
  })
  .transform((row): MeasuredRecord =>
    candidateOf(row, {
      ...row.measurement,
      status: row.status,
      medianNs: row.median_ns,
      engine: row.fingerprint,
    }),
  );

const FailedRow = z
  .object({ ...COMMON, status: z.literal('failed'), code: z.enum(FAILURE_CODES), message: z.string() })
  .transform((row): CandidateRecord => candidateOf(row, failed(row.code, row.message)));

export const CandidateRow: z.ZodType<CandidateRecord> = z.union([MeasuredRow, FailedRow]);
