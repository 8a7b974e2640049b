/** @file The table of instruction kinds, put together from the families. */
import type { InstructionTable } from './instruction.js';
import { ADD_UNIT_LOOP_SPECS } from './primitives/add-unit-loop.js';
import { ANNOTATE_SPECS } from './primitives/annotate.js';
import { CACHE_SPECS } from './primitives/cache.js';
import { COMPUTE_AT_SPECS } from './primitives/compute-at.js';
import { COMPUTE_INLINE_SPECS } from './primitives/compute-inline.js';
import { FOR_KIND_SPECS } from './primitives/for-kind.js';
import { LOOP_PARTITION_SPECS } from './primitives/loop-partition.js';
import { LOOP_TRANSFORM_SPECS } from './primitives/loop-transform.js';
import { QUERY_SPECS } from './primitives/query.js';
import { REDUCTION_SPECS } from './primitives/reduction.js';
import { REORDER_BLOCK_ITER_VAR_SPECS } from './primitives/reorder-block-iter-var.js';
import { REORDER_SPECS } from './primitives/reorder.js';
import { RFACTOR_SPECS } from './primitives/rfactor.js';
import { SAMPLE_IMPERFECT_TILE_SPECS } from './primitives/sample-imperfect-tile.js';
import { SAMPLING_SPECS } from './primitives/sampling.js';
import { TRANSFORM_LAYOUT_SPECS } from './primitives/transform-layout.js';
import { WINOGRAD_SPECS } from './primitives/winograd.js';

export const INSTRUCTION_TABLE: InstructionTable = {
  ...QUERY_SPECS,
  ...SAMPLING_SPECS,
  ...SAMPLE_IMPERFECT_TILE_SPECS,
  ...LOOP_TRANSFORM_SPECS,
  ...LOOP_PARTITION_SPECS,
  ...ADD_UNIT_LOOP_SPECS,
  ...REORDER_SPECS,
  ...REORDER_BLOCK_ITER_VAR_SPECS,
  ...FOR_KIND_SPECS,
  ...ANNOTATE_SPECS,
  ...REDUCTION_SPECS,
  ...RFACTOR_SPECS,
  ...COMPUTE_AT_SPECS,
  ...COMPUTE_INLINE_SPECS,
  ...CACHE_SPECS,
  ...TRANSFORM_LAYOUT_SPECS,
  ...WINOGRAD_SPECS,
};
