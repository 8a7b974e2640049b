/** @file The form that TensorIR passes work on: a function whose blocks are dissolved into plain loops. */
import type { Buffer } from '../../shared/ir/buffer.js';
import type { Stmt } from '../../shared/ir/stmt.js';

export interface LoopProgram {
  readonly name: string;
  readonly params: readonly Buffer[];
  /** Buffers that live only while the kernel runs. */
  readonly temporaries: readonly Buffer[];
  /** Free of `BlockRealize`. */
  readonly body: Stmt;
}

/** A step of lowering. */
export interface LoopPass {
  readonly name: string;
  readonly run: (program: LoopProgram) => LoopProgram;
}
