import { describe, expect, it } from 'vitest';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { emitKernel } from '../../../../worker/codegen/wasm/emit.js';
import type { Kernel, Value, ValueType } from '../../../../worker/lower/loop-ir.js';
import * as ir from './loop-ir-dsl.js';
import { runModule } from './run-module.js';

const SIMD = TARGETS['wasm-simd128'];
const { F32, F32X4, I32 } = ir;
const F64X2: ValueType = { dtype: 'float64', lanes: 2 };
const I32X2: ValueType = { dtype: 'int32', lanes: 2 };

/** Runs a kernel of one float32 parameter. */
function runOn(
  values: readonly number[],
  make: (region: ReturnType<typeof ir.param>) => Kernel,
): Float32Array {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const floats = new Float32Array(memory.buffer, 0, values.length);
  floats.set(values);
  runModule(emitKernel(make(ir.param(0, 'float32', values.length)), SIMD, { bench: false }), memory).run(
    0,
    0,
  );
  return floats;
}

describe('min and max with a literal', () => {
  const values = [0, -0, NaN, 1, -1, Infinity, -Infinity, 0.5];
  const cases = (['min', 'max'] as const).flatMap((op) =>
    [0, -0, 1, -1, Infinity, NaN].map((c) => [op, c] as const),
  );

  it.each(cases)('%s with %d is that of JavaScript', (op, c) => {
    const results = runOn(values, (region) =>
      ir.kernel(
        [region],
        [0, 16].map((at) =>
          ir.store(
            ir.address(region, [], at),
            ir.binary(op, ir.load(F32X4, ir.address(region, [], at)), ir.constant(c, F32X4)),
          ),
        ),
      ),
    );
    expect([...results]).toEqual(values.map((x) => Math[op](x, c)));
    const swapped = runOn(values, (region) =>
      ir.kernel(
        [region],
        [0, 16].map((at) =>
          ir.store(
            ir.address(region, [], at),
            ir.binary(op, ir.constant(c, F32X4), ir.load(F32X4, ir.address(region, [], at))),
          ),
        ),
      ),
    );
    expect([...swapped]).toEqual(values.map((x) => Math[op](x, c)));
  });
});

describe('addresses', () => {
  const numbers = Array.from({ length: 32 }, (_, n) => n);

  it('may run backwards, from a region at address 0', () => {
    const i = ir.local('i', I32);
    const results = runOn([...numbers, ...numbers], (region) =>
      ir.kernel(
        [region],
        [
          ir.loop(i, 32, [
            ir.store(ir.address(region, [[i, -4]], 31 * 4), ir.load(F32, ir.address(region, [[i, 4]], 128))),
          ]),
        ],
      ),
    );
    expect([...results.subarray(0, 32)]).toEqual(numbers.toReversed());
  });

  it('may be out of bounds behind a condition that does not hold', () => {
    const i = ir.local('i', I32);
    const shifted = (region: ReturnType<typeof ir.param>): Value => ({
      kind: 'IfValue',
      type: F32,
      condition: ir.compare('ge', ir.get(i), ir.constant(2)),
      whenTrue: ir.load(F32, ir.address(region, [[i, 4]], -8)),
      whenFalse: ir.constant(-1, F32),
    });
    const results = runOn([...numbers, ...numbers], (region) =>
      ir.kernel([region], [ir.loop(i, 32, [ir.store(ir.address(region, [[i, 4]], 128), shifted(region))])]),
    );
    expect([...results.subarray(32)]).toEqual([-1, -1, ...numbers.slice(0, 30)]);
  });

  it('may depend on a local that is assigned in a loop, listed before the index', () => {
    const [i, start] = [ir.local('i', I32), ir.local('start', I32)];
    const results = runOn([...numbers, ...numbers], (region) =>
      ir.kernel(
        [region],
        [
          ir.loop(i, 16, [
            ir.assign(start, ir.binary('truncdiv', ir.get(i), ir.constant(2))),
            ir.store(
              ir.address(region, [[i, 4]], 128),
              ir.load(
                F32,
                ir.address(region, [
                  [start, 4],
                  [i, 4],
                ]),
              ),
            ),
          ]),
        ],
      ),
    );
    expect([...results.subarray(32, 48)]).toEqual(
      Array.from({ length: 16 }, (_, n) => n + Math.floor(n / 2)),
    );
  });
});

describe('values', () => {
  it('of a local that changes are not taken for its first one', () => {
    const [x, i] = [ir.local('x', I32), ir.local('i', I32)];
    const out = ir.param(0, 'int32', 1);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const kernel = ir.kernel(
      [out],
      [
        ir.loop(i, 4, [ir.assign(x, ir.binary('sub', ir.get(x), ir.constant(3)))]),
        ir.store(ir.address(out, []), ir.binary('floordiv', ir.get(x), ir.constant(5))),
        ir.assign(x, ir.constant(0)),
      ],
    );
    runModule(emitKernel(kernel, SIMD, { bench: false }), memory).run(0, 0);
    expect(new Int32Array(memory.buffer)[0]).toBe(-3);
  });

  it('of two int32 lanes are chosen by conditions on 64-bit lanes', () => {
    const region = ir.param(0, 'float64', 2);
    const lanes = (...values: number[]): Value => ({
      kind: 'Lanes',
      type: I32X2,
      values: values.map((value) => ir.constant(value)),
    });
    const chosen: Value = {
      kind: 'Select',
      type: I32X2,
      condition: ir.compare('lt', ir.load(F64X2, ir.address(region, [])), ir.constant(0, F64X2)),
      whenTrue: lanes(1, 2),
      whenFalse: lanes(3, 4),
    };
    const kernel = ir.kernel(
      [region],
      [ir.store(ir.address(region, []), { kind: 'Cast', type: F64X2, value: chosen })],
    );
    const memory = new WebAssembly.Memory({ initial: 1 });
    const doubles = new Float64Array(memory.buffer, 0, 2);
    for (const [input, output] of [
      [
        [-1, 1],
        [1, 4],
      ],
      [
        [1, -1],
        [3, 2],
      ],
    ] as const) {
      doubles.set(input);
      runModule(emitKernel(kernel, SIMD, { bench: false }), memory).run(0, 0);
      expect([...doubles]).toEqual(output);
    }
  });

  it('gathered from several addresses are loaded lane by lane', () => {
    const results = runOn([1, 2, 3, 4, 5, 6, 7, 8], (region) =>
      ir.kernel(
        [region],
        [
          ir.store(ir.address(region, []), {
            kind: 'Lanes',
            type: F32X4,
            values: [28, 4, 12, 0].map((at) => ir.load(F32, ir.address(region, [], at))),
          }),
        ],
      ),
    );
    expect([...results]).toEqual([8, 2, 4, 1, 5, 6, 7, 8]);
  });

  it('that are zeros keep their signs', () => {
    const results = runOn([1, 1, 1, 1, 1, 1, 1, 1], (region) =>
      ir.kernel(
        [region],
        [0, -0].map((zero, n) =>
          ir.store(
            ir.address(region, [], 16 * n),
            ir.binary('mul', ir.load(F32X4, ir.address(region, [])), ir.constant(zero, F32X4)),
          ),
        ),
      ),
    );
    expect([...results]).toEqual([0, 0, 0, 0, -0, -0, -0, -0]);
  });

  it('of conditions on 64-bit lanes become pairs of int32', () => {
    const region = ir.param(0, 'float64', 2);
    const test = ir.compare('lt', ir.load(F64X2, ir.address(region, [])), ir.constant(0, F64X2));
    const pair: Value = { kind: 'Cast', type: I32X2, value: test };
    const kernel = ir.kernel(
      [region],
      [ir.store(ir.address(region, []), { kind: 'Cast', type: F64X2, value: pair })],
    );
    const memory = new WebAssembly.Memory({ initial: 1 });
    const doubles = new Float64Array(memory.buffer, 0, 2);
    doubles.set([1, -1]);
    runModule(emitKernel(kernel, SIMD, { bench: false }), memory).run(0, 0);
    expect([...doubles]).toEqual([0, 1]);
  });
});

describe('vectors of elements that are not side by side', () => {
  // As many elements as the last lane needs: a load beyond it would leave the memory.
  it.each([2, 3, 4, 5, -2])('has every %d-th of them, up to the end of the memory', (stride) => {
    const count = 65_536 / 4;
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
    const floats = new Float32Array(memory.buffer);
    floats.set(floats.map((_, i) => i));
    const first = stride > 0 ? count - 1 - 3 * stride : count - 1;
    const region = ir.param(0, 'float32', count);
    const lanes = [0, 1, 2, 3].map((lane) => ir.address(region, [], 4 * (first + lane * stride)));
    const value: Value = { kind: 'Lanes', type: F32X4, values: lanes.map((lane) => ir.load(F32, lane)) };
    const kernel = ir.kernel([region], [ir.store(ir.address(region, [], 0), value)]);
    runModule(emitKernel(kernel, SIMD, { bench: false }), memory).run(0, 0);
    expect([...floats.subarray(0, 4)]).toEqual([0, 1, 2, 3].map((lane) => first + lane * stride));
  });
});
