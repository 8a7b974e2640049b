/** @file From a submission to checked programs. Whatever is wrong is found here, before anything is stored. */
import type { NewTask } from '../db/tunes.js';
import type { Program } from '../db/workloads.js';
import { flopsOf } from '../shared/ir/flops.js';
import { withConstants } from '../shared/ir/constants.js';
import { checkLimits } from '../shared/ir/limits.js';
import type { PrimFunc } from '../shared/ir/prim-func.js';
import { verifyFunc } from '../shared/ir/verify.js';
import { MAX_TASKS, type TuneSubmission } from '../shared/protocol/tune.js';
import { parseScript } from '../shared/script/parse.js';
import { printScript } from '../shared/script/print.js';
import { InputError, invariant } from '../shared/support/errors.js';
import { buildWorkload } from '../shared/te/workload-table.js';

const MAX_LISTED_NAMES = 10;

/**
 * Builds and checks the programs of a submission.
 * @throws InputError with a JSON pointer into the submission, and line and column where it is a script's.
 */
export function readSubmission(submission: TuneSubmission): NewTask[] {
  const { tasks: programs } = submission;
  const tasks =
    programs?.flatMap((program, i) => readPrograms(program, `/tasks/${i}`)) ??
    readPrograms({ ...submission, weight: 1 }, '');
  if (tasks.length <= MAX_TASKS) return tasks;
  const message = `there are ${tasks.length} functions; a tune has ${MAX_TASKS} at most`;
  throw new InputError('TOO_MANY_TASKS', message, { pointer: programs === undefined ? '/script' : '/tasks' });
}

type SubmittedProgram = NonNullable<TuneSubmission['tasks']>[number];

/** @param pointer to the program in the submission */
function readPrograms(submitted: SubmittedProgram, pointer: string): NewTask[] {
  const { workload, script, func, constants, weight } = submitted;
  if (workload !== undefined) {
    const built = at(`${pointer}/workload`, () => buildWorkload(workload));
    const [declared] = at(`${pointer}/constants`, () => declareConstants([built.func], constants));
    invariant(declared !== undefined, 'a workload is a function');
    return at(`${pointer}/workload`, () => [
      { program: checkedProgram(declared), workloadSpec: built.spec, weight },
    ]);
  }
  invariant(script !== undefined, 'a program is a workload or a script');
  const funcs = at(`${pointer}/script`, () => parseScript(script).functions);
  const chosen = func === undefined ? funcs : at(`${pointer}/func`, () => [functionOf(funcs, func)]);
  const declared = at(`${pointer}/constants`, () => declareConstants(chosen, constants));
  return at(`${pointer}/script`, () =>
    declared.map((f) => ({ program: checkedProgram(f), workloadSpec: null, weight })),
  );
}

/** Of several functions each takes the names that it has; what none of them has is refused. */
function declareConstants(funcs: readonly PrimFunc[], names: readonly string[]): PrimFunc[] {
  const unknown = new Set(names.filter((name) => !funcs.some((func) => hasParam(func, name))));
  return funcs.map((func) =>
    withConstants(
      func,
      names.filter((name) => unknown.has(name) || hasParam(func, name)),
    ),
  );
}

function hasParam({ params }: PrimFunc, name: string): boolean {
  return params.some((b) => b.name === name);
}

/** Limits come first: they bound what the other checks cost. */
function checkedProgram(func: PrimFunc): Program {
  checkLimits(func);
  verifyFunc(func);
  return { func, script: printScript(func), flops: flopsOf(func) };
}

function functionOf(funcs: readonly PrimFunc[], name: string): PrimFunc {
  const chosen = funcs.find((f) => f.name === name);
  if (chosen === undefined) {
    const names = listed(funcs.map((f) => f.name));
    throw new InputError(
      'UNKNOWN_FUNCTION',
      `the script has no function ${JSON.stringify(name)}, but ${names}`,
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
