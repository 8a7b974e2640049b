/** @file Annotations of loops by which a schedule tells lowering what to do. */

/** Below the loop, serial loops are unrolled as far as their copies make at most so many steps. */
export const AUTO_UNROLL_MAX_STEP = 'pragma_auto_unroll_max_step';
