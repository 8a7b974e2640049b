/** @file Reductions: the ways a compute stage may combine many values into one element. */
import { add, literal, max as maximum, min as minimum, variable } from '../ir/build.js';
import { rangeOf, type DType } from '../ir/dtype.js';
import type { Expr, Var } from '../ir/expr.js';
import { InputError } from '../support/errors.js';

/** A variable that a reduction runs over `[0, extent)`. */
export interface ReduceAxis extends Var {
  readonly extent: number;
}

/** Commutative and associative operators that combine values. */
export type Combiner = 'sum' | 'max' | 'min';

/** `value` combined over all points of `axes`. */
export interface Reduction {
  readonly kind: 'Reduction';
  readonly combiner: Combiner;
  readonly value: Expr;
  readonly axes: readonly ReduceAxis[];
}

interface CombinerSpec {
  /** What combining starts from. */
  readonly identity: (dtype: DType) => Expr;
  readonly combine: (a: Expr, b: Expr) => Expr;
}

export const COMBINERS: { readonly [C in Combiner]: CombinerSpec } = {
  sum: { identity: (dtype) => literal(0, dtype), combine: add },
  max: { identity: lowest, combine: maximum },
  min: { identity: highest, combine: minimum },
};

/** The largest finite number of each float type. */
const LARGEST_FLOAT = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE } as const;

function largest(dtype: DType): number {
  return dtype === 'float32' || dtype === 'float64' ? LARGEST_FLOAT[dtype] : (rangeOf(dtype)?.[1] ?? 0);
}

/** The smallest finite value of a type: where maxima start, and what they are padded with (as in TVM). */
export function lowest(dtype: DType): Expr {
  return literal(rangeOf(dtype)?.[0] ?? -largest(dtype), dtype);
}

/** The largest finite value of a type. */
export function highest(dtype: DType): Expr {
  return literal(largest(dtype), dtype);
}

/** @throws InputError `BAD_SHAPE` when the extent is not an integer of at least 1. */
export function reduceAxis(extent: number, name: string): ReduceAxis {
  if (!Number.isSafeInteger(extent) || extent < 1) {
    throw new InputError('BAD_SHAPE', `reduce axis ${name}: extent ${extent} is not a positive integer`);
  }
  return { ...variable(name), extent };
}

function reduction(combiner: Combiner, value: Expr, axes: readonly ReduceAxis[]): Reduction {
  if (axes.length === 0 || new Set(axes).size < axes.length) {
    throw new InputError(
      'BAD_AXIS',
      `${combiner} needs at least one axis and none twice, not [${axes.map((axis) => axis.name).join(', ')}]`,
    );
  }
  if (value.dtype === 'bool') throw new InputError('DTYPE_MISMATCH', `${combiner} does not take a bool`);
  return { kind: 'Reduction', combiner, value, axes };
}

/** @throws InputError `BAD_AXIS` without axes or with one twice, `DTYPE_MISMATCH` for bool. */
export const sum = (value: Expr, axes: readonly ReduceAxis[]): Reduction => reduction('sum', value, axes);
/** @throws InputError as `sum`. */
export const max = (value: Expr, axes: readonly ReduceAxis[]): Reduction => reduction('max', value, axes);
/** @throws InputError as `sum`. */
export const min = (value: Expr, axes: readonly ReduceAxis[]): Reduction => reduction('min', value, axes);
