/** @file What is known of a program before it is measured: the features of its stores and of its reductions, in one table. */
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { splitPrepacking } from '../../../shared/ir/split-prepacking.js';
import type { SampleRows } from '../gbdt/dataset.js';
import { FEATURE_NAMES } from './names.js';
import { perStoreFeatures } from './per-store.js';
import { REDUCTION_FEATURE_NAMES, reductionFeatures } from './reduction-features.js';

const STORE_WIDTH = FEATURE_NAMES.length;

export const ROW_NAMES: readonly string[] = [...FEATURE_NAMES, ...REDUCTION_FEATURE_NAMES];

export const ROW_WIDTH = ROW_NAMES.length;

/** Programs are immutable, so what was extracted once stays true. */
const known = new WeakMap<PrimFunc, SampleRows>();

/**
 * A row of `ROW_WIDTH` for each store and one for each reduction; what a row does not speak of is 0. What lays constants
 * out anew has no rows, as in TVM: it takes none of the time that is measured.
 */
export function programRows(func: PrimFunc): SampleRows {
  const found = known.get(func) ?? extract(func);
  known.set(func, found);
  return found;
}

function extract(func: PrimFunc): SampleRows {
  const { main } = splitPrepacking(func);
  const stores = perStoreFeatures(main);
  const tiles = reductionFeatures(main);
  const tileCount = tiles.length / REDUCTION_FEATURE_NAMES.length;
  const count = stores.count + tileCount;
  const rows = new Float32Array(count * ROW_WIDTH);
  for (let row = 0; row < stores.count; row++) {
    rows.set(stores.rows.subarray(row * STORE_WIDTH, (row + 1) * STORE_WIDTH), row * ROW_WIDTH);
  }
  for (let row = 0; row < tileCount; row++) {
    const [start, end] = [row, row + 1].map((i) => i * REDUCTION_FEATURE_NAMES.length);
    rows.set(tiles.subarray(start, end), (stores.count + row) * ROW_WIDTH + STORE_WIDTH);
  }
  return { rows, count, width: ROW_WIDTH };
}
