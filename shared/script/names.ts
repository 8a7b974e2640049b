/** @file Python identifiers for variables and buffers: legal, unique in a function, and the same in every print. */
import type { Buffer } from '../ir/buffer.js';
import type { Var } from '../ir/expr.js';

const RESERVED = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except exec finally for from ' +
    'global if import in is lambda match nonlocal not or pass print raise return try type while with yield T I'
  ).split(' '),
);

/** The nearest legal identifier: other characters become `_`, reserved words get one appended. */
export function toIdentifier(name: string): string {
  const legal = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
  if (legal === '' || /^[0-9]/.test(legal)) return `_${legal}`;
  return RESERVED.has(legal) ? `${legal}_` : legal;
}

/** Gives things their printed names, at first request and for good. */
export interface Names {
  readonly of: (thing: Var | Buffer) => string;
}

export function createNames(): Names {
  const given = new Map<Var | Buffer, string>();
  const taken = new Set<string>();
  const of = (thing: Var | Buffer): string => {
    const known = given.get(thing);
    if (known !== undefined) return known;
    const name = uniqueName(toIdentifier(thing.name), taken);
    given.set(thing, name);
    return name;
  };
  return { of };
}

/** `base`, or `base_1`, `base_2`… when that is taken; the result is taken afterwards. */
export function uniqueName(base: string, taken: Set<string>): string {
  let name = base;
  for (let n = 1; taken.has(name); n++) name = `${base}_${n}`;
  taken.add(name);
  return name;
}
