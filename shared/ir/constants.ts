/**
 * @file Constant inputs: parameters whose contents stay the same from call to call, as a layer's weights do. They are named
 * by TVM's function attribute `layout_free_buffers`, positions among the parameters: whoever schedules the function may
 * lay them out anew, once, outside of the calls.
 */
import { InputError } from '../support/errors.js';
import type { Buffer } from './buffer.js';
import type { PrimFunc } from './prim-func.js';
import { walkStmt } from './visit.js';

export const LAYOUT_FREE_BUFFERS = 'layout_free_buffers';

/**
 * Marks blocks that do nothing but prepare constants: lay them out anew (TVM's name), or transform them. They run once,
 * before the first call.
 */
export const LAYOUT_REWRITE_PREPROC = 'meta_schedule.layout_rewrite_preproc';

/** The constant parameters of a function, by position. @throws InputError `IR_CONSTANTS` for an attribute that is none. */
export function constantParams({ name, params, attrs }: PrimFunc): Buffer[] {
  const positions = attrs[LAYOUT_FREE_BUFFERS] ?? [];
  const refuse = (why: string): never => {
    throw new InputError('IR_CONSTANTS', `${name}: "${LAYOUT_FREE_BUFFERS}" ${why}`);
  };
  if (!Array.isArray(positions)) return refuse('is no list of positions');
  if (new Set(positions).size < positions.length) return refuse('names a parameter twice');
  return positions.map((position): Buffer => {
    const param = typeof position === 'number' ? params[position] : undefined;
    return param ?? refuse(`names position ${String(position)} of ${params.length} parameters`);
  });
}

/** What stays the same from call to call in a scheduled function: constants, and what is made of them once. */
export function preparedBuffers(func: PrimFunc): Buffer[] {
  const made = new Set<Buffer>();
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind !== 'BlockRealize' || s.block.annotations[LAYOUT_REWRITE_PREPROC] === undefined) return;
      for (const { buffer } of s.block.writes) made.add(buffer);
    },
  });
  return [...constantParams(func), ...made];
}

/** @throws InputError `IR_CONSTANTS` when the attribute names what is no parameter, or is written. */
export function verifyConstants(func: PrimFunc): void {
  const constants = new Set(constantParams(func));
  walkStmt(func.root.body, {
    stmt: (s) => {
      if (s.kind === 'BufferStore' && constants.has(s.buffer)) {
        throw new InputError(
          'IR_CONSTANTS',
          `${func.name} writes ${s.buffer.name}, which is said to be constant`,
        );
      }
    },
  });
}

/**
 * The function with inputs declared to be constant, in addition to those that are so already.
 * @throws InputError `UNKNOWN_CONSTANT` for a name that no parameter has, `IR_CONSTANTS` for one that is written
 */
export function withConstants(func: PrimFunc, names: readonly string[]): PrimFunc {
  const known = constantParams(func).map((b) => func.params.indexOf(b));
  const added = names.map((name) => {
    const position = func.params.findIndex((b) => b.name === name);
    if (position < 0) {
      const params = func.params.map((b) => b.name).join(', ');
      throw new InputError(
        'UNKNOWN_CONSTANT',
        `${func.name} has no parameter ${JSON.stringify(name)}, but ${params}`,
      );
    }
    return position;
  });
  const positions = [...new Set([...known, ...added])].toSorted((a, b) => a - b);
  if (positions.length === 0) return func;
  const marked = { ...func, attrs: { ...func.attrs, [LAYOUT_FREE_BUFFERS]: positions } };
  verifyConstants(marked);
  return marked;
}
