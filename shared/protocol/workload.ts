/** @file The built-in workloads on the wire. */
import { z } from 'zod';

export const WorkloadSchema = z
  .strictObject({
    name: z.string(),
    summary: z.string(),
    /** In the order of the specification. */
    params: z.array(
      z.strictObject({
        name: z.string(),
        default: z.int(),
        min: z.int(),
        max: z.int(),
        doc: z.string(),
      }),
    ),
    /** The specification with all defaults, ready to be submitted. */
    spec: z.string(),
  })
  .meta({ id: 'Workload' });

export const WorkloadListSchema = z.strictObject({ items: z.array(WorkloadSchema) });

export type Workload = z.infer<typeof WorkloadSchema>;
