/**
 * @file Strategy replay-trace: random search. Each candidate is a design of the space, drawn uniformly, replayed with
 * fresh decisions. The baseline that cleverer strategies must beat.
 */
import { createHash } from 'node:crypto';
import { structuralEqual, structuralHash } from '../../../shared/ir/structural.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { Target } from '../../../shared/protocol/target.js';
import { ScheduleError } from '../../../shared/schedule/errors.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { applyTrace, simplified, traceToJson, type Trace } from '../../../shared/schedule/trace.js';
import { at } from '../../../shared/support/errors.js';
import { createRng, type Rng } from '../../../shared/support/rng.js';
import type { Postproc, SpaceGenerator } from '../space.js';
import type { Proposal, Strategy } from './strategy.js';

/** Draws in a row that give nothing new before the space counts as exhausted (TVM's `max_fail_count`). */
const MAX_FAILED_DRAWS = 100;

export interface SearchProblem {
  readonly func: PrimFunc;
  readonly target: Target;
  readonly space: SpaceGenerator;
  readonly postprocs: readonly Postproc[];
  readonly seed: number;
}

export function createReplayTrace(problem: SearchProblem): Strategy {
  const { func, target, space, postprocs, seed } = problem;
  const root = createRng(seed);
  const designs = space(func, { target, rng: root.fork('designs') }).map((design) => design.trace);
  const seen = createProgramSet(func);
  let draws = 0;
  return {
    next: () => {
      for (let failed = 0; failed < MAX_FAILED_DRAWS && designs.length > 0; failed++) {
        const schedule = draw(func, designs, root.fork(`draw ${draws++}`));
        if (schedule === null || !postprocs.every((accepts) => accepts(schedule, target))) continue;
        const programHash = seen.add(schedule.func);
        if (programHash !== null) return proposalOf(schedule, programHash);
      }
      return null;
    },
  };
}

/** A design with fresh decisions; `null` when the decisions do not go together. */
function draw(func: PrimFunc, designs: readonly Trace[], rng: Rng): Schedule | null {
  try {
    return applyTrace(func, at(designs, rng.nextInt(designs.length)), { rng, decide: () => null });
  } catch (error) {
    if (error instanceof ScheduleError) return null;
    throw error;
  }
}

function proposalOf(schedule: Schedule, programHash: string): Proposal {
  const trace = traceToJson(simplified(schedule.trace, { removePostproc: false }));
  return {
    trace: [...trace],
    traceHash: createHash('sha256').update(JSON.stringify(trace)).digest('hex'),
    programHash,
  };
}

interface ProgramSet {
  /** The program's hash, `null` when an equal program is in the set already. */
  readonly add: (func: PrimFunc) => string | null;
}

/** Programs up to structural equality: the hash finds the bucket, equality decides. */
function createProgramSet(first: PrimFunc): ProgramSet {
  const buckets = new Map<string, PrimFunc[]>();
  const add = (func: PrimFunc): string | null => {
    const hash = structuralHash(func);
    const bucket = buckets.get(hash) ?? [];
    if (bucket.some((other) => structuralEqual(other, func))) return null;
    buckets.set(hash, [...bucket, func]);
    return hash;
  };
  add(first); // the program as it is: that is the baseline
  return { add };
}
