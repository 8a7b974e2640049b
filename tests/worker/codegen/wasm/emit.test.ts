import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { InternalError } from '../../../../shared/support/errors.js';
import { emitKernel } from '../../../../worker/codegen/wasm/emit.js';
import type { Kernel, Value, ValueType } from '../../../../worker/lower/loop-ir.js';
import * as ir from './loop-ir-dsl.js';
import { runModule } from './run-module.js';
import { tiledMatmul } from './tiled-matmul.js';
import { openWabt } from './wabt.js';

const wabt = await openWabt();
const SIMD = TARGETS['wasm-simd128'];
const { F32, F32X4, I32 } = ir;

/** Instructions of the text form, one a line. */
function instructionsOf(kernel: Kernel, target = SIMD): string[] {
  return wabt
    .toText(emitKernel(kernel, target, { bench: false }))
    .split('\n')
    .map((line) => line.trim());
}

/** The instructions between the innermost `loop` and its end. */
function innermostLoop(kernel: Kernel, target = SIMD): string[] {
  const lines = instructionsOf(kernel, target);
  const start = lines.findLastIndex((line) => line.startsWith('loop'));
  return lines.slice(start + 1, lines.indexOf('end', start));
}

function count(lines: readonly string[], op: string): number {
  return lines.filter((line) => line === op || line.startsWith(`${op} `)).length;
}

describe('the module', () => {
  const one = ir.param(0, 'int32', 1);
  const increment = ir.kernel(
    [one],
    [ir.store(ir.address(one, []), ir.binary('add', ir.load(I32, ir.address(one, [])), ir.constant(1)))],
  );

  it('imports a memory of any size and exports run', () => {
    const module = new WebAssembly.Module(new Uint8Array(emitKernel(increment, SIMD, { bench: false })));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    expect(WebAssembly.Module.exports(module)).toEqual([{ name: 'run', kind: 'function' }]);
    for (const limits of [{ initial: 0 }, { initial: 1, maximum: 1 }, { initial: 3, maximum: 65536 }]) {
      const memory = new WebAssembly.Memory(limits);
      expect(() => new WebAssembly.Instance(module, { env: { memory } })).not.toThrow();
    }
  });

  it.each([0, 1, 17])('bench runs %i times', (runs) => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { bench } = runModule(emitKernel(increment, SIMD, { bench: true }), memory);
    bench(runs, 64, 128);
    expect(new Int32Array(memory.buffer)[16]).toBe(runs);
  });

  it('takes the workspace after the parameters', () => {
    const temp = { ...ir.param(0, 'int32', 4), place: { kind: 'workspace', offset: 8 } } as const;
    const kernel = ir.kernel(
      [one, temp],
      [
        ir.store(ir.address(temp, [], 4), ir.constant(5)),
        ir.store(ir.address(one, []), ir.load(I32, ir.address(temp, [], 4))),
      ],
    );
    const memory = new WebAssembly.Memory({ initial: 1 });
    runModule(emitKernel(kernel, SIMD, { bench: false }), memory).run(16, 1024);
    expect(
      [...new Int32Array(memory.buffer)].flatMap((value, n) => (value === 0 ? [] : [[n * 4, value]])),
    ).toEqual([
      [16, 5],
      [1024 + 8 + 4, 5],
    ]);
  });

  it('refuses vectors that Wasm does not have', () => {
    const bytes = ir.param(0, 'int8', 64);
    const type: ValueType = { dtype: 'int8', lanes: 16 };
    const copy = ir.kernel(
      [bytes],
      [ir.store(ir.address(bytes, []), ir.load(type, ir.address(bytes, [], 16)))],
    );
    expect(() => emitKernel(copy, SIMD, { bench: false })).toThrow(InternalError);
  });
});

describe('a tiled matmul', () => {
  const n = 128;
  const kernel = tiledMatmul(n, 4, 2);

  it('multiplies', () => {
    const memory = new WebAssembly.Memory({ initial: 4 });
    const floats = new Float32Array(memory.buffer);
    for (let index = 0; index < 2 * n * n; index++) floats[index] = ((index * 7919) % 9) - 4;
    runModule(emitKernel(kernel, SIMD, { bench: false }), memory).run(0, 4 * n * n, 8 * n * n, 0);
    for (let i = 0; i < n; i += 3) {
      for (let j = 0; j < n; j += 5) {
        let sum = 0;
        for (let k = 0; k < n; k++) sum += (floats[i * n + k] ?? 0) * (floats[n * n + k * n + j] ?? 0);
        expect(floats[2 * n * n + i * n + j]).toBe(sum);
      }
    }
  });

  it('moves two pointers and a counter in its innermost loop, and computes nothing else', () => {
    const inner = innermostLoop(kernel);
    expect(count(inner, 'f32x4.mul')).toBe(8);
    expect(count(inner, 'v128.load')).toBe(2);
    expect(count(inner, 'v128.load32_splat')).toBe(4);
    expect(count(inner, 'i32.add') + count(inner, 'i32.sub')).toBe(3);
    expect(count(inner, 'i32.mul') + count(inner, 'i32.shl') + count(inner, 'v128.store')).toBe(0);
  });

  it('fuses multiplication and addition where the target has that', () => {
    const fused = innermostLoop(kernel, TARGETS['wasm-relaxed-simd']);
    expect(count(fused, 'f32x4.relaxed_madd')).toBe(8);
    expect(count(fused, 'f32x4.mul') + count(fused, 'f32x4.add')).toBe(0);
    expect(count(innermostLoop(kernel), 'f32x4.relaxed_madd')).toBe(0);
  });

  it('is small however much is unrolled: pointers are shared', () => {
    const region = ir.param(0, 'float32', 1 << 20);
    const i = ir.local('i', I32);
    const unrolled = (times: number): number =>
      emitKernel(
        ir.kernel(
          [region],
          [
            ir.loop(
              i,
              16,
              Array.from({ length: times }, (_, t) =>
                ir.store(
                  ir.address(region, [[i, 4]], 4 * t),
                  ir.load(F32, ir.address(region, [[i, 4]], 4 * t + 4)),
                ),
              ),
            ),
          ],
        ),
        SIMD,
        { bench: false },
      ).length;
    expect((unrolled(4000) - unrolled(2000)) / 2000).toBeLessThan(13);
  });
});

describe('selected instructions', () => {
  it('square by one multiplication', () => {
    const region = ir.param(0, 'float32', 4);
    const square: Value = {
      kind: 'Call',
      op: 'pow',
      type: F32X4,
      args: [ir.load(F32X4, ir.address(region, [])), ir.constant(2, F32X4)],
    };
    const lines = instructionsOf(ir.kernel([region], [ir.store(ir.address(region, []), square)]));
    expect(count(lines, 'f32x4.mul')).toBe(1);
    expect(lines.length).toBeLessThan(25);
  });

  it('make vectors of literals once, outside of loops', () => {
    const region = ir.param(0, 'float32', 256);
    const i = ir.local('i', I32);
    const at = ir.address(region, [[i, 16]]);
    const kernel = ir.kernel(
      [region],
      [ir.loop(i, 64, [ir.store(at, ir.binary('mul', ir.load(F32X4, at), ir.constant(3, F32X4)))])],
    );
    expect(count(instructionsOf(kernel), 'f32x4.splat')).toBe(1);
    expect(count(innermostLoop(kernel), 'f32x4.splat')).toBe(0);
  });
});

describe('with relaxed SIMD', () => {
  const relaxed = TARGETS['wasm-relaxed-simd'];
  const region = ir.param(0, 'float32', 12);
  const at = (n: number): Value => ir.load(F32X4, ir.address(region, [], 16 * n));
  const kernels = {
    'a * b + c': ir.binary('add', ir.binary('mul', at(0), at(1)), at(2)),
    'c + a * b': ir.binary('add', at(2), ir.binary('mul', at(0), at(1))),
    'c - a * b': ir.binary('sub', at(2), ir.binary('mul', at(0), at(1))),
    'a * b - c': ir.binary('sub', ir.binary('mul', at(0), at(1)), at(2)),
  };

  it.each(Object.entries(kernels))('%s is right', (name, value) => {
    const bytes = emitKernel(ir.kernel([region], [ir.store(ir.address(region, []), value)]), relaxed, {
      bench: false,
    });
    enableRelaxedSimd(bytes);
    const memory = new WebAssembly.Memory({ initial: 1 });
    const floats = new Float32Array(memory.buffer, 0, 12);
    floats.set([1, 2, 3, 4, 10, 20, 30, 40, 5, 6, 7, 8]);
    runModule(bytes, memory).run(0, 0);
    const expected = [1, 2, 3, 4].map((a, n) => {
      const [product, c] = [a * a * 10, n + 5];
      return name === 'c - a * b' ? c - product : name === 'a * b - c' ? product - c : product + c;
    });
    expect([...floats.subarray(0, 4)]).toEqual(expected);
    const isFused = name !== 'a * b - c';
    expect(wabt.toText(bytes).includes('relaxed')).toBe(isFused);
  });
});

/** Older engines have relaxed SIMD behind a flag that newer ones do not know. */
function enableRelaxedSimd(bytes: Uint8Array): void {
  if (!WebAssembly.validate(new Uint8Array(bytes))) setFlagsFromString('--experimental-wasm-relaxed-simd');
}
