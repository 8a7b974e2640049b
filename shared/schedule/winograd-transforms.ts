/**
 * @file Winograd's minimal filtering in two dimensions, F(m x m, 3 x 3): how to get m x m outputs of a convolution from
 * one product per element of a patch of (m + 2) x (m + 2) inputs, where the direct sum takes 9 m^2 products.
 *
 *   Y = A^T [(G g G^T) * (B^T d B)] A      g: kernel, d: patch of the image, *: element by element
 *
 * The matrices interpolate at 0, 1, -1 (and 2, -2 where m = 4) and infinity. Each is written as the few sums that a
 * product with it takes; what several results need is shared.
 */
import { add, mul, sub, variable } from '../ir/build.js';
import { letStmt, seq } from '../ir/build-stmt.js';
import type { Expr, Var } from '../ir/expr.js';
import type { Stmt } from '../ir/stmt.js';
import { at } from '../support/errors.js';

/** Extents of the tiles of outputs that there are transforms for. */
export const WINOGRAD_TILES = [2, 4] as const;

export type WinogradTile = (typeof WINOGRAD_TILES)[number];

/** Extent of the kernels, along both dimensions. */
export const WINOGRAD_KERNEL = 3;

/** Gives an expression a name, so that it is computed once. */
type Share = (e: Expr) => Expr;

/** The product of a matrix with a vector. */
type Transform = (x: readonly Expr[], share: Share) => Expr[];

export interface WinogradTransforms {
  /** From the 3 elements of a kernel's column. */
  readonly weight: Transform;
  /** From m + 2 elements of an image's column. */
  readonly input: Transform;
  /** From m + 2 products to m outputs. */
  readonly output: Transform;
}

const sum = (...terms: readonly Expr[]): Expr => terms.reduce((total, term) => add(total, term));

export const WINOGRAD_TRANSFORMS: { readonly [T in WinogradTile]: WinogradTransforms } = {
  2: {
    weight: (x, share) => {
      const [g0, g1, g2] = [at(x, 0), at(x, 1), at(x, 2)];
      const [even, odd] = [share(mul(add(g0, g2), 0.5)), share(mul(g1, 0.5))];
      return [g0, add(even, odd), sub(even, odd), g2];
    },
    input: (x) => {
      const [d0, d1, d2, d3] = [at(x, 0), at(x, 1), at(x, 2), at(x, 3)];
      return [sub(d0, d2), add(d1, d2), sub(d2, d1), sub(d1, d3)];
    },
    output: (x) => {
      const [m0, m1, m2, m3] = [at(x, 0), at(x, 1), at(x, 2), at(x, 3)];
      return [sum(m0, m1, m2), sub(sub(m1, m2), m3)];
    },
  },
  4: {
    weight: (x, share) => {
      const [g0, g1, g2] = [at(x, 0), at(x, 1), at(x, 2)];
      const [even1, odd1] = [share(mul(add(g0, g2), -1 / 6)), share(mul(g1, 1 / 6))];
      const [even2, odd2] = [share(add(mul(g0, 1 / 24), mul(g2, 1 / 6))), share(mul(g1, 1 / 12))];
      return [mul(g0, 1 / 4), sub(even1, odd1), add(even1, odd1), add(even2, odd2), sub(even2, odd2), g2];
    },
    input: (x, share) => {
      const [d0, d1, d2] = [at(x, 0), at(x, 1), at(x, 2)];
      const [d3, d4, d5] = [at(x, 3), at(x, 4), at(x, 5)];
      const [even1, odd1] = [share(sub(d4, mul(d2, 4))), share(sub(d3, mul(d1, 4)))];
      const [even2, odd2] = [share(sub(d4, d2)), share(mul(sub(d3, d1), 2))];
      return [
        add(sub(mul(d0, 4), mul(d2, 5)), d4),
        add(even1, odd1),
        sub(even1, odd1),
        add(even2, odd2),
        sub(even2, odd2),
        add(sub(mul(d1, 4), mul(d3, 5)), d5),
      ];
    },
    output: (x, share) => {
      const [m0, m1, m2] = [at(x, 0), at(x, 1), at(x, 2)];
      const [m3, m4, m5] = [at(x, 3), at(x, 4), at(x, 5)];
      const [even1, odd1] = [share(add(m1, m2)), share(sub(m1, m2))];
      const [even2, odd2] = [share(add(m3, m4)), share(sub(m3, m4))];
      return [
        sum(m0, even1, even2),
        add(odd1, mul(odd2, 2)),
        add(even1, mul(even2, 4)),
        sum(odd1, mul(odd2, 8), m5),
      ];
    },
  },
};

/**
 * Transforms the columns of a patch, then the rows of what comes out.
 *
 * @param patch rows of elements
 * @param write stores the element of the result in a row and a column
 */
export function transformPatch(
  patch: readonly (readonly Expr[])[],
  transform: Transform,
  write: (value: Expr, row: number, column: number) => Stmt,
): Stmt {
  const columns = names();
  const transformed = at(patch, 0).map((_, c) => {
    const elements = patch.map((row) => columns.share(at(row, c)));
    return transform(elements, columns.share).map(columns.share);
  });
  const rows = at(transformed, 0).map((_, r) => {
    const row = names();
    const results = transform(
      transformed.map((column) => at(column, r)),
      row.share,
    );
    return row.around(seq(results.map((value, c) => write(value, r, c))));
  });
  return columns.around(seq(rows));
}

/** Names for expressions, and the statement that binds them around another one. */
function names(): { share: Share; around: (body: Stmt) => Stmt } {
  const bound: (readonly [Var, Expr])[] = [];
  return {
    share: (e) => {
      if (e.kind === 'Var') return e;
      const name = variable('t', e.dtype);
      bound.push([name, e]);
      return name;
    },
    around: (body) => bound.reduceRight<Stmt>((inner, [v, value]) => letStmt(v, value, inner), body),
  };
}
