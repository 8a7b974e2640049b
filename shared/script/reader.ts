/** @file The state of reading one script: names in scope, the namespace of TIR, the depth reached. */
import type { SyntaxNode } from '@lezer/common';
import type { Range } from '../ir/region.js';
import type { Var } from '../ir/expr.js';
import { dottedName, fault, MAX_SCRIPT_DEPTH, type Source } from './syntax.js';
import type { Value } from './value.js';

/** Names of one indented body; what is not found here is looked up further out. */
export interface Scope {
  readonly names: Map<string, Value>;
  readonly outer: Scope | null;
}

export interface Reader {
  readonly source: Source;
  /** What the script calls the namespace of TIR: `T`, and whatever it imported it as. */
  readonly namespaces: Set<string>;
  /** Ranges of the loops read so far, which `T.axis.remap` refers to. */
  readonly loops: Map<Var, Range>;
  /** Levels of the program around the node that is being read. */
  depth: number;
}

export function createReader(source: Source): Reader {
  return { source, namespaces: new Set(['T']), loops: new Map(), depth: 0 };
}

export function childScope(outer: Scope | null): Scope {
  return { names: new Map(), outer };
}

export function findName(scope: Scope, name: string): Value | null {
  for (let s: Scope | null = scope; s !== null; s = s.outer) {
    const value = s.names.get(name);
    if (value !== undefined) return value;
  }
  return null;
}

/** `axis.remap` for `T.axis.remap`; `null` for anything that is not in TIR's namespace. */
export function tirName(reader: Reader, scope: Scope, node: SyntaxNode): string | null {
  const [namespace, ...rest] = dottedName(reader.source, node) ?? [];
  if (namespace === undefined || rest.length === 0) return null;
  return reader.namespaces.has(namespace) && findName(scope, namespace) === null ? rest.join('.') : null;
}

/** Counts `levels` more levels of depth at `node`. @throws InputError `SCRIPT_TOO_DEEP`. */
export function deepen(reader: Reader, node: SyntaxNode, levels = 1): void {
  reader.depth += levels;
  if (reader.depth > MAX_SCRIPT_DEPTH) {
    const message = `the program is nested more than ${MAX_SCRIPT_DEPTH} levels deep`;
    throw fault(reader.source, node, 'TOO_DEEP', message);
  }
}

/** Runs `f` some levels deeper, and comes back to this level whatever happens. */
export function nested<T>(reader: Reader, node: SyntaxNode, levels: number, f: () => T): T {
  const { depth } = reader;
  try {
    deepen(reader, node, levels);
    return f();
  } finally {
    reader.depth = depth;
  }
}
