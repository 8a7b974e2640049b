/** @file Which memory accesses are one and the same, which are apart, and which stay put while a loop runs. */
import { bytesOf } from '../../shared/ir/dtype.js';
import type { Address, LoadValue, Local, SplatValue, Value, ValueType } from './loop-ir.js';

/** Gives locals numbers, so that addresses can be named by text and found in maps. */
export type TermsKey = (address: Address) => string | null;

/** Equal for addresses of a region that differ in their constant offset only; `null` for what is not affine. */
export function createTermsKey(): TermsKey {
  const ids = new Map<Local, number>();
  const idOf = (local: Local): number => {
    const id = ids.get(local) ?? ids.size;
    ids.set(local, id);
    return id;
  };
  return ({ terms, dynamic }) =>
    dynamic === null ? terms.map((term) => `${idOf(term.local)}*${term.bytes}`).join('+') : null;
}

export function bytesOfType(type: ValueType): number {
  return bytesOf(type.dtype) * type.lanes;
}

/** Whether a value read back from memory is the value that was stored: not so for types narrower than a register. */
export function survivesMemory(type: ValueType): boolean {
  return bytesOf(type.dtype) >= 4;
}

/** A load, or a load into all lanes: what targets do in one instruction. */
export function loadOf(v: Value): LoadValue | null {
  if (v.kind === 'Load') return v;
  return v.kind === 'Splat' && v.value.kind === 'Load' ? v.value : null;
}

export type LoadLike = LoadValue | (SplatValue & { readonly value: LoadValue });

/** Whether an address is affine and the same for every value of `changing` locals. */
export function isInvariant(address: Address, changing: ReadonlySet<Local>): boolean {
  return address.dynamic === null && !address.terms.some((term) => changing.has(term.local));
}
