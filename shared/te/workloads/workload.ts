/** @file What a built-in workload is: a family of programs, one for each choice of its parameters. */
import type { PrimFunc } from '../../ir/prim-func.js';
import { lookup } from '../../support/errors.js';

/** An integer parameter, from `min` to `max`, both included. */
export interface ParamSpec {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly doc: string;
}

/** Values by parameter name. */
export type Params = Readonly<Record<string, number>>;

/** A row of the workload table. */
export interface Workload {
  readonly name: string;
  /** One line: what is computed, with shapes. */
  readonly summary: string;
  /** In the order in which a spec lists them. */
  readonly params: Readonly<Record<string, ParamSpec>>;
  /**
   * @param params a value within its limits for each parameter
   * @throws InputError when the values do not fit together.
   */
  readonly build: (params: Params) => PrimFunc;
  /** Arithmetic operations on data; those of padding and of indices do not count. */
  readonly flops: (params: Params) => number;
}

interface Definition<P extends string> {
  readonly name: string;
  readonly summary: string;
  readonly params: Readonly<Record<P, ParamSpec>>;
  readonly build: (params: Readonly<Record<P, number>>) => PrimFunc;
  readonly flops: (params: Readonly<Record<P, number>>) => number;
}

/** A workload whose functions see exactly the parameters it declares. */
export function workload<const P extends string>(definition: Definition<P>): Workload {
  const { name, summary, params, build, flops } = definition;
  return {
    name,
    summary,
    params,
    build: (given) => build(pick(params, given)),
    flops: (given) => flops(pick(params, given)),
  };
}

function pick<P extends string>(declared: Readonly<Record<P, ParamSpec>>, given: Params): Record<P, number> {
  const values = new Map(Object.entries(given));
  const picked = Object.keys(declared).map((key) => [key, lookup(values, key, `parameter ${key}`)]);
  return Object.fromEntries(picked) as Record<P, number>;
}

/** Largest extent of a dimension. The limits of whole programs (bytes, iteration points) are `checkLimits`'s. */
const MAX_EXTENT = 2 ** 24;
const MAX_KERNEL = 64;
const MAX_GROUPS = 4096;

/** A parameter that is the extent of a dimension. */
export function extent(defaultValue: number, doc: string): ParamSpec {
  return { default: defaultValue, min: 1, max: MAX_EXTENT, doc };
}

/** Parameters of a sliding window. */
export const kernelSize = (value: number): ParamSpec =>
  windowParam(value, 1, 'kernel size in each dimension');
export const strideOf = (value: number): ParamSpec => windowParam(value, 1, 'stride in each dimension');
export const paddingOf = (value: number): ParamSpec => windowParam(value, 0, 'padding on each side');
export const dilationOf = (value: number): ParamSpec => windowParam(value, 1, 'distance of kernel elements');

function windowParam(value: number, min: number, doc: string): ParamSpec {
  return { default: value, min, max: MAX_KERNEL, doc };
}

export const groupsOf = (value: number): ParamSpec => ({
  default: value,
  min: 1,
  max: MAX_GROUPS,
  doc: 'groups of channels; divides ci and co',
});
