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
import type { IndexMap } from '../arith/index-map.js';
import type { PrimFunc } from '../ir/prim-func.js';
import type { Rng } from '../support/rng.js';
import type { Block, For } from '../ir/stmt.js';
import { createRng } from '../support/rng.js';
import { check } from './errors.js';
import {
  BUFFER_INDEX_TYPES,
  type Decision,
  type Instruction,
  type RVValue,
  type Trace,
} from './instruction.js';
import type { BlockRV, ExprRV, LoopRV, RV } from './random-variable.js';
import { ScheduleRecord } from './schedule-record.js';
import type {
  ComputeAtOptions,
  Factor,
  ImperfectTileOptions,
  LayoutOptions,
  LoopsOf,
  ScheduleOptions,
  SplitOptions,
  TileOptions,
  Tuple,
} from './schedule-types.js';
import { createState, type ScheduleState } from './state.js';

/** @param func a verified function */
export function createSchedule(func: PrimFunc, options: ScheduleOptions = {}): Schedule {
  const content = { state: createState(func), symbols: new Map(), insts: [], decisions: new Map() };
  const rng = options.rng ?? createRng(options.seed ?? 0);
  return new Schedule(new ScheduleRecord(content, rng, options.verify ?? false));
}

export class Schedule {
  readonly #record: ScheduleRecord;

  constructor(record: ScheduleRecord) {
    this.#record = record;
  }

  /** The function as it is now. */
  get func(): PrimFunc {
    return this.#record.func;
  }

  get state(): ScheduleState {
    return this.#record.state;
  }

  /** The steps so far; later steps do not change it. */
  get trace(): Trace {
    return this.#record.trace;
  }

  /** What a sampling step that was taken has decided. */
  decisionOf(inst: Instruction): Decision | undefined {
    return this.#record.decisionOf(inst);
  }

  /**
   * An independent schedule in which all random variables stay valid. It samples from `rng`, or from another stream than
   * this one.
   */
  copy(rng?: Rng): Schedule {
    return new Schedule(this.#record.copy(rng));
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
    return this.#record.get(rv);
  }

  /** The block of a name. `funcName` is recorded for TVM's sake; a schedule has one function. */
  getBlock(name: string, funcName = 'main'): BlockRV {
    return this.#record.one('BlockRV', 'GetSBlock', { name, funcName });
  }

  /**
   * The loops around a block, outermost first. With `count`, a tuple of as many: `const [i, j] = getLoops(b, 2)`.
   *
   * @throws ScheduleError `OUTPUT_COUNT` when there are not `count` loops.
   */
  getLoops<N extends number>(block: BlockRV | string, count?: N): Tuple<LoopRV, N> {
    const rv = typeof block === 'string' ? this.getBlock(block) : block;
    if (count !== undefined) {
      const found = this.#record.countOutputs('GetLoops', { block: rv });
      check(found === count, 'OUTPUT_COUNT', { primitive: 'get_loops', locations: [] }, () => {
        return `the block has ${found} loops, not ${count}`;
      });
    }
    return this.#record.list('LoopRV', 'GetLoops', { block: rv }) as Tuple<LoopRV, N>;
  }

  /** The blocks directly under a block or a loop. */
  getChildBlocks(blockOrLoop: BlockRV | LoopRV): BlockRV[] {
    return this.#record.list('BlockRV', 'GetChildBlocks', { blockOrLoop });
  }

  getProducers(block: BlockRV): BlockRV[] {
    return this.#record.list('BlockRV', 'GetProducers', { block });
  }

  getConsumers(block: BlockRV): BlockRV[] {
    return this.#record.list('BlockRV', 'GetConsumers', { block });
  }

  /** The blocks directly in `block` that write parameters, or buffers of scopes around it. */
  getOutputBlocks(block: BlockRV): BlockRV[] {
    return this.#record.list('BlockRV', 'GetOutputBlocks', { block });
  }

  /** Factors of a loop's extent, outermost first, as many as `n`. */
  samplePerfectTile<N extends number>(loop: LoopRV, options: TileOptions<N>): Tuple<ExprRV, N> {
    const { n, maxInnermostFactor = 16, decision = null } = options;
    return this.#record.list(
      'ExprRV',
      'SamplePerfectTile',
      { loop, n, maxInnermostFactor },
      decision,
    ) as Tuple<ExprRV, N>;
  }

  /** One of `candidates`, with the given probabilities. The decision is an index. */
  sampleCategorical(candidates: readonly number[], probs: readonly number[], decision?: number): ExprRV {
    return this.#record.one('ExprRV', 'SampleCategorical', { candidates, probs }, decision ?? null);
  }

  /**
   * Factors `[outer, inner]` of a tile that need not divide the loop's extent: `inner` is one of the candidates that are
   * at most the extent, `outer` what it takes to cover it.
   */
  sampleImperfectTile(
    loop: LoopRV,
    candidates: readonly number[],
    options: ImperfectTileOptions = {},
  ): [outer: ExprRV, inner: ExprRV] {
    const { weights = [], decision = null } = options;
    const args = { loop, candidates, weights };
    return this.#record.list('ExprRV', 'SampleImperfectTile', args, decision) as [ExprRV, ExprRV];
  }

  /** A place for `computeAt` or `reverseComputeAt`; it may be none: above all loops, or inlined. */
  sampleComputeLocation(block: BlockRV, decision?: number): LoopRV {
    return this.#record.one('LoopRV', 'SampleComputeLocation', { block }, decision ?? null);
  }

  /** New loops, outermost first, one per factor. */
  split<const F extends readonly Factor[]>(loop: LoopRV, factors: F, options: SplitOptions = {}): LoopsOf<F> {
    const { preserveUnitIters = true, disablePredication = false } = options;
    const args = { loop, factors, preserveUnitIters, disablePredication };
    return this.#record.list('LoopRV', 'Split', args) as LoopsOf<F>;
  }

  fuse(...loops: readonly LoopRV[]): LoopRV {
    return this.#record.one('LoopRV', 'Fuse', { loops, preserveUnitIters: true });
  }

  /**
   * New loops over consecutive parts of the loop's range, one per factor, and one more if the factors leave something
   * over. Every part is a scope of its own with copies of the blocks, `<name>_<loop><part>`.
   */
  loopPartition(
    loop: LoopRV,
    factors: readonly Factor[],
    options: { readonly preserveUnitIters?: boolean } = {},
  ): LoopRV[] {
    const { preserveUnitIters = true } = options;
    return this.#record.list('LoopRV', 'LoopPartition', { loop, factors, preserveUnitIters });
  }

  /** A loop of one iteration around a block or a loop. */
  addUnitLoop(blockOrLoop: BlockRV | LoopRV): LoopRV {
    return this.#record.one('LoopRV', 'AddUnitLoop', { blockOrLoop });
  }

  reorder(...loops: readonly LoopRV[]): void {
    this.#record.do('Reorder', { loops });
  }

  /** @param newOrder the old positions of the block's iterators */
  reorderBlockIterVar(block: BlockRV, newOrder: readonly number[]): void {
    this.#record.do('ReorderBlockIterVar', { block, newOrder });
  }

  parallel(loop: LoopRV): void {
    this.#record.do('Parallel', { loop });
  }

  vectorize(loop: LoopRV): void {
    this.#record.do('Vectorize', { loop });
  }

  unroll(loop: LoopRV): void {
    this.#record.do('Unroll', { loop });
  }

  /** @param threadAxis e.g. `threadIdx.x` */
  bind(loop: LoopRV, threadAxis: string): void {
    this.#record.do('Bind', { loop, threadAxis });
  }

  /** A copy of what `block` reads as its `readIndex`-th buffer, for the given consumers or for all. */
  cacheRead(block: BlockRV, readIndex: number, scope: string, consumers: readonly BlockRV[] = []): BlockRV {
    const args = { block, consumerBlocks: consumers, readBufferIndex: readIndex, storageScope: scope };
    return this.#record.one('BlockRV', 'CacheRead', args);
  }

  /** Lets `block` write its `writeIndex`-th buffer through a cache; gives the block that copies it back. */
  cacheWrite(block: BlockRV, writeIndex: number, scope: string, consumers: readonly BlockRV[] = []): BlockRV {
    const args = { block, consumerBlocks: consumers, writeBufferIndex: writeIndex, storageScope: scope };
    return this.#record.one('BlockRV', 'CacheWrite', args);
  }

  computeAt(block: BlockRV, loop: LoopRV, options: ComputeAtOptions = {}): void {
    const { preserveUnitLoops = false, index = -1 } = options;
    this.#record.do('ComputeAt', { block, loop, preserveUnitLoops, index });
  }

  reverseComputeAt(block: BlockRV, loop: LoopRV, options: ComputeAtOptions = {}): void {
    const { preserveUnitLoops = false, index = -1 } = options;
    this.#record.do('ReverseComputeAt', { block, loop, preserveUnitLoops, index });
  }

  computeInline(block: BlockRV): void {
    this.#record.do('ComputeInline', { block });
  }

  reverseComputeInline(block: BlockRV): void {
    this.#record.do('ReverseComputeInline', { block });
  }

  /** Gives the block of the initialisation; `block` goes on to stand for the update. */
  decomposeReduction(block: BlockRV, loop: LoopRV): BlockRV {
    return this.#record.one('BlockRV', 'DecomposeReduction', { block, loop });
  }

  /**
   * Turns a loop of a reduction into a spatial one: gives the block of the partial results, one per iteration of the
   * loop; the reduction's block goes on to combine them.
   *
   * @param factorAxis the new axis in the buffer of the partial results; negative ones count from the end
   */
  rfactor(loop: LoopRV, factorAxis: number): BlockRV {
    return this.#record.one('BlockRV', 'RFactor', { loop, factorAxis });
  }

  /**
   * Computes a convolution with kernels of 3 x 3 on tiles of 2 x 2 or 4 x 4 outputs with fewer products. Gives the blocks
   * of the weights' transform, of the image's, of the products, and of the output, which has the convolution's name.
   */
  winogradConv2d(block: BlockRV, tile: number): Tuple<BlockRV, 4> {
    return this.#record.list('BlockRV', 'WinogradConv2d', { block, tile }) as Tuple<BlockRV, 4>;
  }

  /**
   * Gives the `bufferIndex`-th buffer that `block` reads or writes another layout, wherever it is used. A plain writer
   * of the buffer gets new loops, one per new dimension: ask for them again.
   */
  transformLayout(
    block: BlockRV,
    bufferIndex: number,
    access: 'read' | 'write',
    indexMap: IndexMap,
    options: LayoutOptions = {},
  ): void {
    const { padValue = null, assumeInjective = false } = options;
    const bufferIndexType = BUFFER_INDEX_TYPES.indexOf(access);
    const args = { block, indexMap, bufferIndex, bufferIndexType, padValue };
    this.#record.do('TransformLayout', { ...args, assumeInjectiveTransform: assumeInjective });
  }

  annotate(blockOrLoop: BlockRV | LoopRV, key: string, value: RVValue): void {
    this.#record.do('Annotate', { blockOrLoop, annVal: value, annKey: key });
  }

  unannotate(blockOrLoop: BlockRV | LoopRV, key: string): void {
    this.#record.do('Unannotate', { blockOrLoop, annKey: key });
  }

  /** Marks the end of what a search may change. */
  enterPostproc(): void {
    this.#record.do('EnterPostproc', {});
  }

  /**
   * Takes a recorded step again: its arguments and outputs stand for this schedule's blocks and loops.
   *
   * @param decision `null` to draw afresh
   * @throws ScheduleError whatever the primitive throws, and `OUTPUT_COUNT` when it gives more or fewer outputs here.
   */
  replay(inst: Instruction, decision: Decision | null): void {
    this.#record.replay(inst, decision);
  }
}
