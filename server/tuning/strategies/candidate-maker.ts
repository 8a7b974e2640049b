/** @file From a trace to a candidate: replay on the problem's program, postprocess, or say why not. */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { attempt } from '../../../shared/schedule/errors.js';
import type { Trace } from '../../../shared/schedule/trace.js';
import type { Rng } from '../../../shared/support/rng.js';
import { createReplayer, type Replayer } from './replayer.js';
import type { SearchProblem } from './strategy.js';

export interface Candidate {
  /** Without postprocessing, all decisions taken: what mutators start from. */
  readonly design: Trace;
  /** With postprocessing: what is measured. */
  readonly trace: Trace;
  readonly func: PrimFunc;
}

export interface Rejection {
  /**
   * `schedule:<code>` of the step that is illegal with these decisions; `postproc:<name>` of the postproc that refuses
   * the schedule, and `postproc:<name>:<code>` when it cannot transform it.
   */
  readonly rejected: string;
}

export function isRejection(made: Candidate | Rejection): made is Rejection {
  return 'rejected' in made;
}

/** Replays a trace, drawing the decisions that it lacks, and applies the space's postprocs. */
export function makeCandidate(
  { func, target, space }: SearchProblem,
  trace: Trace,
  rng: Rng,
  replay: Replayer = createReplayer(func),
): Candidate | Rejection {
  const postprocs = Object.entries(space.postprocs);
  return rejectingRefusals('schedule', () => {
    const schedule = replay(trace, rng);
    const design = schedule.trace;
    if (postprocs.length > 0) schedule.enterPostproc();
    for (const [name, postproc] of postprocs) {
      const rejection = rejectingRefusals(`postproc:${name}`, () =>
        postproc(schedule, target) ? null : { rejected: `postproc:${name}` },
      );
      if (rejection !== null) return rejection;
    }
    return { design, trace: schedule.trace, func: schedule.func };
  });
}

function rejectingRefusals<T>(step: string, work: () => T): T | Rejection {
  return attempt(work, ({ code }): Rejection => ({ rejected: `${step}:${code}` }));
}
