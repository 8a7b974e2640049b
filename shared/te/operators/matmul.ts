/** @file Matrix products. */
import { load, mul } from '../../ir/build.js';
import { InputError } from '../../support/errors.js';
import { reduceAxis, sum } from '../reduction.js';
import { compute, type Tensor } from '../tensor.js';
import { extentsOf, mismatch, shapeText } from './shapes.js';

/**
 * `A[m, k] * B[k, n]`, shape [m, n].
 * @throws InputError `BAD_RANK`, `SHAPE_MISMATCH`.
 */
export function matmul(a: Tensor, b: Tensor, name = 'C'): Tensor {
  const [m, k] = extentsOf(a, 2);
  const [depth, n] = extentsOf(b, 2);
  if (k !== depth) throw mismatch(name, a, b);
  const r = reduceAxis(k, 'k');
  return compute([m, n], (i, j) => sum(mul(load(a, [i, r]), load(b, [r, j])), [r]), name, ['i', 'j']);
}

/**
 * `A[m, k] * B[n, k]` transposed, shape [m, n]: how a linear layer stores its weights.
 * @throws InputError `BAD_RANK`, `SHAPE_MISMATCH`.
 */
export function matmulNt(a: Tensor, b: Tensor, name = 'C'): Tensor {
  const [m, k] = extentsOf(a, 2);
  const [n, depth] = extentsOf(b, 2);
  if (k !== depth) throw mismatch(name, a, b);
  const r = reduceAxis(k, 'k');
  return compute([m, n], (i, j) => sum(mul(load(a, [i, r]), load(b, [j, r])), [r]), name, ['i', 'j']);
}

/**
 * `A[..., m, k] * B[..., k, n]` with the same leading dimensions, shape [..., m, n].
 * @throws InputError `BAD_RANK`, `SHAPE_MISMATCH`.
 */
export function batchMatmul(a: Tensor, b: Tensor, name = 'C'): Tensor {
  const batch = a.shape.slice(0, -2);
  const [m, k] = trailingShape(a);
  const [depth, n] = trailingShape(b);
  const sameBatch = a.shape.length === b.shape.length && batch.every((extent, d) => extent === b.shape[d]);
  if (!sameBatch || k !== depth) throw mismatch(name, a, b);
  const r = reduceAxis(k, 'k');
  const axisNames = [...batch.map((_, d) => `b${d}`), 'i', 'j'];
  return compute(
    [...batch, m, n],
    (...indices) => {
      const [lead, row, column] = [indices.slice(0, -2), indices.slice(-2, -1), indices.slice(-1)];
      return sum(mul(load(a, [...lead, ...row, r]), load(b, [...lead, r, ...column])), [r]);
    },
    name,
    axisNames,
  );
}

function trailingShape(x: Tensor): [number, number] {
  const [rows, columns] = x.shape.slice(-2);
  if (rows === undefined || columns === undefined) {
    throw new InputError('BAD_RANK', `${shapeText(x)} has fewer than two dimensions`);
  }
  return [rows, columns];
}
