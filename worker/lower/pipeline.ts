/**
 * @file The lowering pipeline: from a scheduled function to Loop IR, as a visible list of named passes. First on
 * TensorIR's loops, then on Loop IR.
 */
import { NO_BOUNDS } from '../../shared/arith/bounds.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { Stmt } from '../../shared/ir/stmt.js';
import type { Target } from '../../shared/protocol/target.js';
import { printStmt } from '../../shared/script/print.js';
import { autoUnroll } from './auto-unroll.js';
import { compactBuffers } from './compact-buffers.js';
import { removeDeadStores } from './dead-stores.js';
import { dissolveBlocks } from './dissolve-blocks.js';
import { hoistLoads } from './hoist-loads.js';
import type { LoopPass, LoopProgram } from './loop-program.js';
import type { Kernel } from './loop-ir.js';
import { partitionLoops } from './partition-loops.js';
import { placeRegions } from './place-regions.js';
import { printKernel } from './print-kernel.js';
import { promoteLocals } from './promote-locals.js';
import { reuseLoads } from './reuse-loads.js';
import { simplifyStmt } from './simplify-loops.js';
import { translateBody } from './translate-stmt.js';

/** Receives the program after each pass, as text. */
export type OnPass = (pass: string, text: () => string) => void;

function onBody(name: string, rewrite: (body: Stmt) => Stmt): LoopPass {
  return { name, run: (program) => ({ ...program, body: rewrite(program.body) }) };
}

const LOOP_PASSES: readonly LoopPass[] = [
  onBody('simplify', (body) => simplifyStmt(body, NO_BOUNDS)),
  { name: 'compact-buffers', run: compactBuffers },
  onBody('partition-loops', partitionLoops),
  onBody('auto-unroll', autoUnroll),
];

interface KernelPass {
  readonly name: string;
  readonly run: (kernel: Kernel) => Kernel;
}

const KERNEL_PASSES: readonly KernelPass[] = [
  { name: 'promote-locals', run: promoteLocals },
  { name: 'hoist-loads', run: hoistLoads },
  { name: 'reuse-loads', run: reuseLoads },
  { name: 'dead-stores', run: removeDeadStores },
];

/** @throws InputError when the program needs more code than the target allows, or threads it does not have. */
export function lower(func: PrimFunc, target: Target, onPass: OnPass = () => {}): Kernel {
  let program = dissolveBlocks(func);
  onPass('dissolve-blocks', () => printStmt(program.body));
  for (const pass of LOOP_PASSES) {
    program = pass.run(program);
    onPass(pass.name, () => printStmt(program.body));
  }
  let kernel = translate(program, target);
  onPass('translate', () => printKernel(kernel));
  for (const pass of KERNEL_PASSES) {
    kernel = pass.run(kernel);
    onPass(pass.name, () => printKernel(kernel));
  }
  return kernel;
}

function translate(program: LoopProgram, target: Target): Kernel {
  const { regions, workspaceBytes } = placeRegions(program.params, program.temporaries);
  const body = translateBody(program.body, {
    regions,
    vectors: target.features.simd128,
    maxStatements: target.limits.maxUnrolledStatements,
  });
  return { name: program.name, regions: [...regions.values()], workspaceBytes, body };
}
