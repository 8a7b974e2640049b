/** @file Runs an intrinsic over arrays, and measures errors in units in the last place. */
import type { Intrinsic } from '../../../../shared/ir/expr.js';
import { createVectorConstants } from '../../../../worker/codegen/wasm/literals.js';
import { intrinsic } from '../../../../worker/codegen/wasm/math/intrinsics.js';
import type { FloatShape } from '../../../../worker/codegen/wasm/math/ops.js';
import { scalarMath } from '../../../../worker/codegen/wasm/math/scalar-ops.js';
import { vectorMath } from '../../../../worker/codegen/wasm/math/vector-ops.js';
import { createModule } from '../../../../worker/codegen/wasm/module.js';
import type { MemoryOp } from '../../../../worker/codegen/wasm/opcodes.js';
import { runModule } from './run-module.js';

const LOADS: { readonly [S in FloatShape]: { load: MemoryOp; store: MemoryOp; bytes: number } } = {
  f32: { load: 'f32.load', store: 'f32.store', bytes: 4 },
  f64: { load: 'f64.load', store: 'f64.store', bytes: 8 },
  f32x4: { load: 'v128.load', store: 'v128.store', bytes: 16 },
  f64x2: { load: 'v128.load', store: 'v128.store', bytes: 16 },
};

type Floats = Float32Array | Float64Array;

/** @returns the intrinsic of each element; the number of elements must be a multiple of four */
export function applyIntrinsic<A extends Floats>(op: Intrinsic, shape: FloatShape, ...args: readonly A[]): A {
  const [first] = args;
  if (first === undefined) throw new Error('an intrinsic takes arguments');
  const { load, store, bytes } = LOADS[shape];
  const module = createModule({ module: 'env', field: 'memory', minPages: 0, maxPages: null });
  const params = [...args, 'result', 'count'].map(() => 'i32' as const);
  const run = module.addFunction({ params, results: [] }, (as) => {
    const isScalar = shape === 'f32' || shape === 'f64';
    const m = isScalar ? scalarMath(as, shape) : vectorMath(as, createVectorConstants(as), shape);
    const result = args.length;
    as.loop((start) => {
      as.get(result);
      as.scope(() => {
        const terms = args.map((_, n) =>
          m.keep(() => {
            as.get(n);
            as.memory(load);
          }),
        );
        intrinsic(m, op, terms)();
      });
      as.memory(store);
      for (let n = 0; n <= result; n++) {
        as.get(n);
        as.i32(bytes);
        as.op('i32.add');
        as.set(n);
      }
      as.get(result + 1);
      as.i32(1);
      as.op('i32.sub');
      as.tee(result + 1);
      as.brIf(start);
    });
  });
  module.exportFunction('run', run);
  const memory = new WebAssembly.Memory({
    initial: Math.ceil(((args.length + 1) * first.byteLength) / 65536),
  });
  const all = new Uint8Array(memory.buffer);
  args.forEach((arg, n) => {
    all.set(new Uint8Array(arg.buffer, arg.byteOffset, arg.byteLength), n * arg.byteLength);
  });
  const starts = [...args, null].map((_, n) => n * first.byteLength);
  runModule(module.toBytes(), memory).run(...starts, first.byteLength / bytes);
  const results = memory.buffer.slice(args.length * first.byteLength, (args.length + 1) * first.byteLength);
  return (first instanceof Float32Array ? new Float32Array(results) : new Float64Array(results)) as A;
}

export interface Precision {
  readonly mantissaBits: number;
  readonly minExponent: number;
}

export const SINGLE: Precision = { mantissaBits: 23, minExponent: -126 };
export const DOUBLE: Precision = { mantissaBits: 52, minExponent: -1022 };

/** Distance between neighbouring floats at a finite x. */
export function ulpAt(x: number, { mantissaBits, minExponent }: Precision): number {
  const exponent = x === 0 ? minExponent : Math.max(minExponent, Math.floor(Math.log2(Math.abs(x))));
  return 2 ** (exponent - mantissaBits);
}

/** Every `stride`-th float of all, in the order of their bits, NaNs and infinities included. */
export function floatsByBits(stride: number): Float32Array {
  const bits = new Uint32Array(Math.ceil(2 ** 32 / stride / 4) * 4);
  for (let n = 0; n < bits.length; n++) bits[n] = n * stride;
  return new Float32Array(bits.buffer);
}

/** `count` numbers evenly from `low` to `high`. */
export function evenly(low: number, high: number, count: number): number[] {
  return Array.from({ length: count }, (_, n) => low + ((high - low) * n) / (count - 1));
}
