/** @file Running functions as compiled code, with the arguments of tests/support/inputs.ts. */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { TypedArray } from '../../shared/ir/typed-array.js';
import { TARGETS, type TargetId } from '../../shared/protocol/target.js';
import { at } from '../../shared/support/errors.js';
import { compileFunc } from '../../worker/lower/compile.js';
import { instantiate, pagesFor } from '../../worker/measure/instance.js';
import { argumentsFor, outputsOf } from './inputs.js';

function bytesOf(array: TypedArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Compiles a function for a target and runs it on `inputs`; returns its outputs in order. The kernel's scratch memory is poisoned. */
export function runWasm(func: PrimFunc, target: TargetId, inputs: readonly TypedArray[]): TypedArray[] {
  const kernel = compileFunc(func, TARGETS[target], { bench: false });
  const memory = new WebAssembly.Memory({ initial: pagesFor(kernel.abi) });
  const instance = instantiate(kernel, memory);
  const args = argumentsFor(
    func,
    inputs.map((array) => array.slice()),
  );
  args.forEach((array, i) => instance.bytes(i).set(bytesOf(array)));
  instance.scratch.fill(0xff); // a NaN in every float
  instance.prepare();
  instance.run();
  args.forEach((array, i) => bytesOf(array).set(instance.bytes(i)));
  const outputs = outputsOf(func);
  return args.filter((_, i) => outputs.includes(at(func.params, i)));
}
