/** @file The locals of a Wasm function while it is assembled. */
import { at, invariant } from '../../../shared/support/errors.js';
import type { ByteSink } from './encoding.js';
import { codeOfType, type WasmType } from './op-row.js';

/** Index of a parameter or local. */
export type LocalIndex = number;

export interface Locals {
  readonly add: (type: WasmType) => LocalIndex;
  readonly typeOf: (local: LocalIndex) => WasmType;
  readonly temp: (type: WasmType) => LocalIndex;
  readonly scope: (body: () => void) => void;
  /** The declarations of a code entry: runs of equal types. */
  readonly declare: (out: ByteSink) => void;
}

export function createLocals(params: readonly WasmType[]): Locals {
  const types = [...params];
  const free: { readonly [T in WasmType]: LocalIndex[] } = { i32: [], i64: [], f32: [], f64: [], v128: [] };
  let open: LocalIndex[] | null = null;

  function add(type: WasmType): LocalIndex {
    types.push(type);
    return types.length - 1;
  }
  const typeOf = (local: LocalIndex): WasmType => at(types, local);

  return {
    add,
    typeOf,
    temp(type) {
      invariant(open !== null, 'a temp outside of any scope');
      const local = free[type].pop() ?? add(type);
      open.push(local);
      return local;
    },
    scope(body) {
      const outer = open;
      const mine: LocalIndex[] = [];
      open = mine;
      body();
      for (const local of mine) free[typeOf(local)].push(local);
      open = outer;
    },
    declare(out) {
      const runs: { type: WasmType; count: number }[] = [];
      for (const type of types.slice(params.length)) {
        const last = runs.at(-1);
        if (last?.type === type) last.count++;
        else runs.push({ type, count: 1 });
      }
      out.u32(runs.length);
      for (const { type, count } of runs) {
        out.u32(count);
        out.byte(codeOfType(type));
      }
    },
  };
}
