import { describe, expect, it } from 'vitest';
import type { Assembler } from '../../../../worker/codegen/wasm/assembler.js';
import { createModule } from '../../../../worker/codegen/wasm/module.js';
import type { OpRow } from '../../../../worker/codegen/wasm/op-row.js';
import {
  LANE_OPS,
  MEMORY_LANE_OPS,
  MEMORY_OPS,
  PLAIN_OPS,
  type LaneOp,
  type MemoryLaneOp,
  type MemoryOp,
  type PlainOp,
} from '../../../../worker/codegen/wasm/opcodes.js';
import { openWabt } from './wabt.js';

const wabt = await openWabt();

/** A module with one function that pushes its parameters, runs one instruction and returns what that leaves. */
function moduleOf({ params, result }: OpRow, emit: (as: Assembler) => void): Uint8Array {
  const module = createModule({ module: 'env', field: 'memory', minPages: 0, maxPages: null });
  const ref = module.addFunction({ params, results: result === null ? [] : [result] }, (as) => {
    params.forEach((_, n) => {
      as.get(n);
    });
    emit(as);
  });
  module.exportFunction('f', ref);
  return module.toBytes();
}

/** Instructions of the text form, one a line. */
function instructionsOf(bytes: Uint8Array): string[] {
  return wabt
    .toText(bytes)
    .split('\n')
    .map((line) => line.trim().replaceAll(/\)+$/g, ''));
}

const names = <T extends object>(table: T): (keyof T & string)[] =>
  Object.keys(table) as (keyof T & string)[];

describe('the instruction table', () => {
  it.each(names(PLAIN_OPS))('%s', (name: PlainOp) => {
    const bytes = moduleOf(PLAIN_OPS[name], (as) => {
      as.op(name);
    });
    expect(instructionsOf(bytes)).toContain(name);
  });

  it.each(names(MEMORY_OPS))('%s', (name: MemoryOp) => {
    const bytes = moduleOf(MEMORY_OPS[name], (as) => {
      as.memory(name, 70_000);
    });
    // wabt names the alignment only where it is not the natural one.
    expect(instructionsOf(bytes)).toContain(`${name} offset=70000`);
  });

  it.each(names(LANE_OPS))('%s', (name: LaneOp) => {
    const bytes = moduleOf(LANE_OPS[name], (as) => {
      as.lane(name, 1);
    });
    expect(instructionsOf(bytes)).toContain(`${name} 1`);
  });

  it.each(names(MEMORY_LANE_OPS))('%s', (name: MemoryLaneOp) => {
    const bytes = moduleOf(MEMORY_LANE_OPS[name], (as) => {
      as.memoryLane(name, 24, 1);
    });
    expect(instructionsOf(bytes)).toContain(`${name} offset=24 1`);
  });
});
