/** @file A regression tree and how it grows: each node is split where that gains most, down to the greatest depth. */
import { LEAF } from '../../../shared/protocol/model.js';
import { at } from '../../../shared/support/errors.js';
import type { BinnedColumns } from './bins.js';
import {
  bestSplit,
  emptyHistogram,
  fillHistogram,
  subtractHistogram,
  type Histogram,
  type Split,
  type Totals,
} from './histogram.js';
import type { Derivatives } from './objectives.js';
import type { GbdtParams } from './params.js';
import { float64At, int32At, uint8At } from './read.js';

/** Node 0 is the root. All arrays have one entry per node. */
export interface Tree {
  /** The feature that an inner node asks for; `LEAF` for leaves. */
  readonly features: Int32Array;
  /** An inner node's threshold: rows with `value <= threshold` go left. A leaf's output. */
  readonly values: Float64Array;
  /** An inner node's left child, after the node itself; the right child is the next. 0 for leaves. */
  readonly lefts: Int32Array;
}

/** What growing takes; the same for all trees of a fit but for columns and derivatives. */
export interface Growth {
  readonly binned: BinnedColumns;
  readonly params: GbdtParams;
  /** The columns that may be split, ascending. */
  readonly columns: Int32Array;
  /** Per row. */
  readonly derivatives: Derivatives;
  /** The gain of every split is added to its feature's. */
  readonly gains: Float64Array;
  /** Histograms that are free to be used; grows as needed. */
  readonly spare: Histogram[];
}

interface Nodes {
  readonly features: number[];
  readonly values: number[];
  readonly lefts: number[];
}

/** @param rows the rows to learn from; their order changes */
export function growTree(growth: Growth, rows: Int32Array): Tree {
  const nodes: Nodes = { features: [], values: [], lefts: [] };
  addLeaf(nodes);
  const histogram = takeSpare(growth);
  const { binned, columns, derivatives } = growth;
  fillHistogram(histogram, binned, columns, rows, derivatives);
  growNode(growth, nodes, { node: 0, depth: 0, rows, histogram });
  growth.spare.push(histogram);
  return {
    features: Int32Array.from(nodes.features),
    values: Float64Array.from(nodes.values),
    lefts: Int32Array.from(nodes.lefts),
  };
}

interface Site {
  readonly node: number;
  readonly depth: number;
  readonly rows: Int32Array;
  /** That of the rows, to be overwritten. */
  readonly histogram: Histogram;
}

function growNode(growth: Growth, nodes: Nodes, { node, depth, rows, histogram }: Site): void {
  const { binned, columns, derivatives, params } = growth;
  const totals = totalsOf(rows, derivatives);
  const split = depth < params.maxDepth ? bestSplit(histogram, binned, columns, totals, params) : null;
  if (split === null) {
    const curvature = totals.hessian + params.lambda;
    // A sum with 0 has no negative zero, which JSON cannot tell.
    nodes.values[node] = curvature > 0 ? (-params.eta * totals.gradient) / curvature + 0 : 0;
    return;
  }
  const feature = int32At(binned.features, split.column);
  growth.gains[feature] = float64At(growth.gains, feature) + split.gain;
  const left = addLeaf(nodes);
  const right = addLeaf(nodes);
  nodes.features[node] = feature;
  nodes.values[node] = float64At(at(binned.cuts, split.column), split.bin);
  nodes.lefts[node] = left;

  const leftRows = partition(rows, binned, split);
  const sites = [
    { node: left, depth: depth + 1, rows: rows.subarray(0, leftRows) },
    { node: right, depth: depth + 1, rows: rows.subarray(leftRows) },
  ].toSorted((a, b) => a.rows.length - b.rows.length);
  const [small, large] = [at(sites, 0), at(sites, 1)];
  const other = takeSpare(growth);
  if (depth + 1 < params.maxDepth) {
    fillHistogram(other, binned, columns, small.rows, derivatives);
    subtractHistogram(histogram, other);
  }
  growNode(growth, nodes, { ...small, histogram: other });
  growth.spare.push(other);
  growNode(growth, nodes, { ...large, histogram });
}

function addLeaf({ features, values, lefts }: Nodes): number {
  values.push(0);
  lefts.push(0);
  return features.push(LEAF) - 1;
}

function takeSpare({ spare, binned }: Growth): Histogram {
  return spare.pop() ?? emptyHistogram(binned);
}

function totalsOf(rows: Int32Array, { gradients, hessians }: Derivatives): Totals {
  let gradient = 0;
  let hessian = 0;
  for (const row of rows) {
    gradient += float64At(gradients, row);
    hessian += float64At(hessians, row);
  }
  return { gradient, hessian, rows: rows.length };
}

/** Moves the rows that go left to the front, keeping the order on both sides. @returns how many there are */
function partition(rows: Int32Array, { bins, rowCount }: BinnedColumns, { column, bin }: Split): number {
  const start = column * rowCount;
  const right = new Int32Array(rows.length);
  let [lefts, rights] = [0, 0];
  for (const row of rows) {
    if (uint8At(bins, start + row) <= bin) rows[lefts++] = row;
    else right[rights++] = row;
  }
  rows.set(right.subarray(0, rights), lefts);
  return lefts;
}
