/**
 * @file The schedule: a function, the steps taken on it, and the random variables that they handed out.
 *
 * It is the one mutable object of this folder. Every step either succeeds and is recorded in the trace, or throws a
 * `ScheduleError` and leaves the schedule as it was.
 *
 * A space function takes a schedule and transforms it:
 *
 * ```ts
 * (sch) => {
 *   const block = sch.getBlock('C');
 *   const [i, j, k] = sch.getLoops(block, 3);
 *   const [j0, j1] = sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
 *   sch.reorder(i, j0, k, j1);
 * }
 * ```
 */
import type { PrimFunc } from '../ir/prim-func.js';
import type { Block, For } from '../ir/stmt.js';
import { verifyFunc } from '../ir/verify.js';
import { at, InputError, InternalError, invariant } from '../support/errors.js';
import { createRng, type Rng } from '../support/rng.js';
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
  type RVValue,
  type Trace,
} from './instruction.js';
import { createRV, type BlockRV, type ExprRV, type LoopRV, type RV, type RVKind } from './random-variable.js';
import type {
  ComputeAtOptions,
  Factor,
  LoopsOf,
  ScheduleOptions,
  SplitOptions,
  TileOptions,
  Tuple,
} from './schedule-types.js';
import { blockEntry, createState, loopEntry, type ScheduleState } from './state.js';

/** @param func a verified function */
export function createSchedule(func: PrimFunc, options: ScheduleOptions = {}): Schedule {
  return new Schedule(
    { state: createState(func), symbols: new Map(), insts: [], decisions: new Map() },
    options.rng ?? createRng(options.seed ?? 0),
    options.verify ?? false,
  );
}

interface Content {
  state: ScheduleState;
  readonly symbols: Map<RV, OutputValue>;
  readonly insts: Instruction[];
  readonly decisions: Map<Instruction, Decision>;
}

export class Schedule {
  readonly #content: Content;
  readonly #rng: Rng;
  readonly #verify: boolean;
  #copies = 0;

  constructor(content: Content, rng: Rng, verify: boolean) {
    this.#content = content;
    this.#rng = rng;
    this.#verify = verify;
  }

  /** The function as it is now. */
  get func(): PrimFunc {
    return this.#content.state.func;
  }

  get state(): ScheduleState {
    return this.#content.state;
  }

  /** The steps so far; later steps do not change it. */
  get trace(): Trace {
    const { insts, decisions } = this.#content;
    return { insts: [...insts], decisions: new Map(decisions) };
  }

  /** An independent schedule in which all random variables stay valid. Its sampling is another stream. */
  copy(): Schedule {
    const { state, symbols, insts, decisions } = this.#content;
    const content = { state, symbols: new Map(symbols), insts: [...insts], decisions: new Map(decisions) };
    return new Schedule(content, this.#rng.fork(`copy ${this.#copies++}`), this.#verify);
  }

  /**
   * What a random variable stands for.
   *
   * @throws ScheduleError `UNKNOWN_RANDOM_VARIABLE`, `UNKNOWN_BLOCK`, `UNKNOWN_LOOP`, `NOT_A_LOOP`.
   */
  get(rv: BlockRV): Block;
  get(rv: LoopRV): For;
  get(rv: ExprRV): number;
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

  /** The block of a name. `funcName` is recorded for TVM's sake; a schedule has one function. */
  getBlock(name: string, funcName = 'main'): BlockRV {
    return this.#one('BlockRV', 'GetSBlock', { name, funcName });
  }

  /**
   * The loops around a block, outermost first. With `count`, a tuple of as many: `const [i, j] = getLoops(b, 2)`.
   *
   * @throws ScheduleError `OUTPUT_COUNT` when there are not `count` loops.
   */
  getLoops<N extends number>(block: BlockRV | string, count?: N): Tuple<LoopRV, N> {
    const rv = typeof block === 'string' ? this.getBlock(block) : block;
    if (count !== undefined) {
      const found = this.#run('GetLoops', { block: rv }, null).outputs?.length ?? 0;
      check(found === count, 'OUTPUT_COUNT', { primitive: 'get_loops', locations: [] }, () => {
        return `the block has ${found} loops, not ${count}`;
      });
    }
    return this.#list('LoopRV', 'GetLoops', { block: rv }) as Tuple<LoopRV, N>;
  }

  /** The blocks directly under a block or a loop. */
  getChildBlocks(blockOrLoop: BlockRV | LoopRV): BlockRV[] {
    return this.#list('BlockRV', 'GetChildBlocks', { blockOrLoop });
  }

  getProducers(block: BlockRV): BlockRV[] {
    return this.#list('BlockRV', 'GetProducers', { block });
  }

  getConsumers(block: BlockRV): BlockRV[] {
    return this.#list('BlockRV', 'GetConsumers', { block });
  }

  /** Factors of a loop's extent, outermost first, as many as `n`. */
  samplePerfectTile<N extends number>(loop: LoopRV, options: TileOptions<N>): Tuple<ExprRV, N> {
    const { n, maxInnermostFactor = 16, decision = null } = options;
    return this.#list('ExprRV', 'SamplePerfectTile', { loop, n, maxInnermostFactor }, decision) as Tuple<
      ExprRV,
      N
    >;
  }

  /** One of `candidates`, with the given probabilities. The decision is an index. */
  sampleCategorical(candidates: readonly number[], probs: readonly number[], decision?: number): ExprRV {
    return this.#one('ExprRV', 'SampleCategorical', { candidates, probs }, decision ?? null);
  }

  /** A place for `computeAt` or `reverseComputeAt`; it may be none: above all loops, or inlined. */
  sampleComputeLocation(block: BlockRV, decision?: number): LoopRV {
    return this.#one('LoopRV', 'SampleComputeLocation', { block }, decision ?? null);
  }

  /** New loops, outermost first, one per factor. */
  split<const F extends readonly Factor[]>(loop: LoopRV, factors: F, options: SplitOptions = {}): LoopsOf<F> {
    const { preserveUnitIters = true, disablePredication = false } = options;
    const args = { loop, factors, preserveUnitIters, disablePredication };
    return this.#list('LoopRV', 'Split', args) as LoopsOf<F>;
  }

  fuse(...loops: readonly LoopRV[]): LoopRV {
    return this.#one('LoopRV', 'Fuse', { loops, preserveUnitIters: true });
  }

  reorder(...loops: readonly LoopRV[]): void {
    this.#do('Reorder', { loops });
  }

  parallel(loop: LoopRV): void {
    this.#do('Parallel', { loop });
  }

  vectorize(loop: LoopRV): void {
    this.#do('Vectorize', { loop });
  }

  unroll(loop: LoopRV): void {
    this.#do('Unroll', { loop });
  }

  /** @param threadAxis e.g. `threadIdx.x` */
  bind(loop: LoopRV, threadAxis: string): void {
    this.#do('Bind', { loop, threadAxis });
  }

  /** A copy of what `block` reads as its `readIndex`-th buffer, for the given consumers or for all. */
  cacheRead(block: BlockRV, readIndex: number, scope: string, consumers: readonly BlockRV[] = []): BlockRV {
    const args = { block, consumerBlocks: consumers, readBufferIndex: readIndex, storageScope: scope };
    return this.#one('BlockRV', 'CacheRead', args);
  }

  /** Lets `block` write its `writeIndex`-th buffer through a cache; gives the block that copies it back. */
  cacheWrite(block: BlockRV, writeIndex: number, scope: string, consumers: readonly BlockRV[] = []): BlockRV {
    const args = { block, consumerBlocks: consumers, writeBufferIndex: writeIndex, storageScope: scope };
    return this.#one('BlockRV', 'CacheWrite', args);
  }

  computeAt(block: BlockRV, loop: LoopRV, options: ComputeAtOptions = {}): void {
    const { preserveUnitLoops = false, index = -1 } = options;
    this.#do('ComputeAt', { block, loop, preserveUnitLoops, index });
  }

  reverseComputeAt(block: BlockRV, loop: LoopRV, options: ComputeAtOptions = {}): void {
    const { preserveUnitLoops = false, index = -1 } = options;
    this.#do('ReverseComputeAt', { block, loop, preserveUnitLoops, index });
  }

  computeInline(block: BlockRV): void {
    this.#do('ComputeInline', { block });
  }

  reverseComputeInline(block: BlockRV): void {
    this.#do('ReverseComputeInline', { block });
  }

  /** Gives the block of the initialisation; `block` goes on to stand for the update. */
  decomposeReduction(block: BlockRV, loop: LoopRV): BlockRV {
    return this.#one('BlockRV', 'DecomposeReduction', { block, loop });
  }

  annotate(blockOrLoop: BlockRV | LoopRV, key: string, value: RVValue): void {
    this.#do('Annotate', { blockOrLoop, annVal: value, annKey: key });
  }

  unannotate(blockOrLoop: BlockRV | LoopRV, key: string): void {
    this.#do('Unannotate', { blockOrLoop, annKey: key });
  }

  /** Marks the end of what a search may change. */
  enterPostproc(): void {
    this.#do('EnterPostproc', {});
  }

  /**
   * Takes a recorded step again: its arguments and outputs stand for this schedule's blocks and loops.
   *
   * @param decision `null` to draw afresh
   * @throws ScheduleError whatever the primitive throws, and `OUTPUT_COUNT` when it gives more or fewer outputs here.
   */
  replay(inst: Instruction, decision: Decision | null): void {
    const applied = this.#run(inst.kind, inst.args, decision as DecisionOf<typeof inst.kind>);
    const count = applied.outputs?.length ?? 0;
    const site = { primitive: SIGNATURES[inst.kind].method, locations: [] };
    check(count === inst.outputs.length, 'OUTPUT_COUNT', site, () => {
      return `gives ${count} outputs, where the trace has ${inst.outputs.length}`;
    });
    this.#commit(inst, applied);
  }

  #do<K extends InstructionKind>(kind: K, args: ArgsOf<K>): void {
    this.#take(kind, args, null);
  }

  #one<K extends InstructionKind, R extends RVKind>(
    outputKind: R,
    kind: K,
    args: ArgsOf<K>,
    decision: DecisionOf<K> | null = null,
  ): Extract<RV, { kind: R }> {
    return at(this.#list(outputKind, kind, args, decision), 0);
  }

  #list<K extends InstructionKind, R extends RVKind>(
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
