import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../../../shared/ir/dtype.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { emitKernel } from '../../../../worker/codegen/wasm/emit.js';
import type { Kernel, MemoryRegion } from '../../../../worker/lower/loop-ir.js';
import { interpretKernel } from './loop-ir-interpreter.js';
import { createRandom, REGION_SLOT_BYTES } from './random-addresses.js';
import { randomKernel } from './random-kernel.js';
import { runModule } from './run-module.js';

/** Addresses of a kernel's parameters and workspace; the first parameter is at 0, where wrapping around would show. */
function basesOf(kernel: Kernel): number[] {
  const params = kernel.regions.filter((region) => region.place.kind === 'param');
  return [...params, null].map((_, n) => n * REGION_SLOT_BYTES);
}

function startOf({ place }: MemoryRegion, bases: readonly number[]): number {
  return place.kind === 'param' ? (bases[place.index] ?? 0) : (bases.at(-1) ?? 0) + place.offset;
}

/** Small integers, and what floats have beside them. */
function fill(memory: DataView, kernel: Kernel, bases: readonly number[], seed: number): void {
  const random = createRandom(seed);
  for (const region of kernel.regions) {
    const start = startOf(region, bases);
    const step = bytesOf(region.dtype);
    for (let at = start; at + step <= start + region.bytes; at += step) {
      const small = random(9) - 4;
      const odd = random(20) === 0 ? [NaN, Infinity, -0, 1e20, 0.1][random(5)] : undefined;
      if (region.dtype === 'float32') memory.setFloat32(at, odd ?? small, true);
      else if (region.dtype === 'float64') memory.setFloat64(at, odd ?? small, true);
      else if (region.dtype === 'int32')
        memory.setInt32(at, odd === undefined ? small : random(2 ** 32), true);
      else if (region.dtype === 'int64') memory.setBigInt64(at, BigInt(small), true);
      else if (region.dtype === 'bool') memory.setUint8(at, random(2));
      else memory.setUint8(at, random(256));
    }
  }
}

/** The elements of all regions; NaN as such, whatever its bits. */
function contents(memory: DataView, kernel: Kernel, bases: readonly number[]): (number | bigint)[][] {
  return kernel.regions.map((region) => {
    const start = startOf(region, bases);
    const step = bytesOf(region.dtype);
    return Array.from({ length: Math.floor(region.bytes / step) }, (_, n) => {
      const at = start + n * step;
      if (region.dtype === 'float32') return memory.getFloat32(at, true);
      if (region.dtype === 'float64') return memory.getFloat64(at, true);
      return step === 8
        ? memory.getBigInt64(at, true)
        : step === 4
          ? memory.getInt32(at, true)
          : memory.getUint8(at);
    });
  });
}

function compareWithInterpreter(kernel: Kernel, targetId: 'wasm' | 'wasm-simd128', seed: number): void {
  const bases = basesOf(kernel);
  const expected = new DataView(new ArrayBuffer(65536 * 8));
  fill(expected, kernel, bases, seed);
  const memory = new WebAssembly.Memory({ initial: 8 });
  new Uint8Array(memory.buffer).set(new Uint8Array(expected.buffer));
  interpretKernel(kernel, { memory: expected, bases });
  runModule(emitKernel(kernel, TARGETS[targetId], { bench: false }), memory).run(...bases);
  expect(contents(new DataView(memory.buffer), kernel, bases)).toEqual(contents(expected, kernel, bases));
}

const SHAPE = {
  seed: fc.integer(),
  statements: fc.integer({ min: 1, max: 8 }),
  depth: fc.integer({ min: 0, max: 4 }),
};

describe('emitted code and the interpreter', () => {
  it('agree on random scalar kernels', () => {
    fc.assert(
      fc.property(fc.record(SHAPE), (shape) => {
        compareWithInterpreter(randomKernel({ ...shape, vectors: false }), 'wasm', shape.seed);
      }),
      { numRuns: 600 },
    );
  });

  it('agree on random kernels with vectors', () => {
    fc.assert(
      fc.property(fc.record(SHAPE), (shape) => {
        compareWithInterpreter(randomKernel({ ...shape, vectors: true }), 'wasm-simd128', shape.seed);
      }),
      { numRuns: 1200 },
    );
  });
});
