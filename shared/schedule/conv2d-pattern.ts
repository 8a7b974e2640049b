/** @file Which blocks are convolutions of channels-last images, whatever their names and sizes. */
import { toLinear } from '../arith/linear.js';
import type { Buffer } from '../ir/buffer.js';
import { constInt } from '../ir/build.js';
import { isFloat } from '../ir/dtype.js';
import type { BufferLoad, Expr, Var } from '../ir/expr.js';
import type { Block } from '../ir/stmt.js';
import { at } from '../support/errors.js';
import { reductionOf } from './reduction-pattern.js';

/** `output[n, h, w, co] += image[n, h + rh, w + rw, rc] * weight[rh, rw, rc, co]`, with all of them from 0 on. */
export interface Conv2d {
  readonly image: Buffer;
  readonly weight: Buffer;
  readonly output: Buffer;
  /** Extents: images, output height and width, output channels. */
  readonly outputs: readonly [n: number, h: number, w: number, co: number];
  /** Extents of the kernel, and input channels. */
  readonly kernel: readonly [rh: number, rw: number, rc: number];
}

/** The convolution of stride 1 that a block computes in floating-point numbers, `null` when it is none. */
export function conv2dOf(block: Block): Conv2d | null {
  const reduction = reductionOf(block);
  if (reduction?.op !== 'add' || reduction.value.kind !== 'Binary' || reduction.value.op !== 'mul')
    return null;
  const { a, b } = reduction.value;
  if (a.kind !== 'BufferLoad' || b.kind !== 'BufferLoad' || !isFloat(reduction.buffer.dtype)) return null;
  return conv2d(block, reduction, a, b) ?? conv2d(block, reduction, b, a);
}

function conv2d(
  block: Block,
  { buffer: output, indices }: { readonly buffer: Buffer; readonly indices: readonly Expr[] },
  image: BufferLoad,
  weight: BufferLoad,
): Conv2d | null {
  const extents = extentsOf(block);
  const [spatial, kernel] = [iterators(indices, extents.spatial), iterators(weight.indices, extents.all)];
  if (spatial === null || kernel === null || extents.all.size !== 7 || image.indices.length !== 4)
    return null;
  const [n, h, w, co] = spatial;
  const [rh, rw, rc, last] = kernel;
  if (last !== co || [rh, rw, rc].some((v) => extents.spatial.has(v))) return null;
  const reads: readonly (readonly Var[])[] = [[n], [h, rh], [w, rw], [rc]];
  if (!reads.every((vars, d) => isSum(at(image.indices, d), vars))) return null;
  const extent = (v: Var): number => extents.all.get(v) ?? 0;
  return {
    image: image.buffer,
    weight: weight.buffer,
    output,
    outputs: [extent(n), extent(h), extent(w), extent(co)],
    kernel: [extent(rh), extent(rw), extent(rc)],
  };
}

/** The iterators that run from 0 to a constant. */
function extentsOf({ iterVars }: Block): { spatial: Map<Var, number>; all: Map<Var, number> } {
  const [spatial, all] = [new Map<Var, number>(), new Map<Var, number>()];
  for (const { var: v, dom, iterType } of iterVars) {
    const extent = constInt(dom.extent);
    if (constInt(dom.min) !== 0 || extent === null) continue;
    if (iterType === 'spatial') spatial.set(v, extent);
    if (iterType === 'spatial' || iterType === 'reduce') all.set(v, extent);
  }
  return { spatial, all };
}

/** Four indices that are one iterator each. */
function iterators(indices: readonly Expr[], among: ReadonlyMap<Var, number>): [Var, Var, Var, Var] | null {
  const found = indices.filter((e): e is Var => e.kind === 'Var' && among.has(e));
  const [a, b, c, d] = found;
  if (indices.length !== 4 || new Set(found).size !== 4) return null;
  return a === undefined || b === undefined || c === undefined || d === undefined ? null : [a, b, c, d];
}

function isSum(e: Expr, vars: readonly Var[]): boolean {
  const { terms, constant } = toLinear(e);
  return (
    constant === 0 &&
    terms.length === vars.length &&
    vars.every((v) => terms.some(([atom, factor]) => atom === v && factor === 1))
  );
}
