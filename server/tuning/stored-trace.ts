/** @file Traces that were stored, perhaps by an older version of this program. */
import type { TraceJson } from '../../shared/protocol/measure.js';
import { traceFromJson, type Trace } from '../../shared/schedule/trace.js';
import { InputError } from '../../shared/support/errors.js';

/** Null when the trace has steps that there are no more. */
export function storedTrace(json: TraceJson): Trace | null {
  try {
    return traceFromJson(json);
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}
