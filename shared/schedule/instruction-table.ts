/** @file The table of instruction kinds, put together from the families. */
import type { InstructionTable } from './instruction.js';
import { ANNOTATE_SPECS } from './primitives/annotate.js';
import { CACHE_SPECS } from './primitives/cache.js';
import { COMPUTE_AT_SPECS } from './primitives/compute-at.js';
import { COMPUTE_INLINE_SPECS } from './primitives/compute-inline.js';
import { FOR_KIND_SPECS } from './primitives/for-kind.js';
import { LOOP_TRANSFORM_SPECS } from './primitives/loop-transform.js';
import { QUERY_SPECS } from './primitives/query.js';
import { REDUCTION_SPECS } from './primitives/reduction.js';
import { REORDER_SPECS } from './primitives/reorder.js';
import { SAMPLING_SPECS } from './primitives/sampling.js';

export const INSTRUCTION_TABLE: InstructionTable = {
  ...QUERY_SPECS,
  ...SAMPLING_SPECS,
  ...LOOP_TRANSFORM_SPECS,
  ...REORDER_SPECS,
  ...FOR_KIND_SPECS,
  ...ANNOTATE_SPECS,
  ...REDUCTION_SPECS,
  ...COMPUTE_AT_SPECS,
  ...COMPUTE_INLINE_SPECS,
  ...CACHE_SPECS,
};
