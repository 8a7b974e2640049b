/** @file From what a candidate threw to what its record says. */
import type { Failed, FailureCode } from '../../shared/protocol/measure.js';
import { failed } from '../../shared/protocol/measure.js';
import { InputError } from '../../shared/support/errors.js';

/** A candidate's failure, found by the measuring code itself. */
export class CandidateError extends Error {
  override readonly name = 'CandidateError';
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** Where a candidate was when something was thrown: an exhausted stack means different things there. */
export type Phase = 'reference' | 'build' | 'run';

/**
 * Turns an error into the outcome it means. A defect of ours also costs only the candidate, but its message says
 * `internal` and its stack is handed to `reportDefect`.
 */
export function failureOf(error: unknown, phase: Phase, reportDefect: (error: unknown) => void): Failed {
  if (error instanceof CandidateError) return failed(error.code, error.message);
  if (error instanceof InputError) return failed('build_error', error.message);
  if (error instanceof WebAssembly.RuntimeError) return failed('trap', error.message);
  if (error instanceof WebAssembly.CompileError || error instanceof WebAssembly.LinkError) {
    return failed('build_error', error.message);
  }
  if (error instanceof RangeError && /stack/i.test(error.message)) {
    return failed(phase === 'build' ? 'build_error' : 'trap', error.message);
  }
  reportDefect(error);
  const text = error instanceof Error ? error.message : String(error);
  return failed('build_error', text.startsWith('internal:') ? text : `internal: ${text}`);
}
