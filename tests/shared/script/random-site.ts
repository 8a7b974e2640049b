/** @file Choices, and the simple things that are chosen; see `arbitrary-syntax.ts`. */
import { buffer, type Buffer } from '../../../shared/ir/buffer.js';
import { DTYPES, type DType } from '../../../shared/ir/dtype.js';
import type { Var } from '../../../shared/ir/expr.js';
import type { Attrs, AttrValue } from '../../../shared/ir/stmt.js';
import { at } from '../../../shared/support/errors.js';

/** What has been chosen, and what can be referred to at this point of the program. */
export interface Site {
  /** The next choice among 0…n-1. */
  readonly pick: (n: number) => number;
  readonly vars: readonly Var[];
  readonly buffers: readonly Buffer[];
  /** How many levels of nesting may still follow. */
  readonly fuel: number;
  /** Block names given so far. */
  readonly blocks: string[];
}

export function choose<T>(site: Site, items: readonly T[]): T {
  return at(items, site.pick(items.length));
}

export function several<T>(site: Site, most: number, make: (index: number) => T): T[] {
  return Array.from({ length: site.pick(most + 1) }, (_, i) => make(i));
}

export function deeper(site: Site): Site {
  return { ...site, fuel: site.fuel - 1 };
}

const NAMES = ['i', 'A', 'x.outer', 'lambda', 'T', '2nd', 'größe', '', 'range', 'min', 'a b', '_'];

export function randomName(site: Site): string {
  return choose(site, NAMES);
}

export function randomDType(site: Site): DType {
  return choose(site, DTYPES);
}

export function randomIndexType(site: Site): 'int32' | 'int64' {
  return choose(site, ['int32', 'int64'] as const);
}

export function randomBuffer(site: Site): Buffer {
  const shape = several(site, 3, () => 1 + site.pick(130));
  const scope = choose(site, ['global', 'local', 'shared', 'global.A_reg']);
  return buffer(randomName(site), shape, randomDType(site), scope);
}

const TEXTS = ['', 'x', 'it\'s "quoted"', 'tab\tline\nend\\', 'ünï😀\u0007\u2028', '\ud800', '{0}#'];

export function randomAttr(site: Site, fuel = 3): AttrValue {
  switch (site.pick(fuel === 0 ? 5 : 7)) {
    case 0:
      return site.pick(20) - 5;
    case 1:
      return choose(site, [0.5, -1e-30, 1e21, 2 ** 40, -0, Infinity, -Infinity, Number.NaN]);
    case 2:
      return choose(site, TEXTS);
    case 3:
      return site.pick(2) === 1;
    case 4:
      return null;
    case 5:
      return several(site, 3, () => randomAttr(site, fuel - 1));
    default:
      return randomAttrs(site, fuel - 1);
  }
}

const KEYS = ['pragma_auto_unroll_max_step', 'tir.noalias', '__proto__', 'constructor', '', 'a "key"', '0'];

export function randomAttrs(site: Site, fuel = 2): Attrs {
  return Object.fromEntries(several(site, 2, () => [choose(site, KEYS), randomAttr(site, fuel)]));
}

/** Turns a sequence of numbers into choices. */
export function choicesFrom(numbers: readonly number[]): (n: number) => number {
  let next = 0;
  return (n) => (numbers[next++] ?? 0) % n;
}
