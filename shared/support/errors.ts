/**
 * @file The classes of failure, by what the caller should do about them.
 *
 * - `InputError`: the caller's program, spec or trace is refused. Expected; becomes a 4xx that names the place.
 * - `ScheduleError` (shared/schedule/errors.ts): this candidate is rejected. Expected; the search goes on.
 * - `InternalError`: a defect of ours. Never caught to carry on: it stops the work and shows where.
 */

/** Where in the caller's text or value the fault lies. Lines and columns are 1-based. */
export interface Place {
  readonly line?: number;
  readonly column?: number;
  /** The offending source text, at most one line of it. */
  readonly text?: string;
  /** JSON pointer into a request body, e.g. `/budget/trials`. */
  readonly pointer?: string;
}

/** The caller's input is refused. `code` is stable and machine-readable, `message` is for a person. */
export class InputError extends Error {
  override readonly name = 'InputError';
  readonly code: string;
  readonly place: Place;

  constructor(code: string, message: string, place: Place = {}) {
    super(message);
    this.code = code;
    this.place = place;
  }
}

/** A defect: an invariant of ours does not hold. */
export class InternalError extends Error {
  override readonly name = 'InternalError';

  constructor(message: string) {
    super(`internal: ${message}`);
  }
}

/** Asserts an invariant of ours and narrows its type. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/** `array[index]`, which an invariant says exists. */
export function at<T>(array: ArrayLike<T>, index: number): T {
  if (index < 0 || index >= array.length) {
    throw new InternalError(`index ${index} is outside of an array of ${array.length}`);
  }
  return array[index] as T;
}

/** `map.get(key)`, which an invariant says exists. */
export function lookup<K, V>(map: ReadonlyMap<K, V>, key: K, what: string): V {
  const value = map.get(key);
  if (value === undefined) throw new InternalError(`${what} is missing`);
  return value;
}
