/** @file Notes on blocks and loops, for later steps and for lowering. They change nothing that is computed. */
import type { Var } from '../../ir/expr.js';
import type { Attrs, AttrValue } from '../../ir/stmt.js';
import { check } from '../errors.js';
import type { InstructionTable } from '../instruction.js';
import { replaceBlock, replaceStmt } from '../replace.js';
import { blockEntry, loopEntry, type BlockEntry, type LoopEntry, type ScheduleState } from '../state.js';

function entryOf(state: ScheduleState, blockOrLoop: string | Var, primitive: string): BlockEntry | LoopEntry {
  return typeof blockOrLoop === 'string'
    ? blockEntry(state, blockOrLoop, primitive)
    : loopEntry(state, blockOrLoop, primitive);
}

function annotationsOf(entry: BlockEntry | LoopEntry): Attrs {
  return entry.kind === 'loop' ? entry.node.annotations : entry.block.annotations;
}

function withAnnotations(
  state: ScheduleState,
  entry: BlockEntry | LoopEntry,
  annotations: Attrs,
): ScheduleState {
  return entry.kind === 'loop'
    ? replaceStmt(state, entry, { ...entry.node, annotations })
    : replaceBlock(state, entry, { ...entry.block, annotations });
}

/** Adds an annotation. As in TVM, a key that is there already keeps its value. */
export function annotate(
  state: ScheduleState,
  blockOrLoop: string | Var,
  key: string,
  value: AttrValue,
): ScheduleState {
  const entry = entryOf(state, blockOrLoop, 'annotate');
  const annotations = annotationsOf(entry);
  if (Object.hasOwn(annotations, key)) return state;
  return withAnnotations(state, entry, { ...annotations, [key]: value });
}

/** Removes an annotation. @throws ScheduleError `NO_SUCH_ANNOTATION`. */
export function unannotate(state: ScheduleState, blockOrLoop: string | Var, key: string): ScheduleState {
  const entry = entryOf(state, blockOrLoop, 'unannotate');
  const annotations = annotationsOf(entry);
  const { [key]: _, ...rest } = annotations;
  const name = entry.kind === 'loop' ? entry.node.loopVar.name : entry.block.name;
  check(
    Object.hasOwn(annotations, key),
    'NO_SUCH_ANNOTATION',
    { primitive: 'unannotate', locations: [name] },
    () => {
      return `${name} has no annotation ${key}`;
    },
  );
  return withAnnotations(state, entry, rest);
}

export const ANNOTATE_SPECS = {
  Annotate: {
    isPure: false,
    apply: ({ state }, { blockOrLoop, annVal, annKey }) => ({
      state: annotate(state, blockOrLoop, annKey, annVal),
    }),
  },
  Unannotate: {
    isPure: false,
    apply: ({ state }, { blockOrLoop, annKey }) => ({ state: unannotate(state, blockOrLoop, annKey) }),
  },
} satisfies Partial<InstructionTable>;
