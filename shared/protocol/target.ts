/**
 * @file Targets: what a program may be compiled for. A target is a row of this table; nothing outside the row and its
 * code generator (`worker/codegen/<family>`) knows which one it is.
 */
import { InputError } from '../support/errors.js';

export const TARGET_IDS = ['wasm', 'wasm-simd128', 'wasm-relaxed-simd'] as const;

export type TargetId = (typeof TARGET_IDS)[number];

/** What the target's instruction set offers. */
export interface TargetFeatures {
  /** 128-bit vectors. */
  readonly simd128: boolean;
  /** `relaxed_madd` and its like: fused or not, as the machine pleases. */
  readonly relaxedSimd: boolean;
}

/** Beyond these a candidate is refused rather than built. */
export interface TargetLimits {
  /** Statements of a kernel after unrolling. */
  readonly maxUnrolledStatements: number;
  /** Size of the emitted module, bytes. */
  readonly maxModuleBytes: number;
  /** Parameters plus workspace of one kernel, bytes. */
  readonly memoryBytes: number;
}

export interface Target {
  readonly id: TargetId;
  readonly features: TargetFeatures;
  /** Width of a vector register, 0 where there are none. */
  readonly vectorBytes: number;
  /** Vector registers that the engine can keep values in. */
  readonly vectorRegisters: number;
  readonly limits: TargetLimits;
}

const LIMITS: TargetLimits = {
  maxUnrolledStatements: 20_000,
  maxModuleBytes: 1 << 20,
  memoryBytes: 512 * 1024 * 1024,
};

export const TARGETS: { readonly [Id in TargetId]: Target } = {
  wasm: {
    id: 'wasm',
    features: { simd128: false, relaxedSimd: false },
    vectorBytes: 0,
    vectorRegisters: 16,
    limits: LIMITS,
  },
  'wasm-simd128': {
    id: 'wasm-simd128',
    features: { simd128: true, relaxedSimd: false },
    vectorBytes: 16,
    vectorRegisters: 16,
    limits: LIMITS,
  },
  'wasm-relaxed-simd': {
    id: 'wasm-relaxed-simd',
    features: { simd128: true, relaxedSimd: true },
    vectorBytes: 16,
    vectorRegisters: 16,
    limits: LIMITS,
  },
};

export function isTargetId(id: string): id is TargetId {
  return (TARGET_IDS as readonly string[]).includes(id);
}

/** @throws InputError `UNKNOWN_TARGET`, naming the known ones. */
export function targetOf(id: string): Target {
  if (!isTargetId(id)) {
    throw new InputError(
      'UNKNOWN_TARGET',
      `unknown target "${id}"; known targets are ${TARGET_IDS.join(', ')}`,
    );
  }
  return TARGETS[id];
}
