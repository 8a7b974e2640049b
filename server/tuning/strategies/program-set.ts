/**
 * @file The programs that a search has met. Two programs are the same when they are structurally equal once plain loops
 * of one iteration are gone: those make no code.
 */
import type { Expr, Var } from '../../../shared/ir/expr.js';
import { constInt } from '../../../shared/ir/build.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { For, Stmt } from '../../../shared/ir/stmt.js';
import { structuralEqual, structuralHash } from '../../../shared/ir/structural.js';
import { mapStmtChildren, substitute } from '../../../shared/ir/visit.js';

export interface ProgramSet {
  readonly has: (program: Program) => boolean;
  /** Whether it is new. */
  readonly add: (program: Program) => boolean;
  /** Adds a program of which the hash is known, and that is made only when another has the same hash. */
  readonly addLater: (hash: string, make: () => Program | null) => void;
}

/** A program without loops of one iteration. */
export interface Program {
  readonly hash: string;
  readonly func: PrimFunc;
}

export function programOf(func: PrimFunc): Program {
  const body = withoutUnitLoops(func.root.body, new Map());
  const plain = body === func.root.body ? func : { ...func, root: { ...func.root, body } };
  return { hash: structuralHash(plain), func: plain };
}

function withoutUnitLoops(s: Stmt, values: Map<Var, Expr>): Stmt {
  if (s.kind === 'For' && isPlainUnitLoop(s)) {
    values.set(s.loopVar, substitute(s.min, values));
    return withoutUnitLoops(s.body, values);
  }
  return mapStmtChildren(
    s,
    (child) => withoutUnitLoops(child, values),
    (e) => substitute(e, values),
  );
}

/** Annotations stay: they may speak of everything inside. */
function isPlainUnitLoop({ extent, threadTag, annotations }: For): boolean {
  return constInt(extent) === 1 && threadTag === null && Object.keys(annotations).length === 0;
}

export function createProgramSet(): ProgramSet {
  const buckets = new Map<string, (() => Program | null)[]>();
  const has = ({ hash, func }: Program): boolean =>
    buckets.get(hash)?.some((make) => {
      const other = make();
      return other !== null && structuralEqual(other.func, func);
    }) ?? false;
  const addLater = (hash: string, make: () => Program | null): void => {
    const bucket = buckets.get(hash);
    if (bucket === undefined) buckets.set(hash, [make]);
    else bucket.push(make);
  };
  return {
    has,
    add: (program) => {
      if (has(program)) return false;
      addLater(program.hash, () => program);
      return true;
    },
    addLater,
  };
}
