/** @file Reads the head of a `for` statement: which loops it stands for. */
import type { SyntaxNode } from '@lezer/common';
import type { Range } from '../ir/region.js';
import type { Attrs, ForKind } from '../ir/stmt.js';
import { at, lookup } from '../support/errors.js';
import { readAs, readValue } from './read-expr.js';
import { rangeBetween, rangeUpTo } from './read-region.js';
import { findName, tirName, type Reader, type Scope } from './reader.js';
import {
  bindArguments,
  callOf,
  childrenOf,
  fault,
  located,
  splitAt,
  textOf,
  unwrap,
  type CallSyntax,
} from './syntax.js';
import { toAttrs, toText } from './value.js';

export interface LoopHead {
  readonly name: string;
  readonly range: Range;
  readonly forKind: ForKind;
  readonly threadTag: string | null;
  readonly annotations: Attrs;
}

const LOOP_KINDS: ReadonlyMap<string, ForKind> = new Map([
  ['python range', 'serial'],
  ['serial', 'serial'],
  ['parallel', 'parallel'],
  ['vectorized', 'vectorized'],
  ['unroll', 'unrolled'],
  ['unrolled', 'unrolled'],
  ['thread_binding', 'threadBinding'],
]);

/** The loops of `for targets in iterable`, outermost first. */
export function readLoopHeads(reader: Reader, scope: Scope, node: SyntaxNode): LoopHead[] {
  const { source } = reader;
  const children = childrenOf(node);
  const split = children.findIndex((child) => child.name === 'in');
  const iterable = children[split + 1];
  if (at(children, 0).name !== 'for' || split < 0 || iterable === undefined) {
    throw fault(source, node, 'UNSUPPORTED', 'this kind of loop is not understood');
  }
  const names = targetNames(reader, children.slice(1, split));
  const call = callOf(source, unwrap(iterable));
  const what = call === null ? null : iteratorName(reader, scope, call.callee);
  if (call === null || what === null) {
    const message =
      'loops run over range, T.grid, T.serial, T.parallel, T.vectorized, T.unroll or T.thread_binding';
    throw fault(source, iterable, 'UNSUPPORTED', message);
  }
  if (what !== 'grid') {
    if (names.length !== 1)
      throw fault(source, iterable, 'BAD_ARGUMENT', 'this iterator gives one loop variable');
    return [readSingle(reader, scope, iterable, { call, what, name: at(names, 0) })];
  }
  const [keyword] = call.keywords.values();
  if (keyword !== undefined) throw fault(source, keyword, 'BAD_ARGUMENT', 'T.grid takes extents only');
  if (call.positional.length !== names.length) {
    const message = `T.grid has ${call.positional.length} extent(s) for ${names.length} loop variable(s)`;
    throw fault(source, iterable, 'BAD_ARGUMENT', message);
  }
  return call.positional.map((extent, i) => ({
    name: at(names, i),
    range: readAs(reader, scope, extent, rangeUpTo),
    forKind: 'serial',
    threadTag: null,
    annotations: {},
  }));
}

/** The plain names of an assignment's or loop's targets. */
export function targetNames(reader: Reader, nodes: readonly SyntaxNode[]): string[] {
  const [only] = nodes;
  const isTuple =
    nodes.length === 1 && (only?.name === 'TupleExpression' || only?.name === 'ArrayExpression');
  const parts = isTuple && only !== undefined ? childrenOf(only).slice(1, -1) : nodes;
  return splitAt(parts, ',').map(([target, extra]) => {
    if (target?.name === 'VariableName' && extra === undefined) return textOf(reader.source, target);
    throw fault(reader.source, target ?? at(nodes, 0), 'UNSUPPORTED', 'only plain names can be bound here');
  });
}

function iteratorName(reader: Reader, scope: Scope, callee: SyntaxNode): string | null {
  const name = tirName(reader, scope, callee);
  if (name !== null) return name === 'grid' || LOOP_KINDS.has(name) ? name : null;
  const isRange = callee.name === 'VariableName' && textOf(reader.source, callee) === 'range';
  return isRange && findName(scope, 'range') === null ? 'python range' : null;
}

interface Iterator {
  readonly call: CallSyntax;
  /** A key of `LOOP_KINDS`. */
  readonly what: string;
  readonly name: string;
}

function readSingle(
  reader: Reader,
  scope: Scope,
  node: SyntaxNode,
  { call, what, name }: Iterator,
): LoopHead {
  const { source } = reader;
  const forKind = lookup(LOOP_KINDS, what, 'loop kind');
  const args = iteratorArguments(reader, call, what);
  const [start, stop, thread, annotations, step] = ARGUMENTS.map((key) => args.get(key));
  if (step !== undefined && textOf(source, step) !== '1') {
    throw fault(source, step, 'UNSUPPORTED', 'loops advance by 1');
  }
  if (start === undefined) throw fault(source, node, 'BAD_ARGUMENT', 'a loop needs its extent');
  if (forKind === 'threadBinding' && thread === undefined) {
    throw fault(source, node, 'BAD_ARGUMENT', 'T.thread_binding needs the argument thread');
  }
  return {
    name,
    range: readRange(reader, scope, start, stop),
    forKind,
    threadTag: thread === undefined ? null : readAs(reader, scope, thread, toText),
    annotations: annotations === undefined ? {} : readAs(reader, scope, annotations, toAttrs),
  };
}

const ARGUMENTS = ['start', 'stop', 'thread', 'annotations', 'step'] as const;

function iteratorArguments(
  reader: Reader,
  call: CallSyntax,
  what: string,
): Map<string, SyntaxNode | undefined> {
  const isThread = what === 'thread_binding';
  const others = what === 'python range' ? ['step'] : isThread ? ['thread', 'annotations'] : ['annotations'];
  // `T.thread_binding(n, "threadIdx.x")` has no stop.
  const skipsStop = isThread && call.positional.length === 2 && call.positional[1]?.name === 'String';
  const params = ['start', ...(skipsStop ? [] : ['stop']), ...others];
  return new Map(bindArguments(reader.source, what, params, call).map((arg, i) => [at(params, i), arg]));
}

function readRange(reader: Reader, scope: Scope, start: SyntaxNode, stop: SyntaxNode | undefined): Range {
  if (stop === undefined) return readAs(reader, scope, start, rangeUpTo);
  const low = readValue(reader, scope, start);
  const high = readValue(reader, scope, stop);
  return located(reader.source, start, () =>
    high.tag === 'none' ? rangeUpTo(low) : rangeBetween(low, high),
  );
}
