import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf, type ValueRange } from '../../../../worker/codegen/wasm/value-range.js';
import type { Local, Value } from '../../../../worker/lower/loop-ir.js';
import { interpretKernel } from './loop-ir-interpreter.js';
import { address, assign, I32, kernel, local, loop, param, store, get } from './loop-ir-dsl.js';
import { createRandom } from './random-addresses.js';
import { randomValue } from './random-values.js';

const EXTENT = 5;

/** The values of an expression for all values of an index in [0, EXTENT). */
function valuesOf(value: Value, index: Local): number[] {
  const out = param(0, 'int32', EXTENT);
  const result = local('result', I32);
  const memory = new DataView(new ArrayBuffer(EXTENT * 4));
  const body = [loop(index, EXTENT, [assign(result, value), store(address(out, [[index, 4]]), get(result))])];
  interpretKernel(kernel([out], body), { memory, bases: [0, 0] });
  return Array.from({ length: EXTENT }, (_, n) => memory.getInt32(n * 4, true));
}

describe('rangeOf', () => {
  it('bounds what values are', () => {
    let narrowed = 0;
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 4 }), (seed, depth) => {
        const index = local('i', I32);
        const value = randomIndexValue(seed, depth, index);
        const known: ReadonlyMap<Local, ValueRange> = new Map([[index, { min: 0, max: EXTENT - 1 }]]);
        const { min, max } = rangeOf(value, known);
        if (max - min < 2 ** 32 - 1) narrowed++;
        for (const x of valuesOf(value, index)) {
          expect(x).toBeGreaterThanOrEqual(min);
          expect(x).toBeLessThanOrEqual(max);
        }
      }),
      { numRuns: 500 },
    );
    expect(narrowed).toBeGreaterThan(100);
  });
});

/** An int32 expression of one index and literals. */
function randomIndexValue(seed: number, depth: number, index: Local): Value {
  const random = createRandom(seed);
  for (;;) {
    const value = randomValue(
      {
        random,
        vectors: false,
        regions: [],
        fresh: () => index,
        value: () => get(index),
      },
      I32,
      { indices: [{ local: index, min: 0, max: EXTENT - 1, isLoop: true }], locals: [], nesting: 0 },
      depth,
    );
    if (!JSON.stringify(value).includes('"Load"')) return value;
  }
}
