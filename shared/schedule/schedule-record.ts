/**
 * @file What a schedule holds and how it takes a step: resolve the arguments, apply the primitive, note the outcome. The
 * methods that people call are those of schedule.ts.
 */
import type { PrimFunc } from '../ir/prim-func.js';
import type { Block, For } from '../ir/stmt.js';
import { verifyFunc } from '../ir/verify.js';
import { at, InputError, InternalError, invariant } from '../support/errors.js';
import type { Rng } from '../support/rng.js';
import { resolveArgs } from './arguments.js';
import { check } from './errors.js';
import { INSTRUCTION_TABLE } from './instruction-table.js';
import {
  SIGNATURES,
  type Applied,
  type ArgsOf,
  type Decision,
  type DecisionOf,
  type Instruction,
  type InstructionKind,
  type InstructionOf,
  type InstructionSpec,
  type OutputValue,
  type Trace,
} from './instruction.js';
import { createRV, type RV, type RVKind } from './random-variable.js';
import { blockEntry, loopEntry, type ScheduleState } from './state.js';

export interface Content {
  state: ScheduleState;
  readonly symbols: Map<RV, OutputValue>;
  readonly insts: Instruction[];
  readonly decisions: Map<Instruction, Decision>;
}

/** Mutable. A step either succeeds and is recorded, or throws a `ScheduleError` and changes nothing. */
export class ScheduleRecord {
  readonly #content: Content;
  readonly #rng: Rng;
  readonly #verify: boolean;
  #copies = 0;

  constructor(content: Content, rng: Rng, verify: boolean) {
    this.#content = content;
    this.#rng = rng;
    this.#verify = verify;
  }

  get func(): PrimFunc {
    return this.#content.state.func;
  }

  get state(): ScheduleState {
    return this.#content.state;
  }

  get trace(): Trace {
    const { insts, decisions } = this.#content;
    return { insts: [...insts], decisions: new Map(decisions) };
  }

  decisionOf(inst: Instruction): Decision | undefined {
    return this.#content.decisions.get(inst);
  }

  copy(rng: Rng = this.#rng.fork(`copy ${this.#copies++}`)): ScheduleRecord {
    const { state, symbols, insts, decisions } = this.#content;
    const content = { state, symbols: new Map(symbols), insts: [...insts], decisions: new Map(decisions) };
    return new ScheduleRecord(content, rng, this.#verify);
  }

  get(rv: RV): Block | For | number {
    const output = this.#content.symbols.get(rv);
    const site = { primitive: 'get', locations: [] };
    check(output !== undefined, 'UNKNOWN_RANDOM_VARIABLE', site, () => 'it belongs to another schedule');
    switch (output.kind) {
      case 'BlockRV':
        return blockEntry(this.state, output.value, 'get').block;
      case 'LoopRV': {
        const { value } = output;
        check(typeof value !== 'string', 'NOT_A_LOOP', site, () => 'the sampled location is no loop');
        return loopEntry(this.state, value, 'get').node;
      }
      case 'ExprRV':
        check(output.value !== null, 'BAD_ARGUMENT', site, () => 'the factor is still to be inferred');
        return output.value;
    }
  }

  /** How many outputs a step would have, without taking it. */
  countOutputs<K extends InstructionKind>(kind: K, args: ArgsOf<K>): number {
    return this.#run(kind, args, null).outputs?.length ?? 0;
  }

  replay(inst: Instruction, decision: Decision | null): void {
    const applied = this.#run(inst.kind, inst.args, decision as DecisionOf<typeof inst.kind>);
    const count = applied.outputs?.length ?? 0;
    const site = { primitive: SIGNATURES[inst.kind].method, locations: [] };
    check(count === inst.outputs.length, 'OUTPUT_COUNT', site, () => {
      return `gives ${count} outputs, where the trace has ${inst.outputs.length}`;
    });
    this.#commit(inst, applied);
  }

  /** Takes a step that gives nothing. */
  do<K extends InstructionKind>(kind: K, args: ArgsOf<K>): void {
    this.#take(kind, args, null);
  }

  /** Takes a step that gives one random variable. */
  one<K extends InstructionKind, R extends RVKind>(
    outputKind: R,
    kind: K,
    args: ArgsOf<K>,
    decision: DecisionOf<K> | null = null,
  ): Extract<RV, { kind: R }> {
    return at(this.list(outputKind, kind, args, decision), 0);
  }

  /** Takes a step that gives random variables. */
  list<K extends InstructionKind, R extends RVKind>(
    outputKind: R,
    kind: K,
    args: ArgsOf<K>,
    decision: DecisionOf<K> | null = null,
  ): Extract<RV, { kind: R }>[] {
    const outputs = this.#take(kind, args, decision);
    return outputs.map((rv) => {
      invariant(rv.kind === outputKind, `${kind} gave a ${rv.kind}`);
      return rv as Extract<RV, { kind: R }>;
    });
  }

  /** Takes a step and records it. */
  #take<K extends InstructionKind>(kind: K, args: ArgsOf<K>, decision: DecisionOf<K> | null): readonly RV[] {
    const applied = this.#run(kind, args, decision);
    const outputs = (applied.outputs ?? []).map((output) => createRV(output.kind));
    const inst: InstructionOf<K> = { kind, args, outputs };
    this.#commit(inst as Instruction, applied);
    return outputs;
  }

  #run<K extends InstructionKind>(kind: K, args: ArgsOf<K>, decision: DecisionOf<K> | null): Applied {
    const { state, symbols } = this.#content;
    const spec: InstructionSpec<K> = INSTRUCTION_TABLE[kind];
    const applied = spec.apply({ state, decision, rng: this.#rng }, resolveArgs(kind, args, symbols));
    if (this.#verify && applied.state !== state) verifyStep(kind, applied.state.func);
    return applied;
  }

  #commit(inst: Instruction, applied: Applied): void {
    const { symbols, insts, decisions } = this.#content;
    if (applied.renamed !== undefined) renameBlocks(symbols, applied.renamed);
    (applied.outputs ?? []).forEach((output, i) => symbols.set(at(inst.outputs, i), output));
    if (applied.decision !== undefined) decisions.set(inst, applied.decision);
    insts.push(inst);
    this.#content.state = applied.state;
  }
}

function renameBlocks(symbols: Map<RV, OutputValue>, renamed: ReadonlyMap<string, string>): void {
  for (const [rv, output] of symbols) {
    if (output.kind !== 'BlockRV') continue;
    const name = renamed.get(output.value);
    if (name !== undefined) symbols.set(rv, { kind: 'BlockRV', value: name });
  }
}

/** A primitive that makes an invalid function out of a valid one is a defect. */
function verifyStep(kind: InstructionKind, func: PrimFunc): void {
  try {
    verifyFunc(func);
  } catch (error) {
    if (error instanceof InputError) throw new InternalError(`${kind} broke the function: ${error.message}`);
    throw error;
  }
}
