/** @file Kernels written by hand as WebAssembly text, for tests that need a kernel but no compiler. */
import wabtModule from 'wabt';
import { bytesOf, type DType } from '../../shared/ir/dtype.js';
import type { CompiledKernel, KernelParam, ParamAccess } from '../../shared/protocol/kernel.js';

const wabt = await wabtModule();

export interface WatFeatures {
  readonly simd?: boolean;
  readonly relaxed_simd?: boolean;
}

/** Assembles WebAssembly text. */
export function assemble(wat: string, features: WatFeatures = {}): Uint8Array {
  const module = wabt.parseWat('hand.wat', wat, { ...features });
  try {
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

export function param(
  name: string,
  shape: readonly number[],
  access: ParamAccess,
  dtype: DType = 'float32',
): KernelParam {
  const bytes = shape.reduce((product, extent) => product * extent, bytesOf(dtype));
  return { name, dtype, shape, bytes, access, constant: false };
}

/** `C = A * 2 + B` over 16 floats; the workspace takes 64 bytes and is written, to show who touches it. */
export function scaleAdd(): CompiledKernel {
  const wasm = assemble(`(module
    (import "env" "memory" (memory 0))
    (func (export "run") (param $a i32) (param $b i32) (param $c i32) (param $w i32) (local $i i32)
      (loop $next
        (f32.store (i32.add (local.get $c) (local.get $i))
          (f32.add
            (f32.mul (f32.load (i32.add (local.get $a) (local.get $i))) (f32.const 2))
            (f32.load (i32.add (local.get $b) (local.get $i)))))
        (f32.store (i32.add (local.get $w) (local.get $i)) (f32.const -1))
        (local.set $i (i32.add (local.get $i) (i32.const 4)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 64))))))`);
  const params = [param('A', [4, 4], 'read'), param('B', [4, 4], 'read'), param('C', [4, 4], 'write')];
  return { wasm, abi: { name: 'scale_add', params, packed: [], workspaceBytes: 64 } };
}

/** `X = X + 1` in place, over two 64-bit integers. */
export function increment(name = 'X'): CompiledKernel {
  const wasm = assemble(`(module
    (import "env" "memory" (memory 0))
    (func (export "run") (param $x i32) (param $w i32) 
      (i64.store (local.get $x) (i64.add (i64.load (local.get $x)) (i64.const 1)))
      (i64.store offset=8 (local.get $x) (i64.add (i64.load offset=8 (local.get $x)) (i64.const 1)))))`);
  return {
    wasm,
    abi: {
      name: 'increment',
      params: [param(name, [2], 'readwrite', 'int64')],
      packed: [],
      workspaceBytes: 0,
    },
  };
}
