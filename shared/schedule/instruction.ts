/**
 * @file Instructions: the steps of a schedule as data, with TVM's names.
 *
 * `SIGNATURES` says for every kind what it takes and gives; the types of arguments follow from it. What a kind does is
 * a row of the instruction table. Rows stand at the end of the file of their family, as
 * `export const X_SPECS = {…} satisfies Partial<InstructionTable>`, and instruction-table.ts puts them together.
 */
import type { IndexMap } from '../arith/index-map.js';
import type { Var } from '../ir/expr.js';
import type { AttrValue } from '../ir/stmt.js';
import type { Rng } from '../support/rng.js';
import type { BlockRV, ExprRV, LoopRV, RV } from './random-variable.js';
import type { ScheduleState } from './state.js';

/** A loop, or one of two places that a sampled compute location may be: above all loops, or inlined. */
export type Location = Var | 'root' | 'inlined';

/** The two lists of regions of a block, in the order of TVM's numbers for them. */
export const BUFFER_INDEX_TYPES = ['read', 'write'] as const;

/** A value in which sampled integers may occur. */
export type RVValue =
  ExprRV | number | string | boolean | null | readonly RVValue[] | { readonly [key: string]: RVValue };

/** The sorts of arguments: how a trace records each, and what the primitive gets. Blocks are names, loops variables. */
export interface ArgSorts {
  readonly block: { recorded: BlockRV; resolved: string };
  readonly blocks: { recorded: readonly BlockRV[]; resolved: readonly string[] };
  readonly loop: { recorded: LoopRV; resolved: Var };
  readonly loops: { recorded: readonly LoopRV[]; resolved: readonly Var[] };
  readonly location: { recorded: LoopRV; resolved: Location };
  readonly blockOrLoop: { recorded: BlockRV | LoopRV; resolved: string | Var };
  readonly factors: { recorded: readonly (ExprRV | number | null)[]; resolved: readonly (number | null)[] };
  readonly value: { recorded: RVValue; resolved: AttrValue };
  readonly indexMap: { recorded: IndexMap; resolved: IndexMap };
  readonly optionalNumber: { recorded: number | null; resolved: number | null };
  readonly string: { recorded: string; resolved: string };
  readonly int: { recorded: number; resolved: number };
  readonly bool: { recorded: boolean; resolved: boolean };
  readonly ints: { recorded: readonly number[]; resolved: readonly number[] };
  readonly floats: { recorded: readonly number[]; resolved: readonly number[] };
}

export type ArgSort = keyof ArgSorts;

/** Sorts of attributes: constants, which TVM keeps apart from inputs. */
export type AttrSort = 'string' | 'int' | 'bool' | 'ints' | 'floats' | 'optionalNumber';

/** A decision of a sampling instruction: tile sizes, or an index. */
export interface Decisions {
  readonly tile: readonly number[];
  readonly index: number;
}

export type Decision = Decisions[keyof Decisions];

export interface Signature {
  /** TVM's Python name. */
  readonly method: string;
  readonly inputs: Readonly<Record<string, ArgSort>>;
  readonly attrs: Readonly<Record<string, AttrSort>>;
  /** What it gives: one random variable, a list of them, or nothing. */
  readonly outputs: 'block' | 'blocks' | 'loop' | 'loops' | 'expr' | 'exprs' | 'none';
  readonly decision: keyof Decisions | null;
}

/** Inputs and attributes in TVM's order, named as in its Python API but in camel case. */
export const SIGNATURES = {
  GetSBlock: {
    method: 'get_sblock',
    inputs: {},
    attrs: { name: 'string', funcName: 'string' },
    outputs: 'block',
    decision: null,
  },
  GetLoops: { method: 'get_loops', inputs: { block: 'block' }, attrs: {}, outputs: 'loops', decision: null },
  GetChildBlocks: {
    method: 'get_child_blocks',
    inputs: { blockOrLoop: 'blockOrLoop' },
    attrs: {},
    outputs: 'blocks',
    decision: null,
  },
  GetProducers: {
    method: 'get_producers',
    inputs: { block: 'block' },
    attrs: {},
    outputs: 'blocks',
    decision: null,
  },
  GetConsumers: {
    method: 'get_consumers',
    inputs: { block: 'block' },
    attrs: {},
    outputs: 'blocks',
    decision: null,
  },
  GetOutputBlocks: {
    method: 'get_output_blocks',
    inputs: { block: 'block' },
    attrs: {},
    outputs: 'blocks',
    decision: null,
  },
  SampleCategorical: {
    method: 'sample_categorical',
    inputs: {},
    attrs: { candidates: 'ints', probs: 'floats' },
    outputs: 'expr',
    decision: 'index',
  },
  SamplePerfectTile: {
    method: 'sample_perfect_tile',
    inputs: { loop: 'loop' },
    attrs: { n: 'int', maxInnermostFactor: 'int' },
    outputs: 'exprs',
    decision: 'tile',
  },
  SampleImperfectTile: {
    method: 'sample_imperfect_tile',
    inputs: { loop: 'loop' },
    attrs: { candidates: 'ints', weights: 'floats' },
    outputs: 'exprs',
    decision: 'tile',
  },
  SampleComputeLocation: {
    method: 'sample_compute_location',
    inputs: { block: 'block' },
    attrs: {},
    outputs: 'loop',
    decision: 'index',
  },
  Fuse: {
    method: 'fuse',
    inputs: { loops: 'loops' },
    attrs: { preserveUnitIters: 'bool' },
    outputs: 'loop',
    decision: null,
  },
  Split: {
    method: 'split',
    inputs: { loop: 'loop', factors: 'factors' },
    attrs: { preserveUnitIters: 'bool', disablePredication: 'bool' },
    outputs: 'loops',
    decision: null,
  },
  LoopPartition: {
    method: 'loop_partition',
    inputs: { loop: 'loop', factors: 'factors' },
    attrs: { preserveUnitIters: 'bool' },
    outputs: 'loops',
    decision: null,
  },
  AddUnitLoop: {
    method: 'add_unit_loop',
    inputs: { blockOrLoop: 'blockOrLoop' },
    attrs: {},
    outputs: 'loop',
    decision: null,
  },
  Reorder: { method: 'reorder', inputs: { loops: 'loops' }, attrs: {}, outputs: 'none', decision: null },
  ReorderBlockIterVar: {
    method: 'reorder_block_iter_var',
    inputs: { block: 'block', newOrder: 'ints' },
    attrs: {},
    outputs: 'none',
    decision: null,
  },
  Parallel: { method: 'parallel', inputs: { loop: 'loop' }, attrs: {}, outputs: 'none', decision: null },
  Vectorize: { method: 'vectorize', inputs: { loop: 'loop' }, attrs: {}, outputs: 'none', decision: null },
  Unroll: { method: 'unroll', inputs: { loop: 'loop' }, attrs: {}, outputs: 'none', decision: null },
  Bind: {
    method: 'bind',
    inputs: { loop: 'loop' },
    attrs: { threadAxis: 'string' },
    outputs: 'none',
    decision: null,
  },
  CacheRead: {
    method: 'cache_read',
    inputs: { block: 'block', consumerBlocks: 'blocks' },
    attrs: { readBufferIndex: 'int', storageScope: 'string' },
    outputs: 'block',
    decision: null,
  },
  CacheWrite: {
    method: 'cache_write',
    inputs: { block: 'block', consumerBlocks: 'blocks' },
    attrs: { writeBufferIndex: 'int', storageScope: 'string' },
    outputs: 'block',
    decision: null,
  },
  ComputeAt: {
    method: 'compute_at',
    inputs: { block: 'block', loop: 'location' },
    attrs: { preserveUnitLoops: 'bool', index: 'int' },
    outputs: 'none',
    decision: null,
  },
  ReverseComputeAt: {
    method: 'reverse_compute_at',
    inputs: { block: 'block', loop: 'location' },
    attrs: { preserveUnitLoops: 'bool', index: 'int' },
    outputs: 'none',
    decision: null,
  },
  ComputeInline: {
    method: 'compute_inline',
    inputs: { block: 'block' },
    attrs: {},
    outputs: 'none',
    decision: null,
  },
  ReverseComputeInline: {
    method: 'reverse_compute_inline',
    inputs: { block: 'block' },
    attrs: {},
    outputs: 'none',
    decision: null,
  },
  DecomposeReduction: {
    method: 'decompose_reduction',
    inputs: { block: 'block', loop: 'loop' },
    attrs: {},
    outputs: 'block',
    decision: null,
  },
  RFactor: {
    method: 'rfactor',
    inputs: { loop: 'loop' },
    attrs: { factorAxis: 'int' },
    outputs: 'block',
    decision: null,
  },
  WinogradConv2d: {
    method: 'winograd_conv2d',
    inputs: { block: 'block' },
    attrs: { tile: 'int' },
    outputs: 'blocks',
    decision: null,
  },
  TransformLayout: {
    method: 'transform_layout',
    inputs: { block: 'block', indexMap: 'indexMap' },
    attrs: {
      bufferIndex: 'int',
      bufferIndexType: 'int',
      padValue: 'optionalNumber',
      assumeInjectiveTransform: 'bool',
    },
    outputs: 'none',
    decision: null,
  },
  Annotate: {
    method: 'annotate',
    inputs: { blockOrLoop: 'blockOrLoop', annVal: 'value' },
    attrs: { annKey: 'string' },
    outputs: 'none',
    decision: null,
  },
  Unannotate: {
    method: 'unannotate',
    inputs: { blockOrLoop: 'blockOrLoop' },
    attrs: { annKey: 'string' },
    outputs: 'none',
    decision: null,
  },
  EnterPostproc: { method: 'enter_postproc', inputs: {}, attrs: {}, outputs: 'none', decision: null },
} as const satisfies Record<string, Signature>;

export type InstructionKind = keyof typeof SIGNATURES;

type Signatures = typeof SIGNATURES;

type SortsOf<K extends InstructionKind> = Signatures[K]['inputs'] & Signatures[K]['attrs'];

/** Arguments as a trace records them. */
export type ArgsOf<K extends InstructionKind> = {
  readonly [A in keyof SortsOf<K>]: SortsOf<K>[A] extends ArgSort
    ? ArgSorts[SortsOf<K>[A]]['recorded']
    : never;
};

/** Arguments as the primitive gets them. */
export type ResolvedArgsOf<K extends InstructionKind> = {
  readonly [A in keyof SortsOf<K>]: SortsOf<K>[A] extends ArgSort
    ? ArgSorts[SortsOf<K>[A]]['resolved']
    : never;
};

export type DecisionOf<K extends InstructionKind> = Signatures[K]['decision'] extends keyof Decisions
  ? Decisions[Signatures[K]['decision']]
  : null;

/** One step. Immutable; traces share their instructions, and a decision is found by its instruction's identity. */
export type Instruction = { [K in InstructionKind]: InstructionOf<K> }[InstructionKind];

export interface InstructionOf<K extends InstructionKind> {
  readonly kind: K;
  readonly args: ArgsOf<K>;
  readonly outputs: readonly RV[];
}

/** What a random variable stands for: a block's name, a location, or an integer (`null`: to be inferred). */
export type OutputValue =
  | { readonly kind: 'BlockRV'; readonly value: string }
  | { readonly kind: 'LoopRV'; readonly value: Location }
  | { readonly kind: 'ExprRV'; readonly value: number | null };

export const blockValue = (value: string): OutputValue => ({ kind: 'BlockRV', value });
export const loopValue = (value: Location): OutputValue => ({ kind: 'LoopRV', value });
export const exprValue = (value: number | null): OutputValue => ({ kind: 'ExprRV', value });

export interface ApplyContext<K extends InstructionKind> {
  readonly state: ScheduleState;
  /** The decision to take again; `null` asks for a fresh draw. Always `null` for kinds that have none. */
  readonly decision: DecisionOf<K> | null;
  /** Used by fresh draws only. */
  readonly rng: Rng;
}

export interface Applied {
  readonly state: ScheduleState;
  readonly outputs?: readonly OutputValue[];
  /** What was decided, given back by kinds that decide: a replayed decision may have been repaired. */
  readonly decision?: Decision;
  /** Blocks that go on under another name: random variables follow. */
  readonly renamed?: ReadonlyMap<string, string>;
}

/** A row of the instruction table. */
export interface InstructionSpec<K extends InstructionKind> {
  /** Leaves the program alone: a simplified trace drops it when nobody uses its outputs. */
  readonly isPure: boolean;
  /** @throws ScheduleError, before anything changed. */
  readonly apply: (context: ApplyContext<K>, args: ResolvedArgsOf<K>) => Applied;
}

/** Complete by type: a kind without its row does not compile. */
export type InstructionTable = { readonly [K in InstructionKind]: InstructionSpec<K> };

/** A trace: steps in order, and what the sampling ones decided. */
export interface Trace {
  readonly insts: readonly Instruction[];
  readonly decisions: ReadonlyMap<Instruction, Decision>;
}
