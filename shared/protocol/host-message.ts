/**
 * @file Messages between the server and a measuring host, in both directions. The host answers every job with exactly
 * one `result` or `error` of the same `id`, in any order.
 */
import { z } from 'zod';
import {
  ArtifactOutcomeSchema,
  ArtifactRequestSchema,
  EngineFingerprintSchema,
  MeasureOutcomeSchema,
  MeasureRequestSchema,
  RaceOutcomeSchema,
  RaceRequestSchema,
} from './measure.js';

const JobId = z.int().nonnegative();

/** Server to host. `cancel` ends a job, waiting or running, which is then answered with the failure `lost`. */
export const ToHostSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('measure'), id: JobId, request: MeasureRequestSchema }),
  z.strictObject({ type: z.literal('race'), id: JobId, request: RaceRequestSchema }),
  z.strictObject({ type: z.literal('artifact'), id: JobId, request: ArtifactRequestSchema }),
  z.strictObject({ type: z.literal('cancel'), id: JobId }),
  z.strictObject({ type: z.literal('shutdown') }),
]);

/**
 * Host to server. `ready` comes once, first. `error` means that the host could not even try: the request is malformed
 * (`code` of the input error) or the host has a defect (`INTERNAL`).
 */
export const FromHostSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready'), engine: EngineFingerprintSchema }),
  z.strictObject({ type: z.literal('measured'), id: JobId, outcome: MeasureOutcomeSchema }),
  z.strictObject({ type: z.literal('raced'), id: JobId, outcome: RaceOutcomeSchema }),
  z.strictObject({ type: z.literal('built'), id: JobId, outcome: ArtifactOutcomeSchema }),
  z.strictObject({ type: z.literal('error'), id: JobId.nullable(), code: z.string(), message: z.string() }),
]);

export type ToHost = z.infer<typeof ToHostSchema>;
export type FromHost = z.infer<typeof FromHostSchema>;

/** The messages that ask for work. */
export type HostJob = Extract<ToHost, { readonly type: 'measure' | 'race' | 'artifact' }>;
