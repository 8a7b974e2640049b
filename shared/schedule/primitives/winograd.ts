/** @file Convolutions by fewer products: Winograd's minimal filtering. */
import { inferRegions } from '../../arith/infer-regions.js';
import { buffer as makeBuffer, type Buffer } from '../../ir/buffer.js';
import { add, allOf, ge, int, isConst, load, min, mul, variable } from '../../ir/build.js';
import { block as makeBlock, ifStmt, iterVar, range, seq, store } from '../../ir/build-stmt.js';
import type { Expr, Var } from '../../ir/expr.js';
import type { Attrs, IterType, Stmt } from '../../ir/stmt.js';
import { at } from '../../support/errors.js';
import { blockNest } from '../block-nest.js';
import { conv2dOf, type Conv2d } from '../conv2d-pattern.js';
import { check, type Site } from '../errors.js';
import { blockValue, type InstructionTable } from '../instruction.js';
import { freshBlockName, replaceStmt, withAllocBuffers } from '../replace.js';
import { holdsInputs, ROUNDS } from '../rounding.js';
import { checkReductionBlock } from '../scope.js';
import {
  blockEntry,
  innerBlockEntry,
  loopsAbove,
  stmtOf,
  type InnerBlockEntry,
  type LoopEntry,
  type ScheduleState,
} from '../state.js';
import {
  transformPatch,
  WINOGRAD_KERNEL,
  WINOGRAD_TILES,
  WINOGRAD_TRANSFORMS,
  type WinogradTile,
  type WinogradTransforms,
} from '../winograd-transforms.js';

/** The new state and the names of the four blocks. The last one has the name of the convolution. */
export interface WinogradBlocks {
  readonly state: ScheduleState;
  readonly blocks: readonly [weight: string, input: string, products: string, output: string];
}

/**
 * Input channels up to which small integers go through the smaller tile without rounding: with elements up to 4, a
 * product of transforms is at most 4 * 9/4 * 16 in steps of 1/4, and an output sums 9 of them per channel, which float32
 * holds below 2^24 steps.
 */
const EXACT_CHANNELS = Math.floor(2 ** 24 / (4 * 9 * 4 * (9 / 4) * 16));

/**
 * Computes a convolution with kernels of 3 x 3 on tiles of `tile` x `tile` outputs with one product per input channel and
 * element of a patch of (tile + 2)^2, instead of 9 per output.
 *
 * rewrite: `Y[n, h, w, co] += X[n, h + rh, w + rw, ci] * W[rh, rw, ci, co]` →
 * `U[e, ci, co] = G W[:, :, ci, co] G^T`; `V[e, p, ci] = B^T X[patch p, ci] B`;
 * `M[e, p, co] += V[e, p, ci] * U[e, ci, co]`; `Y[tile p, co] = A^T M[:, p, co] A`,
 * where e are the elements of a patch and p the tiles of all images. Where tiles do not divide the output, the last ones
 * overlap those before, and write what is new in them.
 *
 * The result is that of the convolution up to rounding. With tiles of 2 small integers stay exact; blocks that may
 * round where the convolution did not are annotated (`ROUNDS`).
 *
 * 1. The tile is 2 or 4.
 * 2. The block is a reduction block, and computes such a convolution (see `conv2dOf`) with kernels of 3 x 3.
 * 3. The output is at least as high and as wide as a tile.
 * 4. Around the block are serial loops without annotations alone, each of which drives one iterator over its domain.
 *    Nothing else stands in them, and no iterator has another value.
 *
 * @throws ScheduleError `BAD_ARGUMENT`, `NOT_REDUCTION_BLOCK`, `WINOGRAD_NOT_APPLICABLE`, `NOT_TRIVIAL_BINDING`.
 */
export function winogradConv2d(state: ScheduleState, blockName: string, tile: number): WinogradBlocks {
  const site: Site = { primitive: 'winograd_conv2d', locations: [blockName] };
  const m = WINOGRAD_TILES.find((known) => known === tile);
  check(m !== undefined, 'BAD_ARGUMENT', site, () => `there are tiles of 2 and of 4, not of ${tile}`);
  const entry = innerBlockEntry(state, blockName, site.primitive);
  checkReductionBlock(entry, site);
  const conv = conv2dOf(entry.block);
  const isSmall = conv?.kernel[0] === WINOGRAD_KERNEL && conv.kernel[1] === WINOGRAD_KERNEL;
  check(conv !== null && isSmall, 'WINOGRAD_NOT_APPLICABLE', site, () => {
    return `block ${blockName} is no convolution of a channels-last image with kernels of 3 x 3`;
  });
  const [, height, width] = conv.outputs;
  check(Math.min(height, width) >= m, 'WINOGRAD_NOT_APPLICABLE', site, () => {
    return `the output of block ${blockName} is ${height} x ${width}, less than a tile`;
  });
  checkPlainNest(entry, site);
  const { buffers, nests, names } = stages(state, blockName, conv, m);
  const replaced = replaceStmt(state, outermost(entry), seq(nests));
  const scope = blockEntry(replaced, entry.scope.block.name, site.primitive);
  return {
    state: withAllocBuffers(replaced, scope, [...scope.block.allocBuffers, ...buffers]),
    blocks: [names.weight, names.input, names.products, blockName],
  };
}

function outermost(entry: InnerBlockEntry): LoopEntry | InnerBlockEntry {
  return loopsAbove(entry)[0] ?? entry;
}

function checkPlainNest(entry: InnerBlockEntry, site: Site): void {
  const loops = loopsAbove(entry);
  const { block, realize } = entry;
  const isPlain =
    isConst(realize.predicate, 1) &&
    new Set(realize.iterValues).size === loops.length &&
    loops.length === block.iterVars.length &&
    loops.every(({ node }, i) => {
      const next = loops[i + 1];
      const driven = realize.iterValues.indexOf(node.loopVar);
      return (
        node.forKind === 'serial' &&
        Object.keys(node.annotations).length === 0 &&
        node.body === (next === undefined ? realize : stmtOf(next)) &&
        driven >= 0 &&
        isConst(node.min, 0) &&
        node.extent.kind === 'IntImm' &&
        isConst(at(block.iterVars, driven).dom.extent, node.extent.value)
      );
    });
  check(isPlain, 'NOT_TRIVIAL_BINDING', site, () => {
    return `block ${block.name} does not stand alone under one plain loop for each of its iterators`;
  });
}

/** The four stages as nests of loops, and what they hand on. */
interface Stages {
  readonly buffers: readonly Buffer[];
  readonly nests: readonly Stmt[];
  readonly names: { readonly weight: string; readonly input: string; readonly products: string };
}

function stages(state: ScheduleState, name: string, conv: Conv2d, tile: WinogradTile): Stages {
  const [n, height, width, co] = conv.outputs;
  const [, , ci] = conv.kernel;
  const tiles: Tiles = { tile, n, height, width };
  const elements = (tile + WINOGRAD_KERNEL - 1) ** 2;
  const count = n * Math.ceil(height / tile) * Math.ceil(width / tile);
  const names = {
    weight: freshBlockName(state, `${name}_weight`),
    input: freshBlockName(state, `${name}_input`),
    products: freshBlockName(state, `${name}_products`),
  };
  const { dtype } = conv.output;
  const u = makeBuffer(names.weight, [elements, ci, co], dtype);
  const v = makeBuffer(names.input, [elements, count, ci], dtype);
  const m = makeBuffer(names.products, [elements, count, co], dtype);
  const transforms = WINOGRAD_TRANSFORMS[tile];
  const { func } = state;
  const isSmall = holdsInputs(func, conv.image) && holdsInputs(func, conv.weight);
  const rounds = tile > 2 || ci > EXACT_CHANNELS || !isSmall;
  return {
    buffers: [u, v, m],
    nests: [
      weightStage(names.weight, conv, u, transforms),
      inputStage(names.input, conv, v, { tiles, transforms }),
      productStage(names.products, u, v, m),
      outputStage(name, conv, m, { tiles, transforms }, rounds ? { [ROUNDS]: 1 } : {}),
    ],
    names,
  };
}

/** Tiles of outputs, in all images. */
interface Tiles {
  readonly tile: WinogradTile;
  readonly n: number;
  /** Extents of the output. */
  readonly height: number;
  readonly width: number;
}

interface Tiling {
  readonly tiles: Tiles;
  readonly transforms: WinogradTransforms;
}

interface Axis {
  readonly v: Var;
  readonly extent: number;
  readonly iterType?: IterType;
}

const axis = (name: string, extent: number, iterType: IterType = 'spatial'): Axis => {
  return { v: variable(name), extent, iterType };
};

interface StageParts {
  readonly init?: Stmt | null;
  readonly body: Stmt;
  readonly annotations?: Attrs;
}

/** A block over all values of its axes. */
function stage(
  name: string,
  axes: readonly Axis[],
  { init = null, body, annotations = {} }: StageParts,
): Stmt {
  const iterVars = axes.map(({ v, extent, iterType = 'spatial' }) => iterVar(v, range(0, extent), iterType));
  const made = makeBlock(name, { iterVars, ...inferRegions({ init, body }), init, body, annotations });
  return blockNest(made, { domains: axes.map(() => null), around: new Map(), preserveUnitLoops: true });
}

const grid = (extent: number, element: (row: number, column: number) => Expr): Expr[][] =>
  Array.from({ length: extent }, (_, r) => Array.from({ length: extent }, (__, c) => element(r, c)));

function weightStage(
  name: string,
  { weight, kernel, outputs }: Conv2d,
  u: Buffer,
  { weight: g }: WinogradTransforms,
): Stmt {
  const [ci, co] = [axis('ci', kernel[2]), axis('co', outputs[3])];
  const patch = grid(WINOGRAD_KERNEL, (r, c) => load(weight, [int(r), int(c), ci.v, co.v]));
  const extent = Math.sqrt(at(u.shape, 0));
  const body = transformPatch(patch, g, (value, r, c) => store(u, value, [r * extent + c, ci.v, co.v]));
  return stage(name, [ci, co], { body });
}

function inputStage(name: string, { image, kernel }: Conv2d, v: Buffer, { tiles, transforms }: Tiling): Stmt {
  const { axes, first, position } = tileAxes(tiles);
  const ci = axis('ci', kernel[2]);
  const extent = Math.sqrt(at(v.shape, 0));
  const patch = grid(extent, (r, c) =>
    load(image, [first.image, add(first.row, r), add(first.column, c), ci.v]),
  );
  const body = transformPatch(patch, transforms.input, (value, r, c) =>
    store(v, value, [int(r * extent + c), position, ci.v]),
  );
  return stage(name, [...axes, ci], { body });
}

function productStage(name: string, u: Buffer, v: Buffer, m: Buffer): Stmt {
  const [e, p, co] = [axis('e', at(m.shape, 0)), axis('p', at(m.shape, 1)), axis('co', at(m.shape, 2))];
  const ci = axis('ci', at(u.shape, 1), 'reduce');
  const element = [e.v, p.v, co.v];
  const product = mul(load(v, [e.v, p.v, ci.v]), load(u, [e.v, ci.v, co.v]));
  return stage(name, [e, p, co, ci], {
    init: store(m, 0, element),
    body: store(m, add(load(m, element), product), element),
  });
}

function outputStage(
  name: string,
  { output, outputs }: Conv2d,
  m: Buffer,
  { tiles, transforms }: Tiling,
  annotations: Attrs,
): Stmt {
  const { axes, first, isFirst, position } = tileAxes(tiles);
  const co = axis('co', outputs[3]);
  const extent = Math.sqrt(at(m.shape, 0));
  const patch = grid(extent, (r, c) => load(m, [int(r * extent + c), position, co.v]));
  const body = transformPatch(patch, transforms.output, (value, r, c) => {
    const [y, x] = [add(first.row, r), add(first.column, c)];
    const written = store(output, value, [first.image, y, x, co.v]);
    const conditions = isFirst(y, x);
    return conditions.length === 0 ? written : ifStmt(allOf(conditions), written);
  });
  return stage(name, [...axes, co], { body, annotations });
}

interface TileAxes {
  /** Iterators over all tiles. */
  readonly axes: readonly Axis[];
  /** The place of a tile's first element. */
  readonly first: { readonly image: Expr; readonly row: Expr; readonly column: Expr };
  /** Under which conditions no tile before has an element. */
  readonly isFirst: (row: Expr, column: Expr) => Expr[];
  /** The tile's position among all. */
  readonly position: Expr;
}

/** Where tiles do not divide the output, the last ones are moved back over those before. */
function tileAxes({ tile, n, height, width }: Tiles): TileAxes {
  const [rows, columns] = [Math.ceil(height / tile), Math.ceil(width / tile)];
  const [image, row, column] = [axis('n', n), axis('h', rows), axis('w', columns)];
  const start = ({ v }: Axis, extent: number): Expr =>
    extent % tile === 0 ? mul(v, tile) : min(mul(v, tile), extent - tile);
  return {
    axes: [image, row, column],
    first: { image: image.v, row: start(row, height), column: start(column, width) },
    isFirst: (y, x) => [
      ...(height % tile === 0 ? [] : [ge(y, mul(row.v, tile))]),
      ...(width % tile === 0 ? [] : [ge(x, mul(column.v, tile))]),
    ],
    position: add(add(mul(image.v, rows * columns), mul(row.v, columns)), column.v),
  };
}

export const WINOGRAD_SPECS = {
  WinogradConv2d: {
    isPure: false,
    apply: ({ state }, { block, tile }) => {
      const result = winogradConv2d(state, block, tile);
      return { state: result.state, outputs: result.blocks.map(blockValue) };
    },
  },
} satisfies Partial<InstructionTable>;
