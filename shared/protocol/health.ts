/** @file Answers to who watches the process. */
import { z } from 'zod';

/** The process answers requests. */
export const LivenessSchema = z.strictObject({ status: z.literal('ok') });

/** Whether it takes work, and what each part says. */
export const ReadinessSchema = z.strictObject({
  status: z.enum(['ready', 'not ready']),
  /** By part: `ok`, or what is wrong with it. */
  checks: z.record(z.string(), z.string()),
});

export type Readiness = z.infer<typeof ReadinessSchema>;
