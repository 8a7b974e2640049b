/**
 * @file Traces: a schedule as a value. A trace is stored and sent instead of the program it makes; replaying it on the
 * same function gives the same program.
 */
import type { PrimFunc } from '../ir/prim-func.js';
import { INSTRUCTION_TABLE } from './instruction-table.js';
import type { Decision, Instruction, Trace } from './instruction.js';
import { isRV, type RV } from './random-variable.js';
import type { ScheduleOptions } from './schedule-types.js';
import { createSchedule, type Schedule } from './schedule.js';

export type { Decision, Instruction, Trace } from './instruction.js';
export { traceToJson, type TraceJson } from './trace-json.js';
export { traceFromJson } from './trace-parse.js';
export { traceToText } from './trace-text.js';

export interface ReplayOptions extends ScheduleOptions {
  /** Stop before `EnterPostproc`. */
  readonly removePostproc?: boolean;
  /** The decision a sampling step shall take, given the recorded one; `null` draws afresh. Default: the recorded one. */
  readonly decide?: (inst: Instruction, recorded: Decision | null) => Decision | null;
}

/**
 * Replays a trace on a function. The schedule's own trace has the same instructions, with the decisions that were
 * taken here; the trace's random variables are valid in it.
 *
 * @throws ScheduleError from the first step that is illegal for this function.
 */
export function applyTrace(func: PrimFunc, trace: Trace, options: ReplayOptions = {}): Schedule {
  const { removePostproc = false, decide = (_, recorded) => recorded, ...rest } = options;
  const schedule = createSchedule(func, rest);
  for (const inst of removePostproc ? beforePostproc(trace) : trace.insts) {
    schedule.replay(inst, decide(inst, trace.decisions.get(inst) ?? null));
  }
  return schedule;
}

function beforePostproc({ insts }: Trace): readonly Instruction[] {
  const end = insts.findIndex((inst) => inst.kind === 'EnterPostproc');
  return end < 0 ? insts : insts.slice(0, end);
}

/** The random variables that occur in an argument. */
function usedBy(arg: unknown): RV[] {
  if (typeof arg !== 'object' || arg === null) return [];
  return isRV(arg) ? [arg] : Object.values(arg).flatMap(usedBy);
}

/** The trace without pure steps whose outputs nobody uses, and, if asked for, without what follows `EnterPostproc`. */
export function simplified(trace: Trace, options: { readonly removePostproc: boolean }): Trace {
  const used = new Set<RV>();
  const kept: Instruction[] = [];
  for (const inst of (options.removePostproc ? beforePostproc(trace) : trace.insts).toReversed()) {
    if (INSTRUCTION_TABLE[inst.kind].isPure && !inst.outputs.some((rv) => used.has(rv))) continue;
    kept.push(inst);
    for (const rv of usedBy(inst.args)) used.add(rv);
  }
  return withInstructions(kept.toReversed(), trace);
}

function withInstructions(insts: readonly Instruction[], { decisions }: Trace): Trace {
  const kept = new Map<Instruction, Decision>();
  for (const inst of insts) {
    const decision = decisions.get(inst);
    if (decision !== undefined) kept.set(inst, decision);
  }
  return { insts, decisions: kept };
}

/** The trace with another decision for one of its instructions, and, if asked for, without postprocessing. */
export function withDecision(
  trace: Trace,
  inst: Instruction,
  decision: Decision,
  options: { readonly removePostproc: boolean },
): Trace {
  const insts = options.removePostproc ? beforePostproc(trace) : trace.insts;
  const decisions = new Map(trace.decisions).set(inst, decision);
  return withInstructions(insts, { insts, decisions });
}
