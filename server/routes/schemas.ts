/** @file Parts of route schemas that several routes share. */
import { z } from 'zod';
import { PROBLEM_MEDIA_TYPE, ProblemSchema } from '../../shared/protocol/problem.js';

/** Not checked to be a UUID: what is none is not found either. */
export const TuneIdParams = z.strictObject({ id: z.string().meta({ description: 'Id of the tune' }) });

type Refusal = 400 | 401 | 404 | 409 | 413 | 415 | 422 | 429 | 503;

/** The documentation of refusals, by status. */
export function refusals(descriptions: { readonly [S in Refusal]?: string }) {
  return Object.fromEntries(
    Object.entries(descriptions).map(([status, description]) => [
      status,
      { description, content: { [PROBLEM_MEDIA_TYPE]: { schema: ProblemSchema } } },
    ]),
  );
}

/** The documentation of an answer that is a file. */
export function fileOf(mediaType: string, description: string) {
  return {
    description,
    content: { [mediaType]: { schema: z.unknown().meta({ type: 'string', format: 'binary' }) } },
  };
}

/** The documentation of an answer without a body. */
export function nothing(description: string) {
  return z.null().describe(description);
}
