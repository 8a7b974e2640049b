/** @file What the strategies share: drawing from the space, telling new programs from known ones, keeping count. */
import { NO_ORIGIN, type Origin } from '../../../db/candidate-record.js';
import type { ModelSnapshot } from '../../../shared/protocol/model.js';
import { simplified, traceToJson, type Trace } from '../../../shared/schedule/trace.js';
import { createBoundedMap } from '../../../shared/support/bounded-map.js';
import { at } from '../../../shared/support/errors.js';
import { createRng, type Rng } from '../../../shared/support/rng.js';
import { jsonHash } from '../../json-hash.js';
import { storedTrace } from '../stored-trace.js';
import { isRejection, makeCandidate, type Candidate } from './candidate-maker.js';
import { createProgramSet, programOf, type Program, type ProgramSet } from './program-set.js';
import type { PastTrial, Proposal, RoundPlan, RoundRequest } from './round.js';
import { createReplayer, type Replayer } from './replayer.js';
import type { SearchProblem } from './strategy.js';

/** A candidate of a search, measured or not. */
export interface Individual extends Candidate {
  readonly program: Program;
  readonly origin: Origin;
}

/** One per search; what it remembers only saves work. */
export interface SearchContext {
  readonly openRound: (request: RoundRequest) => RoundContext;
}

export interface RoundContext {
  /** The round's own stream. */
  readonly rng: Rng;
  /** The programs of the history and of the proposals so far, and the program as it is. */
  readonly seen: ProgramSet;
  /** The trials of the history that still can be replayed. */
  readonly past: () => readonly PastIndividual[];
  readonly replay: Replayer;
  /** Makes a candidate of a trace; null when it is rejected, which is counted. */
  readonly make: (trace: Trace, origin: Origin, rng: Rng) => Individual | null;
  /**
   * A random candidate of the space that is new to `known`; null after so many failures in a row, `MAX_FAILED_DRAWS` unless
   * given.
   */
  readonly draw: (known: ProgramSet, rng: Rng, maxFailures?: number) => Individual | null;
  readonly countDuplicate: () => void;
  readonly plan: (
    picks: readonly (readonly [Individual, predicted: number | null])[],
    end?: { readonly exhausted?: boolean; readonly model?: ModelSnapshot | null },
  ) => RoundPlan;
}

export interface PastIndividual {
  readonly trial: PastTrial;
  readonly individual: Individual;
}

/** Draws in a row that give nothing new before there is no sense in going on (TVM's `max_fail_count`). */
const MAX_FAILED_DRAWS = 100;
/** The last of equally likely programs is missed by so many draws per program with a probability of e^-10. */
const DRAWS_PER_PROGRAM = 10;
/** Replayed trials that are kept. */
const MAX_REPLAYED = 4096;

/** Draws in a row that give nothing new before a space counts as exhausted of which so many programs are known. */
export function failuresUntilExhausted(programs: number): number {
  return Math.max(MAX_FAILED_DRAWS, DRAWS_PER_PROGRAM * programs);
}

export function createSearchContext(problem: SearchProblem): SearchContext {
  const root = createRng(problem.seed);
  const generator = { target: problem.target, rng: root.fork('designs') };
  // Fresh decisions for every draw: a design's own are only those of its making.
  const designs = problem.space
    .generate(problem.func, generator)
    .map(({ trace }): Trace => ({ ...simplified(trace, { removePostproc: true }), decisions: new Map() }));
  const replayed = createBoundedMap<Individual | null>(MAX_REPLAYED);
  const baseline = programOf(problem.func);
  const replayTrace = createReplayer(problem.func);

  const replay = (trial: PastTrial): Individual | null => {
    const known = replayed.get(trial.traceHash);
    if (known !== undefined) return known;
    const trace = storedTrace(trial.trace);
    const made = trace === null ? null : makeCandidate(problem, trace, root, replayTrace);
    const individual = made === null || isRejection(made) ? null : individualOf(made, NO_ORIGIN);
    replayed.set(trial.traceHash, individual);
    return individual;
  };

  const openRound = (request: RoundRequest): RoundContext => {
    const rng = root.fork(`round ${request.round}`);
    const seen = createProgramSet();
    seen.add(baseline);
    for (const trial of request.history)
      seen.addLater(trial.programHash, () => replay(trial)?.program ?? null);
    const rejected: Record<string, number> = {};
    let generated = 0;
    const reject = (reason: string): null => {
      rejected[reason] = (rejected[reason] ?? 0) + 1;
      return null;
    };
    const make = (trace: Trace, origin: Origin, stream: Rng): Individual | null => {
      generated++;
      const made = makeCandidate(problem, trace, stream, replayTrace);
      return isRejection(made) ? reject(made.rejected) : individualOf(made, origin);
    };
    return {
      rng,
      replay: replayTrace,
      seen,
      past: () =>
        request.history.flatMap((trial) => {
          const individual = replay(trial);
          const origin = { parent: trial.trial, mutations: [] };
          return individual === null ? [] : [{ trial, individual: { ...individual, origin } }];
        }),
      make,
      draw: (known, stream, maxFailures = MAX_FAILED_DRAWS) => {
        for (let failed = 0; failed < maxFailures && designs.length > 0; failed++) {
          const individual = make(at(designs, stream.nextInt(designs.length)), NO_ORIGIN, stream);
          if (individual === null) continue;
          if (!seen.has(individual.program) && known.add(individual.program)) return individual;
          reject('duplicate');
        }
        return null;
      },
      countDuplicate: () => void reject('duplicate'),
      plan: (picks, { exhausted = false, model = null } = {}) => {
        const proposals = picks.map(([individual, predicted]) => {
          const proposal = proposalOf(individual, predicted);
          replayed.set(proposal.traceHash, individual);
          return proposal;
        });
        return { proposals, generated, rejected, model, exhausted };
      },
    };
  };
  return { openRound };
}

function individualOf(made: Candidate, origin: Origin): Individual {
  return { ...made, program: programOf(made.func), origin };
}

function proposalOf({ trace, program, origin }: Individual, predicted: number | null): Proposal {
  const json = traceToJson(trace);
  return {
    trace: json,
    traceHash: jsonHash(json),
    programHash: program.hash,
    origin,
    predicted,
  };
}
