/** @file Following what is said of a candidate's origin: from its parent's trace, change by change, to its program. */
import { expect } from 'vitest';
import { isRejection, makeCandidate } from '../../../../server/tuning/strategies/candidate-maker.js';
import { programOf } from '../../../../server/tuning/strategies/program-set.js';
import type { SearchProblem } from '../../../../server/tuning/strategies/strategy.js';
import { decidedSteps, type DecidedStep } from '../../../../server/tuning/mutators/decided-step.js';
import type { TraceJson } from '../../../../shared/protocol/measure.js';
import { SIGNATURES } from '../../../../shared/schedule/instruction.js';
import { namesOf } from '../../../../shared/schedule/trace-names.js';
import {
  applyTrace,
  traceFromJson,
  withDecision,
  type Decision,
  type Trace,
} from '../../../../shared/schedule/trace.js';
import { createRng } from '../../../../shared/support/rng.js';

/** The hash of the program that a trace makes after the changes that the texts name. */
export function programAfter(
  problem: SearchProblem,
  parent: TraceJson,
  mutations: readonly string[],
): string {
  let design = redone(problem, traceFromJson(parent));
  for (const text of mutations) design = redone(problem, changed(design, text));
  const made = makeCandidate(problem, design, createRng(0));
  if (isRejection(made)) expect.fail(`the child is rejected: ${made.rejected}`);
  return programOf(made.func).hash;
}

/** Decisions are mended where earlier ones have changed what is possible. */
function redone({ func }: SearchProblem, trace: Trace): Trace {
  return applyTrace(func, trace, { removePostproc: true, verify: true }).trace;
}

/** Reads `sample_perfect_tile l4: [8, 16] -> [16, 8]`, and does it. */
function changed(trace: Trace, text: string): Trace {
  const [, method, subject, before, after] = /^(\w+) (\w+): (.*) -> (.*)$/.exec(text) ?? [];
  const names = namesOf(trace);
  const step = decidedSteps(trace).find((candidate) => {
    const { inst } = candidate;
    const subjects = [...Object.values(inst.args), ...inst.outputs];
    return SIGNATURES[inst.kind].method === method && subjects.some((rv) => nameIn(names, rv) === subject);
  });
  if (step === undefined || before === undefined || after === undefined) expect.fail(`what is "${text}"?`);
  expect(decisionIn(step, before), text).toEqual(step.decision);
  return withDecision(trace, step.inst, decisionIn(step, after), { removePostproc: true });
}

function nameIn(names: ReturnType<typeof namesOf>, subject: unknown): string | undefined {
  return [...names].find(([rv]) => rv === subject)?.[1];
}

function decisionIn({ inst }: DecidedStep, text: string): Decision {
  if (text.startsWith('[')) return text.slice(1, -1).split(', ').map(Number);
  if (inst.kind === 'SampleCategorical') return inst.args.candidates.indexOf(Number(text));
  if (text === 'inlined') return -2;
  return text === 'root' ? -1 : Number(text.replace('loop ', ''));
}
