/**
 * @file What a compiler hands over: a Wasm module and how to call it.
 *
 * The module imports its memory as `env.memory` and nothing else. It exports `run(p0, ..., workspace)`: one i32 byte
 * address per parameter, then one per packed buffer, then the address of the workspace, all multiples of 16 and none of
 * the buffers overlapping. With packed buffers it exports `prepare` with the same parameters, which fills them from the
 * constants: it must have been called, with the same addresses of constants and packed buffers, before `run` is.
 * Built for measuring, it also exports `bench(n, p0, ..., workspace)`, which calls `run` n times.
 */
import type { DType } from '../ir/dtype.js';
import { sum } from '../support/statistics.js';

/** `write`: every element is set, whatever was there before. `readwrite`: the old contents matter. */
export type ParamAccess = 'read' | 'write' | 'readwrite';

export interface KernelParam {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly access: ParamAccess;
  /** Its contents stay the same from call to call; `run` may use what `prepare` has made of them. */
  readonly constant: boolean;
}

export interface KernelAbi {
  readonly name: string;
  readonly params: readonly KernelParam[];
  /** Bytes of each buffer that `prepare` fills and `run` reads. */
  readonly packed: readonly number[];
  /** Scratch memory that `run` needs while it runs; may be 0. */
  readonly workspaceBytes: number;
}

export interface CompiledKernel {
  readonly wasm: Uint8Array;
  readonly abi: KernelAbi;
}

/** Module and field of the kernel's only import. */
export const MEMORY_IMPORT = { module: 'env', field: 'memory' } as const;
export const RUN_EXPORT = 'run';
export const PREPARE_EXPORT = 'prepare';
export const BENCH_EXPORT = 'bench';

export const WASM_PAGE_BYTES = 65_536;
/** Buffers are placed at multiples of this: a cache line, and more than the 16 bytes that a kernel may assume. */
export const BUFFER_ALIGN_BYTES = 64;

/** Where the buffers of one call lie in memory, in bytes. */
export interface KernelLayout {
  /** Address of each parameter, in order. */
  readonly params: readonly number[];
  /** Address of each packed buffer. */
  readonly packed: readonly number[];
  readonly workspace: number;
  /** Total, from address 0. */
  readonly bytes: number;
  readonly pages: number;
}

export function alignUp(bytes: number, alignment: number = BUFFER_ALIGN_BYTES): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Places a kernel's parameters, packed buffers and workspace one after another from address 0. */
export function layoutOf(abi: KernelAbi): KernelLayout {
  let next = 0;
  const place = (bytes: number): number => {
    const address = next;
    next = alignUp(next + bytes);
    return address;
  };
  const params = abi.params.map((param) => place(param.bytes));
  const packed = abi.packed.map(place);
  const bytes = next + abi.workspaceBytes;
  const pages = Math.max(1, Math.ceil(bytes / WASM_PAGE_BYTES));
  return { params, packed, workspace: next, bytes, pages };
}

/** Bytes of memory that a kernel needs, without what alignment adds. */
export function memoryOf({ params, packed, workspaceBytes }: KernelAbi): number {
  return sum([...params.map(({ bytes }) => bytes), ...packed, workspaceBytes]);
}
