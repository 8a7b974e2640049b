/**
 * @file Tensor expressions: tensors described element by element, from which `createPrimFunc` makes loops and blocks.
 *
 * A `Tensor` is a `Buffer` that knows how its elements come to be, and a `ReduceAxis` is a `Var` that knows its extent.
 * So tensor expressions are ordinary IR expressions, written with the smart constructors of `shared/ir/build.ts`:
 *
 *     const k = reduceAxis(128, 'k');
 *     const c = compute([128, 128], (i, j) => sum(mul(load(a, [i, k]), load(b, [k, j])), [k]), 'C');
 *
 * A `Reduction` is not an expression: by its type it can only be the whole value of a stage, as in TVM.
 */
import { buffer, type Buffer } from '../ir/buffer.js';
import { variable } from '../ir/build.js';
import type { DType } from '../ir/dtype.js';
import type { Expr, Var } from '../ir/expr.js';
import { varsOf } from '../ir/visit.js';
import { InputError } from '../support/errors.js';
import type { Reduction } from './reduction.js';

/** A named tensor: an input (`stage` is null) or the result of a compute stage. Identity is the object itself. */
export interface Tensor extends Buffer {
  readonly stage: Stage | null;
}

/** How the element at `axes` is computed. */
export interface Stage {
  /** One per dimension of the tensor. */
  readonly axes: readonly Var[];
  readonly value: Expr | Reduction;
}

export interface PlaceholderOptions {
  readonly name: string;
  readonly dtype?: DType;
}

/**
 * An input tensor, of float32 unless told otherwise.
 * @throws InputError `BAD_SHAPE`.
 */
export function placeholder(shape: readonly number[], options: PlaceholderOptions): Tensor {
  return { ...buffer(options.name, shape, options.dtype), stage: null };
}

/** What a compute stage's function gets: one index per dimension. */
type Indices<S extends readonly number[]> = { [D in keyof S]: Var };

/**
 * The tensor whose element at (i, j, ...) is `f(i, j, ...)`. Its type is that of the value.
 * @param axisNames names of the loops, `i0`, `i1`, ... unless given
 * @throws InputError `BAD_SHAPE`, `BAD_RANK` when there is not one axis name per dimension, `UNBOUND_AXIS` when the
 *   value uses a variable that is neither an index nor one of the reduction's axes.
 */
export function compute<const S extends readonly number[]>(
  shape: S,
  f: (...indices: Indices<S>) => Expr | Reduction,
  name: string,
  axisNames: readonly string[] = shape.map((_, d) => `i${d}`),
): Tensor {
  if (axisNames.length !== shape.length) {
    throw new InputError(
      'BAD_RANK',
      `${name} has ${shape.length} dimension(s), but ${axisNames.length} axis name(s)`,
    );
  }
  const axes = axisNames.map((axis) => variable(axis));
  const value = f(...(axes as Indices<S>));
  checkBound(name, axes, value);
  const scalar = value.kind === 'Reduction' ? value.value : value;
  return { ...buffer(name, shape, scalar.dtype), stage: { axes, value } };
}

function checkBound(name: string, axes: readonly Var[], value: Expr | Reduction): void {
  const isReduction = value.kind === 'Reduction';
  const bound = new Set<Var>(isReduction ? [...axes, ...value.axes] : axes);
  for (const v of varsOf(isReduction ? value.value : value)) {
    if (!bound.has(v)) {
      throw new InputError(
        'UNBOUND_AXIS',
        `${name} uses ${v.name}, which is neither one of its indices nor an axis of its reduction`,
      );
    }
  }
}
