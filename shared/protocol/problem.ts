/** @file Refusals on the wire: RFC 9457 problem details, `application/problem+json`. */
import { z } from 'zod';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** One fault of several in a request. */
export const FaultSchema = z.strictObject({
  /** JSON pointer into the body, or `/name` of a query, path or header parameter. */
  pointer: z.string(),
  detail: z.string(),
});

export const ProblemSchema = z
  .strictObject({
    /** Always `about:blank`: `code` tells problems apart. */
    type: z.string(),
    /** The phrase of the HTTP status. */
    title: z.string(),
    status: z.int().min(400).max(599),
    /** Stable and machine-readable. */
    code: z.string(),
    /** For a person: what is wrong. */
    detail: z.string(),
    /** Of the log lines of this request. */
    requestId: z.string(),
    /** Where in the body the fault lies, as a JSON pointer. */
    pointer: z.string().optional(),
    /** Where in the script it lies, 1-based. */
    line: z.int().optional(),
    column: z.int().optional(),
    /** The text at fault. */
    text: z.string().optional(),
    /** All faults, when the shape of the request is wrong. */
    errors: z.array(FaultSchema).optional(),
  })
  .meta({ id: 'Problem' });

export type Fault = z.infer<typeof FaultSchema>;
export type Problem = z.infer<typeof ProblemSchema>;
