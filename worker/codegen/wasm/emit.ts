/**
 * @file The Wasm code generator: from a lowered kernel to the bytes of a module.
 *
 * The module imports `env.memory` and exports `run(p0, ..., workspace)`, and `prepare` for packed constants, see
 * shared/protocol/kernel.ts. Decisions about tiles, vectors and registers were taken in lowering; here only pointers are
 * planned (`address-plan.ts`) and instructions selected (`values.ts`).
 */
import { BENCH_EXPORT, MEMORY_IMPORT, PREPARE_EXPORT, RUN_EXPORT } from '../../../shared/protocol/kernel.js';
import type { Target } from '../../../shared/protocol/target.js';
import type { Kernel } from '../../lower/loop-ir.js';
import { planAddresses } from './address-plan.js';
import type { Assembler, FunctionRef } from './assembler.js';
import { createEmitter } from './emitter.js';
import { createModule } from './module.js';
import { emitStatements } from './statements.js';
import { pushValue } from './values.js';

export interface EmitOptions {
  /** Whether to export `bench(n, p0, ..., workspace)` as well, which calls `run` n times. */
  readonly bench: boolean;
  /** What fills the packed buffers, with the same parameters as the kernel; exported as `prepare`. */
  readonly preparation?: Kernel | null;
}

/** @returns the bytes of a valid module. @throws InternalError for a kernel with types that Wasm has no form of. */
export function emitKernel(
  kernel: Kernel,
  target: Target,
  { bench, preparation = null }: EmitOptions,
): Uint8Array {
  const module = createModule({ ...MEMORY_IMPORT, minPages: 0, maxPages: null });
  const params = kernel.regions.filter((region) => region.place.kind === 'param');
  const addresses = [...params, 'workspace'].map(() => 'i32' as const);
  const addKernel = (body: Kernel): FunctionRef =>
    module.addFunction({ params: addresses, results: [] }, (as) => {
      const e = createEmitter({ as, features: target.features, plan: planAddresses(body), pushValue });
      as.scope(() => {
        emitStatements(e, body.body);
      });
    });
  const run = addKernel(kernel);
  module.exportFunction(RUN_EXPORT, run);
  if (preparation !== null) module.exportFunction(PREPARE_EXPORT, addKernel(preparation));
  if (bench) {
    const repeat = module.addFunction({ params: ['i32', ...addresses], results: [] }, (as) => {
      emitRepetition(as, run);
    });
    module.exportFunction(BENCH_EXPORT, repeat);
  }
  return module.toBytes();
}

/** Calls `run` as often as the first parameter says, with the other parameters. */
function emitRepetition(as: Assembler, run: FunctionRef): void {
  const left = 0;
  as.get(left);
  as.i32(0);
  as.op('i32.gt_s');
  as.if(null, () => {
    as.loop((start) => {
      run.signature.params.forEach((_, n) => {
        as.get(n + 1);
      });
      as.call(run);
      as.get(left);
      as.i32(1);
      as.op('i32.sub');
      as.tee(left);
      as.brIf(start);
    });
  });
}
