/** @file The type stack of a Wasm function while it is assembled. */
import { at, InternalError, invariant } from '../../../shared/support/errors.js';
import type { WasmType } from './op-row.js';

/** The types of operands on the stack, and how much of it belongs to enclosing structures. */
export interface TypeStack {
  readonly push: (type: WasmType) => void;
  readonly pop: (type: WasmType, user: string) => void;
  readonly top: () => WasmType;
  /** Checks that exactly `results` are left, and takes them away. */
  readonly end: (results: readonly WasmType[], what: string) => void;
  /** Runs `body` on a stack that looks empty, and checks that it leaves exactly `results`, which it takes away. */
  readonly nested: (results: readonly WasmType[], what: string, body: () => void) => void;
}

export function createTypeStack(): TypeStack {
  const types: WasmType[] = [];
  let floor = 0;

  function top(): WasmType {
    invariant(types.length > floor, 'the Wasm stack is empty');
    return at(types, types.length - 1);
  }

  function pop(type: WasmType, user: string): void {
    const found = types.length > floor ? types.pop() : 'nothing';
    // The message is made in case of need only.
    if (found !== type)
      throw new InternalError(`${user}: expected ${type} on the Wasm stack, found ${found}`);
  }

  function end(results: readonly WasmType[], what: string): void {
    for (const result of results.toReversed()) pop(result, `end of ${what}`);
    invariant(types.length === floor, `end of ${what}: ${types.length - floor} operand(s) too many`);
  }

  return {
    push: (type) => {
      types.push(type);
    },
    pop,
    top,
    end,
    nested(results, what, body) {
      const outer = floor;
      floor = types.length;
      body();
      end(results, what);
      floor = outer;
    },
  };
}
