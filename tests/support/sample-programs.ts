/** @file Small programs that tests of measuring share. */
import { buffer, type Buffer } from '../../shared/ir/buffer.js';
import { add, literal, load, mul, variable } from '../../shared/ir/build.js';
import {
  block,
  blockRealize,
  forLoop,
  iterVar,
  pointRegion,
  primFunc,
  range,
  store,
} from '../../shared/ir/build-stmt.js';
import type { DType } from '../../shared/ir/dtype.js';
import type { Expr, Var } from '../../shared/ir/expr.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import type { Stmt } from '../../shared/ir/stmt.js';
import { at } from '../../shared/support/errors.js';

/** One block under one loop per extent: `body` gets its iterators. */
export function computeBlock(
  name: string,
  extents: readonly number[],
  body: (iters: readonly Var[]) => {
    readonly target: Buffer;
    readonly indices: readonly Expr[];
    readonly value: Expr;
    readonly init?: Expr;
  },
  reduced = 0,
): Stmt {
  const loops = extents.map((_, d) => variable(`i${d}_${name}`));
  const iters = extents.map((_, d) => variable(`v${d}_${name}`));
  const { target, indices, value, init } = body(iters);
  const realize = blockRealize(
    loops,
    block(name, {
      iterVars: iters.map((v, d) =>
        iterVar(v, range(0, at(extents, d)), d >= extents.length - reduced ? 'reduce' : 'spatial'),
      ),
      writes: [pointRegion(target, indices)],
      init: init === undefined ? null : store(target, init, indices),
      body: store(target, value, indices),
    }),
  );
  return extents.reduceRight<Stmt>((inner, extent, d) => forLoop(at(loops, d), extent, inner), realize);
}

/** The statement `C[i, j] = sum over k of A[i, k] * B[k, j]`. */
export function matmulStmt(name: string, a: Buffer, b: Buffer, c: Buffer): Stmt {
  return computeBlock(
    name,
    [at(c.shape, 0), at(c.shape, 1), at(a.shape, 1)],
    ([i, j, k]) => {
      if (i === undefined || j === undefined || k === undefined)
        throw new Error('a matmul has three iterators');
      const indices = [i, j];
      return {
        target: c,
        indices,
        value: add(load(c, indices), mul(load(a, [i, k]), load(b, [k, j]))),
        init: literal(0, c.dtype),
      };
    },
    1,
  );
}

export function matmul(n: number, m: number, k: number, dtype: DType = 'float32'): PrimFunc {
  const [a, b, c] = [buffer('A', [n, k], dtype), buffer('B', [k, m], dtype), buffer('C', [n, m], dtype)];
  return primFunc('matmul', { params: [a, b, c], body: matmulStmt('C', a, b, c) });
}

/** `B[i] = f(A[i])`. */
export function elementwise(
  name: string,
  extent: number,
  f: (x: Expr) => Expr,
  dtype: DType = 'float32',
): PrimFunc {
  const [a, b] = [buffer('A', [extent], dtype), buffer('B', [extent], dtype)];
  const body = computeBlock('B', [extent], (iters) => ({
    target: b,
    indices: iters,
    value: f(load(a, iters)),
  }));
  return primFunc(name, { params: [a, b], body });
}
