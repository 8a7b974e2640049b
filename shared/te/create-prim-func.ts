/**
 * @file From tensor expressions to a PrimFunc: every compute stage becomes one loop nest around one block.
 *
 *     C[i, j] = sum(A[i, k] * B[k, j], k)        for i, j, k in T.grid(M, N, K):
 *                                                    with T.block("C"):
 *                                           ->           v_i, v_j, v_k = T.axis.remap("SSR", [i, j, k])
 *                                                        with T.init():
 *                                                            C[v_i, v_j] = 0
 *                                                        C[v_i, v_j] = C[v_i, v_j] + A[v_i, v_k] * B[v_k, v_j]
 */
import { buffer, type Buffer } from '../ir/buffer.js';
import { load, variable } from '../ir/build.js';
import {
  block,
  blockRealize,
  forLoop,
  iterVar,
  primFunc,
  range,
  ROOT_BLOCK,
  seq,
  store,
} from '../ir/build-stmt.js';
import type { BufferLoad, Expr, Var } from '../ir/expr.js';
import type { PrimFunc } from '../ir/prim-func.js';
import type { IterType, Stmt } from '../ir/stmt.js';
import { mapExpr, walkExpr } from '../ir/visit.js';
import { inferRegions } from '../arith/infer-regions.js';
import { uniqueName } from '../script/names.js';
import { at, InputError, lookup } from '../support/errors.js';
import { COMBINERS, type Reduction } from './reduction.js';
import type { Stage, Tensor } from './tensor.js';

/** A tensor with a stage. */
type Computed = Tensor & { readonly stage: Stage };

/**
 * The function with parameters `params` that computes those of them that are compute stages, in an order in which
 * producers come first. Stages that are needed but not listed become temporaries of the root block. The tensors may be
 * used again: every call makes fresh buffers and variables.
 * @throws InputError `DUPLICATE_PARAMETER`; `MISSING_PARAMETER` for an input that is used but not listed; `NO_OUTPUT`
 *   when nothing is computed; `NOT_A_TENSOR` when a stage reads a buffer that is none.
 */
export function createPrimFunc(name: string, params: readonly Tensor[]): PrimFunc {
  if (new Set(params).size < params.length) {
    throw new InputError('DUPLICATE_PARAMETER', `${name} lists a tensor twice`);
  }
  const stages = stagesFor(params);
  if (stages.length === 0) throw new InputError('NO_OUTPUT', `${name} computes nothing`);
  const buffers = new Map<Buffer, Buffer>(
    [...new Set([...params, ...stages])].map((t) => [t, buffer(t.name, t.shape, t.dtype, t.scope)]),
  );
  const blockNames = new Set([ROOT_BLOCK]);
  const body = seq(stages.map((t) => stageNest(t, uniqueName(t.name, blockNames), buffers)));
  return primFunc(name, {
    params: params.map((t) => lookup(buffers, t, t.name)),
    allocBuffers: stages.filter((t) => !params.includes(t)).map((t) => lookup(buffers, t, t.name)),
    body,
    attrs: { global_symbol: name, 'tir.noalias': true },
  });
}

/** The stages behind `params`, each after those that it reads. */
function stagesFor(params: readonly Tensor[]): Computed[] {
  const ordered: Computed[] = [];
  const visited = new Set<Tensor>();
  const visit = (tensor: Tensor): void => {
    if (visited.has(tensor)) return;
    visited.add(tensor);
    if (isComputed(tensor)) {
      for (const input of tensorsRead(tensor)) visit(input);
      ordered.push(tensor);
    } else if (!params.includes(tensor)) {
      throw new InputError('MISSING_PARAMETER', `${tensor.name} is read but is not among the parameters`);
    }
  };
  for (const tensor of params) visit(tensor);
  return ordered;
}

function isComputed(tensor: Tensor): tensor is Computed {
  return tensor.stage !== null;
}

function isTensor(b: Buffer): b is Tensor {
  return 'stage' in b;
}

function tensorsRead(tensor: Computed): Set<Tensor> {
  const read = new Set<Tensor>();
  const { value } = tensor.stage;
  walkExpr(value.kind === 'Reduction' ? value.value : value, (e) => {
    if (e.kind !== 'BufferLoad') return;
    if (!isTensor(e.buffer)) {
      throw new InputError('NOT_A_TENSOR', `${tensor.name} reads ${e.buffer.name}, which is no tensor`);
    }
    read.add(e.buffer);
  });
  return read;
}

/** One loop with the block iterator that it drives. */
interface Axis {
  readonly of: Var;
  readonly loop: Var;
  readonly iter: Var;
  readonly extent: number;
  readonly iterType: IterType;
}

function axis(of: Var, extent: number, iterType: IterType): Axis {
  return { of, loop: variable(of.name), iter: variable(`v_${of.name}`), extent, iterType };
}

function stageNest(tensor: Computed, name: string, buffers: ReadonlyMap<Buffer, Buffer>): Stmt {
  const { axes: indexVars, value } = tensor.stage;
  const spatial = indexVars.map((v, d) => axis(v, at(tensor.shape, d), 'spatial'));
  const reduced = value.kind === 'Reduction' ? value.axes.map((v) => axis(v, v.extent, 'reduce')) : [];
  const axes = [...spatial, ...reduced];
  const parts = blockStmts(
    value,
    load(
      lookup(buffers, tensor, tensor.name),
      spatial.map((a) => a.iter),
    ),
    (e) => toBlock(e, axes, buffers),
  );
  const realize = blockRealize(
    axes.map((a) => a.loop),
    block(name, {
      iterVars: axes.map((a) => iterVar(a.iter, range(0, a.extent), a.iterType)),
      ...inferRegions(parts),
      ...parts,
    }),
  );
  return axes.reduceRight<Stmt>((body, a) => forLoop(a.loop, a.extent, body), realize);
}

/** What one instance of a block does to its element `target`. */
function blockStmts(
  value: Expr | Reduction,
  target: BufferLoad,
  inBlock: (e: Expr) => Expr,
): { readonly init: Stmt | null; readonly body: Stmt } {
  const assign = (e: Expr): Stmt => store(target.buffer, e, target.indices);
  if (value.kind !== 'Reduction') return { init: null, body: assign(inBlock(value)) };
  const { identity, combine } = COMBINERS[value.combiner];
  return { init: assign(identity(target.dtype)), body: assign(combine(target, inBlock(value.value))) };
}

/** A stage's value in terms of the block's iterators and the function's buffers. */
function toBlock(value: Expr, axes: readonly Axis[], buffers: ReadonlyMap<Buffer, Buffer>): Expr {
  const iters = new Map(axes.map((a) => [a.of, a.iter]));
  return mapExpr(value, (e) => {
    if (e.kind === 'Var') return lookup(iters, e, e.name);
    if (e.kind === 'BufferLoad') return load(lookup(buffers, e.buffer, e.buffer.name), e.indices);
    return e;
  });
}
