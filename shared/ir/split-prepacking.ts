/**
 * @file Splits a scheduled function into what prepares its constants, once, and what is left to do in every call.
 * The packed buffers become parameters of both: one writes them, the other reads them.
 */
import type { Buffer } from './buffer.js';
import { seq } from './build-stmt.js';
import { constantParams, LAYOUT_REWRITE_PREPROC } from './constants.js';
import type { PrimFunc } from './prim-func.js';
import type { Stmt } from './stmt.js';
import { walkStmt } from './visit.js';

export interface SplitFunc {
  /** What `run` does. Its parameters are those of the function, then the packed buffers. */
  readonly main: PrimFunc;
  /** What `prepare` does, with the same parameters; null when nothing is laid out anew. */
  readonly prepare: PrimFunc | null;
  readonly packed: readonly Buffer[];
}

/** Statements that are marked without being made of constants alone, or of what was, stay where they are. */
export function splitPrepacking(func: PrimFunc): SplitFunc {
  const { root } = func;
  const constants = new Set(constantParams(func));
  const stmts = root.body.kind === 'Seq' ? root.body.stmts : [root.body];
  const copies = stmts.filter((s) => {
    const surroundings = { constants, temporaries: root.allocBuffers, others: without(stmts, s) };
    if (!isMarked(s) || !copiesOnly(s, surroundings)) return false;
    for (const b of accessesOf(s).written) constants.add(b);
    return true;
  });
  const packed = root.allocBuffers.filter((b) => copies.some((s) => accessesOf(s).written.has(b)));
  if (packed.length === 0) return { main: func, prepare: null, packed };
  const partOf = (body: readonly Stmt[], temporaries: readonly Buffer[]): PrimFunc => ({
    ...func,
    params: [...func.params, ...packed],
    root: { ...root, allocBuffers: temporaries, body: seq(body) },
  });
  return {
    main: partOf(
      stmts.filter((s) => !copies.includes(s)),
      root.allocBuffers.filter((b) => !packed.includes(b)),
    ),
    prepare: partOf(copies, []),
    packed,
  };
}

/** Whether every block in a statement that computes something is marked, and there is one. */
function isMarked(s: Stmt): boolean {
  let [marked, others] = [0, 0];
  walkStmt(s, {
    stmt: (node) => {
      if (node.kind !== 'BlockRealize') return;
      if (node.block.annotations[LAYOUT_REWRITE_PREPROC] === undefined) others++;
      else marked++;
    },
  });
  return marked > 0 && others === 0;
}

interface Surroundings {
  readonly constants: ReadonlySet<Buffer>;
  readonly temporaries: readonly Buffer[];
  /** The other statements of the function. */
  readonly others: readonly Stmt[];
}

/** Whether a statement reads constants alone, and writes temporaries that nothing else writes. */
function copiesOnly(s: Stmt, { constants, temporaries, others }: Surroundings): boolean {
  const { read, written } = accessesOf(s);
  const elsewhere = new Set(others.flatMap((other) => [...accessesOf(other).written]));
  return (
    [...read].every((b) => constants.has(b)) &&
    [...written].every((b) => temporaries.includes(b) && !elsewhere.has(b))
  );
}

function accessesOf(s: Stmt): { readonly read: ReadonlySet<Buffer>; readonly written: ReadonlySet<Buffer> } {
  const [read, written] = [new Set<Buffer>(), new Set<Buffer>()];
  walkStmt(s, {
    stmt: (node) => {
      if (node.kind === 'BufferStore') written.add(node.buffer);
    },
    expr: (e) => {
      if (e.kind === 'BufferLoad') read.add(e.buffer);
    },
  });
  return { read, written };
}

function without(stmts: readonly Stmt[], s: Stmt): Stmt[] {
  return stmts.filter((other) => other !== s);
}
