/**
 * @file The features of a program: one row of numbers per buffer that it stores computed values to, after TVM's
 * PerStoreFeature. They describe the program as if it had been lowered (iterators replaced by loops, temporaries
 * moved to where they are needed and cut to size), but nothing is rewritten.
 *
 * Rows stand in the order of first stores; a later store to the same buffer takes the row of the earlier one. Stores of
 * constants have none.
 */
import type { Buffer } from '../../../shared/ir/buffer.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { lookup } from '../../../shared/support/errors.js';
import { allocateTemporaries, toAllocation, writeAllocation, type Allocation } from './allocation.js';
import { floatOpsOf, operationsOf, writeArithmetic } from './arithmetic.js';
import { buffersOf, writeBuffers } from './buffer-access.js';
import { collectStores, type StoreSite } from './collect-stores.js';
import type { IndexScope } from './index-scope.js';
import { writeIntensity } from './intensity.js';
import { prodOf, writeLoopAnnotations, writeLoops, writeThreads, type Loop } from './loop-nest.js';
import {
  featureLayout,
  featureSettings,
  type FeatureLayout,
  type FeatureOptions,
  type FeatureSettings,
} from './names.js';
import { touch, type NestTouched, type TouchLog } from './touched.js';

export interface StoreFeatures {
  /** `count` x `width` numbers, row-major; all are finite. */
  readonly rows: Float32Array;
  readonly count: number;
  /** Numbers in a row, named by `featureNames`; 164 under the default options. */
  readonly width: number;
}

interface Extraction {
  readonly allocations: ReadonlyMap<Buffer, Allocation>;
  readonly scope: IndexScope;
  readonly logs: Map<Loop, TouchLog>;
  readonly settings: FeatureSettings;
  readonly layout: FeatureLayout;
}

/** @param func any verified function, scheduled or not */
export function perStoreFeatures(func: PrimFunc, options: FeatureOptions = {}): StoreFeatures {
  const settings = featureSettings(options);
  const layout = featureLayout(settings);
  const collected = collectStores(func);
  const { stores, scope } = collected;
  const extraction: Extraction = {
    allocations: allocateTemporaries(collected),
    scope,
    logs: new Map(),
    settings,
    layout,
  };
  const places = new Map<Buffer, number>();
  const last = new Map<Buffer, StoreSite>();
  for (const site of stores) {
    if (!places.has(site.write.buffer)) places.set(site.write.buffer, places.size);
    last.set(site.write.buffer, site);
  }
  const rows = new Float32Array(places.size * layout.width);
  for (const site of stores) {
    const { uses, touched } = touchStore(site, extraction);
    if (last.get(site.write.buffer) !== site) continue;
    const start = lookup(places, site.write.buffer, 'row of a buffer') * layout.width;
    writeRow({ site, uses, touched }, rows.subarray(start, start + layout.width), extraction);
  }
  return { rows, count: places.size, width: layout.width };
}

interface TouchingStore {
  readonly site: StoreSite;
  readonly uses: ReturnType<typeof buffersOf>;
  readonly touched: NestTouched;
}

/** Every store is logged, also one that a later store takes the row from. */
function touchStore(site: StoreSite, { allocations, scope, logs }: Extraction): Omit<TouchingStore, 'site'> {
  const uses = buffersOf(site, allocations, scope);
  return { uses, touched: touch(uses, site.nest, logs) };
}

function writeRow({ site, uses, touched }: TouchingStore, row: Float32Array, extraction: Extraction): void {
  const { allocations, logs, settings, layout } = extraction;
  const { nest, write } = site;
  const runs = prodOf(nest);
  const reads = site.reads.map((access) => toAllocation(access, allocations));
  const ops = operationsOf(site.ops, reads);
  writeArithmetic(ops, runs, row, layout.arithmetic);
  writeLoopAnnotations(nest, row, layout.annotations);
  writeThreads(nest, settings.isGpu, row, layout.threads);
  const { cacheLineBytes, buffersPerStore: room } = settings;
  writeBuffers({ uses, touched, nest, logs, cacheLineBytes, room }, row, layout.buffers);
  const { loopBytes } = touched;
  const samples = settings.arithIntensityCurveNum;
  writeIntensity({ nest, floatOps: floatOpsOf(ops), loopBytes, samples }, row, layout.intensity);
  const allocation = allocations.get(write.buffer) ?? null;
  writeAllocation({ buffer: write.buffer, allocation, runs }, row, layout.allocation);
  writeLoops(nest, row, layout.loops);
}
