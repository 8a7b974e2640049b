/**
 * @file Rejection of a schedule step. It is expected and frequent: a search tries many steps that are illegal for the
 * program at hand. The text is therefore only rendered when somebody reads it.
 */

/** Every reason for which a step is rejected. The names are stable: they appear in records and in tests. */
export const SCHEDULE_ERROR_CODES = [
  // what the step names
  'UNKNOWN_BLOCK',
  'UNKNOWN_LOOP',
  'UNKNOWN_RANDOM_VARIABLE',
  'NOT_A_LOOP',
  'ROOT_BLOCK',
  'OUTPUT_COUNT',
  'BAD_DECISION',
  'BAD_ARGUMENT',
  // loops
  'HAS_ANNOTATION_OR_THREAD_BINDING',
  'LOOP_NOT_START_WITH_ZERO',
  'NOT_SINGLE_INFER_FACTOR',
  'NON_POSITIVE_FACTOR',
  'WRONG_FACTOR_PRODUCT',
  'WRONG_FACTOR_SUM',
  'SYMBOLIC_EXTENT',
  'EXTENT_OVERFLOW',
  'NOT_ONLY_CHILD',
  'DEPENDENT_LOOP',
  'LOOP_MULTI_APPEARANCE',
  'LOOPS_NOT_A_CHAIN',
  'UNKNOWN_THREAD_TAG',
  // blocks and their scope
  'NOT_STAGE_PIPELINE',
  'NOT_REGION_COVER',
  'NOT_COMPACT_DATA_FLOW',
  'NOT_COMPLETE_BLOCK',
  'NOT_REDUCTION_BLOCK',
  'NOT_COMPLETE_OR_REDUCTION_BLOCK',
  'NOT_AFFINE_BINDING',
  'NOT_TRIVIAL_BINDING',
  'WRONG_BLOCK_ITER_TYPE',
  'INVALID_REORDER_INDEX',
  'OUTPUT_BLOCK',
  'NOT_IN_SAME_SCOPE',
  'NOT_ALL_REQUIRED_BLOCKS_VISITED',
  'LOOP_IS_ANCESTOR',
  'NO_INSERTION_POINT',
  'ONLY_LEAF_BLOCK',
  'NOT_LEAF_BLOCK',
  'NOT_SINGLE_WRITE_BLOCK',
  'HAS_INIT_BLOCK',
  'BODY_ANALYSIS',
  'NON_SINGLE_PRODUCER',
  'NOT_SINGLE_READ_WRITE_BUFFER',
  'OPAQUE_ACCESS',
  'PREDICATE_NOT_IMPLIED',
  // buffers
  'BUFFER_INDEX_OUT_OF_RANGE',
  'UNKNOWN_STORAGE_SCOPE',
  'INVALID_BUFFER_ACCESS',
  'PARAMETER_LAYOUT',
  'NOT_BIJECTIVE_INDEX_MAP',
  'TRANSFORMATION_INTRODUCES_PADDING',
  'INVALID_PADDING',
  // reductions and annotations
  'LOOP_POSITION',
  'LOOP_HEIGHT',
  'REPEATED_REDUCTION',
  'NOT_SERIAL_LOOP',
  'LOOP_PROPERTY',
  'RFACTOR_NOT_APPLICABLE',
  'WINOGRAD_NOT_APPLICABLE',
  'FACTOR_AXIS_OUT_OF_RANGE',
  'NO_SUCH_ANNOTATION',
] as const;

export type ScheduleErrorCode = (typeof SCHEDULE_ERROR_CODES)[number];

/** Which primitive refuses, and the blocks and loops (by name) that it is about. */
export interface Site {
  readonly primitive: string;
  readonly locations: readonly string[];
}

/** This candidate is rejected: the step is illegal for the program. The schedule that refused it is unchanged. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
  readonly code: ScheduleErrorCode;
  readonly primitive: string;
  readonly locations: readonly string[];
  readonly #render: () => string;

  constructor(code: ScheduleErrorCode, site: Site, render: () => string) {
    super();
    this.code = code;
    this.primitive = site.primitive;
    this.locations = site.locations;
    this.#render = render;
  }

  override get message(): string {
    return `${this.primitive}: ${this.#render()} [${this.code}]`;
  }
}

/**
 * Takes a step that may be illegal for the program.
 *
 * @returns what the step gives, or what `refused` makes of its rejection; every other error is thrown on
 */
export function attempt<T, R>(step: () => T, refused: (error: ScheduleError) => R): T | R {
  try {
    return step();
  } catch (error) {
    if (error instanceof ScheduleError) return refused(error);
    throw error;
  }
}

/** A legality condition: one line of the column that every primitive begins with, before it changes anything. */
export function check(
  condition: unknown,
  code: ScheduleErrorCode,
  site: Site,
  render: () => string,
): asserts condition {
  if (!condition) throw new ScheduleError(code, site, render);
}
