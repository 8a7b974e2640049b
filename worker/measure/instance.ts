/**
 * @file A compiled kernel in memory, ready to run.
 *
 * All candidates of a thread share one memory, so that they meet the same physical pages: which pages a buffer gets
 * decides what collides in the caches, and would otherwise be noise between candidates.
 */
import {
  BENCH_EXPORT,
  layoutOf,
  MEMORY_IMPORT,
  PREPARE_EXPORT,
  RUN_EXPORT,
  WASM_PAGE_BYTES,
  type CompiledKernel,
  type KernelAbi,
} from '../../shared/protocol/kernel.js';
import { at } from '../../shared/support/errors.js';
import { CandidateError } from './failure.js';

/** Hands out memory, reusing what it has. Memory handed out earlier is worthless afterwards. */
export interface Arena {
  /** @throws CandidateError `oom`. */
  readonly atLeast: (pages: number) => WebAssembly.Memory;
}

export function createArena(): Arena {
  let memory: WebAssembly.Memory | null = null;
  return {
    atLeast(pages) {
      if (memory !== null && memory.buffer.byteLength >= pages * WASM_PAGE_BYTES) return memory;
      memory = null;
      try {
        memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        throw new CandidateError('oom', `cannot allocate ${pages} pages of 64 KiB`);
      }
      return memory;
    },
  };
}

/** A kernel bound to buffers at fixed places. */
export interface KernelInstance {
  readonly abi: KernelAbi;
  /** Fills the packed buffers from the constants; without such buffers it does nothing. */
  readonly prepare: () => void;
  readonly run: () => void;
  /** Runs the kernel this many times inside Wasm. Only for kernels built for measuring. */
  readonly bench: (runs: number) => void;
  /** The bytes of a parameter, in place. */
  readonly bytes: (param: number) => Uint8Array;
  /** The packed buffers and the workspace: what the kernel alone writes. */
  readonly scratch: Uint8Array;
}

/** Pages of memory that a kernel needs. */
export function pagesFor(abi: KernelAbi): number {
  return layoutOf(abi).pages;
}

/** @throws WebAssembly.CompileError, WebAssembly.LinkError. */
export function instantiate({ wasm, abi }: CompiledKernel, memory: WebAssembly.Memory): KernelInstance {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(wasm)), {
    [MEMORY_IMPORT.module]: { [MEMORY_IMPORT.field]: memory },
  });
  const layout = layoutOf(abi);
  const scratch = layout.packed[0] ?? layout.workspace;
  const addresses = [...layout.params, ...layout.packed, layout.workspace];
  const run = exportedFunction(exports, RUN_EXPORT);
  const prepare = abi.packed.length === 0 ? () => {} : exportedFunction(exports, PREPARE_EXPORT);
  const bench = exports[BENCH_EXPORT] === undefined ? null : exportedFunction(exports, BENCH_EXPORT);
  return {
    abi,
    prepare: () => prepare(...addresses),
    run: () => run(...addresses),
    bench(runs) {
      if (bench === null)
        throw new CandidateError('build_error', `the module does not export ${BENCH_EXPORT}`);
      bench(runs, ...addresses);
    },
    bytes: (param) => new Uint8Array(memory.buffer, at(layout.params, param), at(abi.params, param).bytes),
    scratch: new Uint8Array(memory.buffer, scratch, layout.bytes - scratch),
  };
}

function exportedFunction(exports: WebAssembly.Exports, name: string): (...args: number[]) => void {
  const value = exports[name];
  if (typeof value !== 'function')
    throw new CandidateError('build_error', `the module does not export ${name}`);
  return (...args) => {
    value(...args);
  };
}
