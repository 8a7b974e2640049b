/** @file From a submission to a checked program. Whatever is wrong is found here, before anything is stored. */
import type { Program } from '../db/workloads.js';
import { flopsOf } from '../shared/ir/flops.js';
import { checkLimits } from '../shared/ir/limits.js';
import type { PrimFunc } from '../shared/ir/prim-func.js';
import { verifyFunc } from '../shared/ir/verify.js';
import type { TuneSubmission } from '../shared/protocol/tune.js';
import { parseScript } from '../shared/script/parse.js';
import { printScript } from '../shared/script/print.js';
import { InputError, invariant } from '../shared/support/errors.js';
import { buildWorkload } from '../shared/te/workload-table.js';

const MAX_LISTED_NAMES = 10;

export interface ReadSubmission {
  readonly program: Program;
  /** The workload with all its parameters; null for a script. */
  readonly workloadSpec: string | null;
}

/**
 * Builds and checks the program of a submission.
 * @throws InputError with a JSON pointer into the submission, and line and column where it is a script's.
 */
export function readSubmission(submission: TuneSubmission): ReadSubmission {
  const { workload, script, func } = submission;
  if (workload !== undefined) {
    return at('/workload', () => {
      const built = buildWorkload(workload);
      return { program: checkedProgram(built.func), workloadSpec: built.spec };
    });
  }
  invariant(script !== undefined, 'a submission has a workload or a script');
  return at('/script', () => ({
    program: checkedProgram(chooseFunction(script, func)),
    workloadSpec: null,
  }));
}

/** Limits come first: they bound what the other checks cost. */
function checkedProgram(func: PrimFunc): Program {
  checkLimits(func);
  verifyFunc(func);
  return { func, script: printScript(func), flops: flopsOf(func) };
}

/** The script's function of that name, or its only one. */
function chooseFunction(script: string, name: string | undefined): PrimFunc {
  const { functions } = parseScript(script);
  const names = listed(functions.map((f) => f.name));
  if (name === undefined) {
    const [only, ...others] = functions;
    if (only !== undefined && others.length === 0) return only;
    throw new InputError(
      'AMBIGUOUS_FUNCTION',
      functions.length === 0
        ? 'the script has no function'
        : `the script has several functions (${names}); choose one with "func"`,
    );
  }
  const chosen = functions.find((f) => f.name === name);
  if (chosen === undefined) {
    throw new InputError(
      'UNKNOWN_FUNCTION',
      `the script has no function ${JSON.stringify(name)}, but ${names}`,
      { pointer: '/func' },
    );
  }
  return chosen;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED_NAMES).join(', ');
  return names.length > MAX_LISTED_NAMES ? `${shown}, …` : shown;
}

/** Adds to the faults of `read` which member of the submission they are about. */
function at<T>(pointer: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.code, error.message, { pointer, ...error.place });
  }
}
