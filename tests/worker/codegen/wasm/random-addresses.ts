/** @file Random memory regions and addresses inside of them. Regions grow to what is accessed. */
import { bytesOf, type DType } from '../../../../shared/ir/dtype.js';
import type {
  Address,
  AddressTerm,
  Local,
  MemoryRegion,
  Value,
  ValueType,
} from '../../../../worker/lower/loop-ir.js';
import { binary, constant, I32 } from './loop-ir-dsl.js';

/** Room that each region has in memory; more than any access reaches. */
export const REGION_SLOT_BYTES = 8192;

/** @returns integers in [0, n) */
export type Random = (n: number) => number;

export function createRandom(seed: number): Random {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  const item = items[random(items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** A local whose values are in [min, max]. */
export interface Index {
  readonly local: Local;
  readonly min: number;
  readonly max: number;
  readonly isLoop: boolean;
}

export interface Scope {
  readonly indices: readonly Index[];
  /** Locals that have a value, and may be assigned again. */
  readonly locals: Local[];
  readonly nesting: number;
}

export interface Generator {
  readonly random: Random;
  readonly vectors: boolean;
  readonly regions: { -readonly [K in keyof MemoryRegion]: MemoryRegion[K] }[];
  readonly fresh: (type: ValueType) => Local;
  /** A random value of a type. */
  readonly value: (type: ValueType, scope: Scope, depth: number) => Value;
}

function regionOf({ random, regions }: Generator, dtype: DType): Generator['regions'][number] {
  const known = regions.filter((region) => region.dtype === dtype);
  if (known.length >= 2) return pick(random, known);
  const isParam = random(3) > 0;
  const count = regions.filter((region) => (region.place.kind === 'param') === isParam).length;
  const region: Generator['regions'][number] = {
    kind: 'MemoryRegion',
    name: `r${regions.length}`,
    dtype,
    bytes: 0,
    place: isParam
      ? { kind: 'param', index: count }
      : { kind: 'workspace', offset: count * REGION_SLOT_BYTES },
  };
  regions.push(region);
  return region;
}

/** An index that is certain to be at least `from` where an access is executed. */
export interface Guard {
  readonly index: Index;
  readonly from: number;
}

export function randomAddress(g: Generator, type: ValueType, scope: Scope, guard?: Guard): Address {
  const { random } = g;
  const region = regionOf(g, type.dtype);
  const unit = bytesOf(type.dtype);
  const terms: AddressTerm[] = [];
  let [low, high] = [0, 0];
  for (const { local, min, max, isLoop } of scope.indices) {
    const isGuarded = guard?.index.local === local;
    const factor = isGuarded ? 1 + random(6) : random(3) === 0 ? 0 : random(12) - 4;
    if (factor === 0) continue;
    const ends = [factor * unit * (isGuarded ? guard.from : min), factor * unit * max];
    low += Math.min(...ends);
    high += Math.max(...ends);
    const term = { local, bytes: factor * unit };
    if (isLoop) terms.push(term);
    else terms.unshift(term);
  }
  const parts = random(6) === 0 ? 1 + random(3) : 0;
  const back = parts === 0 ? 0 : random(3);
  const offset = -low + (back + random(4)) * unit;
  const dynamic =
    parts === 0 ? null : binary('mul', randomBetween(g, scope, -back, parts - back), constant(unit));
  region.bytes = Math.max(region.bytes, high + offset + (parts + type.lanes) * unit);
  return { region, terms, offset, dynamic };
}

/** An int32 in [0, n). */
export function randomBelow(g: Generator, scope: Scope, n: number): Value {
  return binary('floormod', g.value(I32, scope, 1), constant(n));
}

/** An int32 in [min, max], in forms whose bounds are and are not obvious. */
export function randomBetween(g: Generator, scope: Scope, min: number, max: number): Value {
  const distance = randomBelow(g, scope, max - min + 1);
  const sum = min === 0 ? distance : binary('add', distance, constant(min));
  return g.random(2) === 0 ? sum : binary('bitxor', sum, constant(0));
}
