/** @file A register-tiled matrix product in Loop IR: what lowering makes of a good schedule. */
import type { Kernel, Local, Statement } from '../../../../worker/lower/loop-ir.js';
import {
  address,
  assign,
  binary,
  constant,
  F32,
  F32X4,
  get,
  I32,
  kernel,
  load,
  local,
  loop,
  param,
  splat,
  store,
} from './loop-ir-dsl.js';

/** An accumulator and its place in the tile. */
interface Sum {
  readonly row: number;
  readonly vector: number;
  readonly local: Local;
}

/** C = A @ B for n x n float32, with tiles of `rows` x `vectors` accumulators that stay in locals. */
export function tiledMatmul(n: number, rows: number, vectors: number): Kernel {
  const [a, b, c] = [param(0, 'float32', n * n), param(1, 'float32', n * n), param(2, 'float32', n * n)];
  const [i, j, k] = [local('i', I32), local('j', I32), local('k', I32)];
  const [rowBytes, tileRows, tileColumns] = [n * 4, rows * n * 4, vectors * 16];
  const sums: Sum[] = Array.from({ length: rows * vectors }, (_, index) => ({
    row: Math.floor(index / vectors),
    vector: index % vectors,
    local: local(`c${index}`, F32X4),
  }));
  const columns = Array.from({ length: vectors }, (_, vector) => local(`b${vector}`, F32X4));
  const entries = Array.from({ length: rows }, (_, row) => local(`a${row}`, F32X4));
  const step: Statement[] = [
    ...columns.map((column, v) =>
      assign(
        column,
        load(
          F32X4,
          address(
            b,
            [
              [j, tileColumns],
              [k, rowBytes],
            ],
            v * 16,
          ),
        ),
      ),
    ),
    ...entries.map((entry, r) =>
      assign(
        entry,
        splat(
          F32X4,
          load(
            F32,
            address(
              a,
              [
                [i, tileRows],
                [k, 4],
              ],
              r * rowBytes,
            ),
          ),
        ),
      ),
    ),
    ...sums.map((sum) => {
      const [x, y] = [entries[sum.row] ?? sum.local, columns[sum.vector] ?? sum.local];
      return assign(sum.local, binary('add', get(sum.local), binary('mul', get(x), get(y))));
    }),
  ];
  const results = sums.map((sum) =>
    store(
      address(
        c,
        [
          [i, tileRows],
          [j, tileColumns],
        ],
        sum.row * rowBytes + sum.vector * 16,
      ),
      get(sum.local),
    ),
  );
  const tile = [...sums.map((sum) => assign(sum.local, constant(0, F32X4))), loop(k, n, step), ...results];
  return kernel([a, b, c], [loop(i, n / rows, [loop(j, n / (4 * vectors), tile)])]);
}
