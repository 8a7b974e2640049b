/**
 * @file The program under tuning, as a worker knows it: its IR, its inputs, and the outputs that every candidate must
 * reproduce. These come from the unscheduled program, compiled for the plain scalar target.
 */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { CompiledKernel, KernelParam } from '../../shared/protocol/kernel.js';
import { TARGETS, type Target } from '../../shared/protocol/target.js';
import { parseScript } from '../../shared/script/parse.js';
import { at, InputError } from '../../shared/support/errors.js';
import { checkOutput, poisonOf } from './check.js';
import { CandidateError } from './failure.js';
import { inputBytes, planInputs, type InputPlan } from './inputs.js';
import { instantiate, pagesFor, type Arena, type KernelInstance } from './instance.js';

/** `worker/lower/compile.ts`, or what a test puts in its place. */
export type Compile = (
  func: PrimFunc,
  target: Target,
  options: { readonly bench: boolean },
) => CompiledKernel;

export interface Program {
  readonly func: PrimFunc;
  readonly plan: InputPlan;
  /** Parameters of the reference, in order. */
  readonly params: readonly KernelParam[];
  /** Contents of each parameter before a run. */
  readonly inputs: readonly Uint8Array[];
  /** Contents of each parameter after a run; those that are only read are as before. */
  readonly expected: readonly Uint8Array[];
}

/** @throws InputError `ONE_FUNCTION` and those of the parser. */
export function parseProgram(script: string): PrimFunc {
  const { functions } = parseScript(script);
  const [func] = functions;
  if (func === undefined || functions.length > 1) {
    throw new InputError('ONE_FUNCTION', `a program to measure has one function, not ${functions.length}`);
  }
  return func;
}

/** Runs the reference. @throws CandidateError, InputError, WebAssembly.RuntimeError. */
export function prepareProgram(func: PrimFunc, compile: Compile, arena: Arena): Program {
  const plan = planInputs(func);
  const kernel = compile(func, TARGETS.wasm, { bench: false });
  const { params } = kernel.abi;
  const inputs = params.map((param, index) => inputBytes(param, index, plan));
  const instance = instantiate(kernel, arena.atLeast(pagesFor(kernel.abi)));
  inputs.forEach((bytes, index) => instance.bytes(index).set(bytes));
  instance.run();
  const expected = params.map((param, index) =>
    param.access === 'read' ? at(inputs, index) : instance.bytes(index).slice(),
  );
  return { func, plan, params, inputs, expected };
}

/** Puts inputs in place, and nothing usable everywhere else. */
export function fillInputs(program: Program, instance: KernelInstance): void {
  program.params.forEach((param, index) => {
    const contents =
      param.access === 'write' ? poisonOf(at(program.expected, index)) : at(program.inputs, index);
    instance.bytes(index).set(contents);
  });
  instance.scratch.fill(0xff);
}

/**
 * Compares all parameters with what the reference left in them.
 * @param roundsAnew whether the candidate rounds in other ways than the program
 * @returns the largest absolute difference
 * @throws CandidateError `wrong_result`, `not_finite`
 */
export function checkResults(program: Program, instance: KernelInstance, roundsAnew: boolean): number {
  const rules = { ...program.plan, roundsAnew };
  const errors = program.params.map((param, index) => {
    const [actual, expected] = [instance.bytes(index), at(program.expected, index)];
    if (param.access !== 'read') return checkOutput(param, actual, expected, rules);
    if (Buffer.compare(actual, expected) === 0) return 0;
    throw new CandidateError('wrong_result', `the input ${param.name} was overwritten`);
  });
  return Math.max(0, ...errors);
}

/** Whether running again gives the same: not so when the old contents of an output matter. */
export function isRepeatable(program: Program): boolean {
  return program.params.every((param) => param.access !== 'readwrite');
}
