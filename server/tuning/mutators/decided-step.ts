/**
 * @file What mutators are made of: the sampling steps of a trace with their decisions, what else a step may decide, and
 * the trace in which it does.
 */
import {
  SIGNATURES,
  type Decision,
  type DecisionOf,
  type InstructionKind,
  type InstructionOf,
} from '../../../shared/schedule/instruction.js';
import type { RV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { withDecision, type Trace } from '../../../shared/schedule/trace.js';
import { namesOf } from '../../../shared/schedule/trace-names.js';
import { at, invariant, lookup } from '../../../shared/support/errors.js';
import type { Rng } from '../../../shared/support/rng.js';
import { createReplayer } from '../strategies/replayer.js';
import type { Mutation, MutatorContext } from './mutator.js';
import { shuffled } from './shuffled.js';

/** The kinds of instructions that decide something. */
export type SamplingKind = {
  [K in InstructionKind]: DecisionOf<K> extends null ? never : K;
}[InstructionKind];

/** A sampling step and what it decides. */
export interface DecidedStepOf<K extends SamplingKind> {
  readonly kind: K;
  readonly inst: InstructionOf<K>;
  readonly decision: DecisionOf<K>;
}

export type DecidedStep = { [K in SamplingKind]: DecidedStepOf<K> }[SamplingKind];

/** The sampling steps of which the trace records decisions, in order, up to postprocessing. */
export function decidedSteps({ insts, decisions }: Trace): DecidedStep[] {
  const steps: DecidedStep[] = [];
  for (const inst of insts) {
    if (inst.kind === 'EnterPostproc') break;
    const decision = decisions.get(inst);
    // A recorded decision is of the sort that its instruction's signature says.
    if (decision !== undefined) steps.push({ kind: inst.kind, inst, decision } as DecidedStep);
  }
  return steps;
}

/** Those of one kind. */
export function decidedStepsOf<K extends SamplingKind>(
  trace: Trace,
  kind: K,
): Extract<DecidedStep, { kind: K }>[] {
  return decidedSteps(trace).filter((step): step is Extract<DecidedStep, { kind: K }> => step.kind === kind);
}

/** What a step decides, and what it may decide instead, in ascending order. */
export interface Alternatives<D extends Decision> {
  readonly current: D;
  readonly others: readonly D[];
}

/** The next smaller and the next larger alternative, as far as there are any. */
export function adjacent<D extends Decision>(
  { current, others }: Alternatives<D>,
  sizeOf: (decision: D) => number,
): D[] {
  const size = sizeOf(current);
  const smaller = others.findLast((other) => sizeOf(other) < size);
  const larger = others.find((other) => sizeOf(other) > size);
  return [smaller, larger].filter((other) => other !== undefined);
}

/** The schedule as a step finds it, and the step with the decision that it takes there. */
export interface Site<S extends DecidedStep> {
  readonly schedule: Schedule;
  readonly step: S;
}

/**
 * Replays a trace up to a step. A decision that was made for another program is mended there.
 *
 * @throws ScheduleError from the first instruction that is illegal.
 */
export function siteOf<S extends DecidedStep>(trace: Trace, step: S, context: MutatorContext): Site<S> {
  const { func, rng, replay = createReplayer(func) } = context;
  const insts = trace.insts.slice(0, trace.insts.indexOf(step.inst) + 1);
  // Sampling changes nothing: the schedule after the step is the one before it.
  const schedule = replay({ ...trace, insts }, rng);
  const decision = schedule.decisionOf(step.inst);
  invariant(decision !== undefined, 'a step that was taken has decided');
  return { schedule, step: { ...step, decision } };
}

/** Changes one of the steps that may decide anything else, all of those being equally likely. */
export function mutateOneOf<S extends DecidedStep>(
  trace: Trace,
  steps: readonly S[],
  rng: Rng,
  decideAnew: (step: S) => Decision | null,
): Mutation | null {
  for (const step of shuffled(steps, rng)) {
    const decision = decideAnew(step);
    if (decision !== null) return mutation(trace, step, decision);
  }
  return null;
}

/** The trace in which a step decides otherwise. */
export function mutation(trace: Trace, step: DecidedStep, decision: Decision): Mutation {
  const { method } = SIGNATURES[step.kind];
  const subject = lookup(namesOf(trace), subjectOf(step), 'a name');
  const [before, after] = [step.decision, decision].map((decided) => decisionText(step, decided));
  return {
    trace: withDecision(trace, step.inst, decision, { removePostproc: true }),
    text: `${method} ${subject}: ${before} -> ${after}`,
  };
}

/** What a decision is about: a loop's tile, a block's place, the value that is drawn. */
function subjectOf({ inst }: DecidedStep): RV {
  switch (inst.kind) {
    case 'SamplePerfectTile':
    case 'SampleImperfectTile':
      return inst.args.loop;
    case 'SampleComputeLocation':
      return inst.args.block;
    case 'SampleCategorical':
      return at(inst.outputs, 0);
  }
}

function decisionText({ inst }: DecidedStep, decision: Decision): string {
  if (typeof decision !== 'number') return `[${decision.join(', ')}]`;
  if (inst.kind === 'SampleCategorical') return String(at(inst.args.candidates, decision));
  return placeText(decision);
}

/** See `ComputeLocation` for the numbers. */
function placeText(index: number): string {
  if (index === -2) return 'inlined';
  return index === -1 ? 'root' : `loop ${index}`;
}
