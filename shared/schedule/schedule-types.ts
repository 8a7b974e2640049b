/** @file What the methods of a schedule take and give. */
import type { Rng } from '../support/rng.js';
import type { ExprRV, LoopRV } from './random-variable.js';

/** A factor of a split: a number, a sampled one, or `null` for the one to be inferred. */
export type Factor = ExprRV | number | null;

/** `N` items, or any number of them when `N` is not known at compile time. */
export type Tuple<T, N extends number, Items extends T[] = []> = number extends N
  ? T[]
  : Items['length'] extends N
    ? Items
    : Tuple<T, N, [...Items, T]>;

export interface SplitOptions {
  /** Default true. See `split` in primitives/loop-transform.ts. */
  readonly preserveUnitIters?: boolean;
  /** Default false. */
  readonly disablePredication?: boolean;
}

export interface TileOptions<N extends number> {
  /** Number of factors, at least 2. */
  readonly n: N;
  /** Largest last factor, -1 for no limit; default 16. */
  readonly maxInnermostFactor?: number;
  readonly decision?: readonly number[];
}

export interface ImperfectTileOptions {
  /** How likely each candidate is, relative to the others; default: equally. */
  readonly weights?: readonly number[];
  /** `[outer, inner]`. */
  readonly decision?: readonly number[];
}

export interface LayoutOptions {
  /** What fills the new elements that stand for no old one; default: a layout with such elements is refused. */
  readonly padValue?: number;
  /** Allow such elements without filling them; default false. */
  readonly assumeInjective?: boolean;
}

export interface ComputeAtOptions {
  /** Keep loops of extent 1; default false. */
  readonly preserveUnitLoops?: boolean;
  /** Where in the loop's body: -1 the last legal place, -2 the first, or its index; default -1. */
  readonly index?: number;
}

export interface ScheduleOptions {
  /** Seed of the sampling, when no `rng` is given; default 0. */
  readonly seed?: number;
  readonly rng?: Rng;
  /** Verify the function after every step: for tests, too slow for a search. */
  readonly verify?: boolean;
}

/** One loop per factor. */
export type LoopsOf<F extends readonly Factor[]> = { -readonly [I in keyof F]: LoopRV };
