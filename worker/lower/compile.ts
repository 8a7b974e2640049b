/** @file The compiler: a scheduled function in, a Wasm module and how to call it out. */
import { byteSizeOf } from '../../shared/ir/buffer.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { constantParams } from '../../shared/ir/constants.js';
import { splitPrepacking } from '../../shared/ir/split-prepacking.js';
import { memoryOf, type CompiledKernel, type KernelParam } from '../../shared/protocol/kernel.js';
import type { Target } from '../../shared/protocol/target.js';
import { InputError, lookup } from '../../shared/support/errors.js';
import { emitKernel } from '../codegen/wasm/emit.js';
import { paramAccess } from './param-access.js';
import { lower, type OnPass } from './pipeline.js';

export interface CompileOptions {
  /** Also export `bench`, for measuring. */
  readonly bench: boolean;
  /** Receives the program after each pass. */
  readonly onPass?: OnPass;
}

/** @throws InputError `LIMIT_*` when the kernel is larger than the target allows, and those of lowering. */
export function compileFunc(func: PrimFunc, target: Target, options: CompileOptions): CompiledKernel {
  const { main, prepare, packed } = splitPrepacking(func);
  const kernel = lower(main, target, options.onPass);
  const preparation = prepare === null ? null : lower(prepare, target, options.onPass);
  const wasm = emitKernel(kernel, target, { bench: options.bench, preparation });
  checkLimit('MODULE', 'bytes of code', wasm.length, target.limits.maxModuleBytes);
  const access = paramAccess(func);
  const constants = new Set(constantParams(func));
  const params = func.params.map((b): KernelParam => ({
    name: b.name,
    dtype: b.dtype,
    shape: b.shape,
    bytes: byteSizeOf(b),
    access: lookup(access, b, `the access of ${b.name}`),
    constant: constants.has(b),
  }));
  const workspaceBytes = Math.max(kernel.workspaceBytes, preparation?.workspaceBytes ?? 0);
  const abi = { name: func.name, params, packed: packed.map(byteSizeOf), workspaceBytes };
  checkLimit('MEMORY', 'bytes of memory', memoryOf(abi), target.limits.memoryBytes);
  return { wasm, abi };
}

function checkLimit(code: string, what: string, value: number, limit: number): void {
  if (value > limit)
    throw new InputError(`LIMIT_${code}`, `the kernel has ${value} ${what}; the limit is ${limit}`);
}
