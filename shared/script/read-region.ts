/** @file Reads ranges and regions: `lo:hi`, `(lo, hi)`, `A[i, 0:4]`. */
import type { SyntaxNode } from '@lezer/common';
import { simplify } from '../arith/simplify.js';
import type { Buffer } from '../ir/buffer.js';
import type { BufferRegion, Range } from '../ir/region.js';
import { constInt, int, sub } from '../ir/build.js';
import { fullRegion } from '../ir/build-stmt.js';
import { isIndexType } from '../ir/dtype.js';
import type { Expr } from '../ir/expr.js';
import { structuralEqual } from '../ir/structural.js';
import { at, InputError } from '../support/errors.js';
import { readAs, readValue } from './read-expr.js';
import type { Reader, Scope } from './reader.js';
import { childrenOf, fault, located, subscriptOf, textOf, unwrap } from './syntax.js';
import { numberValue, toExpr, toPair, type Value } from './value.js';

function index(e: Expr): Expr {
  if (isIndexType(e.dtype)) return e;
  throw new InputError('DTYPE_MISMATCH', `expected an int32 or int64, not a ${e.dtype}`);
}

/** The range from `start` up to `stop`, which it does not contain. */
export function rangeBetween(start: Value, stop: Value): Range {
  const [low, high] = toPair(start, stop);
  return { min: index(low), extent: extentBetween(index(low), high) };
}

/** `high - low`, as the author wrote it where `high` is `low + extent`. */
function extentBetween(low: Expr, high: Expr): Expr {
  if (constInt(low) === 0) return high;
  if (structuralEqual(low, high)) return int(0, low.dtype);
  if (high.kind === 'Binary' && high.op === 'add' && structuralEqual(high.a, low)) return high.b;
  return simplify(sub(high, low));
}

/** The range from 0 up to `stop`. */
export function rangeUpTo(stop: Value): Range {
  return rangeBetween(numberValue(0, false), stop);
}

function readSlice(
  reader: Reader,
  scope: Scope,
  b: Buffer,
  dim: number,
  parts: readonly SyntaxNode[],
): Range {
  const colon = parts.findIndex((part) => part.name === ':');
  if (colon < 0) {
    const min = readAs(reader, scope, at(parts, 0), (v) => index(toExpr(v)));
    return { min, extent: int(1, min.dtype) };
  }
  const [first, second, third] = [parts[colon - 1], parts[colon + 1], parts[colon + 2]];
  if (colon > 1 || third !== undefined) {
    throw fault(reader.source, at(parts, 0), 'UNSUPPORTED', 'slices with a step are not understood');
  }
  const start = first === undefined ? numberValue(0, false) : readValue(reader, scope, first);
  const stop =
    second === undefined ? numberValue(b.shape[dim] ?? 0, false) : readValue(reader, scope, second);
  return located(reader.source, at(parts, 0), () => rangeBetween(start, stop));
}

/** One buffer region; a buffer's name alone is the whole of it. */
export function readRegion(reader: Reader, scope: Scope, node: SyntaxNode): BufferRegion {
  const { source } = reader;
  const subscript = subscriptOf(node);
  const target = readValue(reader, scope, subscript === null ? node : subscript.object);
  if (target.tag !== 'buffer') {
    throw fault(source, node, 'BAD_ARGUMENT', `expected a region of a buffer, not ${textOf(source, node)}`);
  }
  const b = target.buffer;
  if (subscript === null) return fullRegion(b);
  const [only, ...others] = subscript.items;
  const isScalar = only?.length === 1 && others.length === 0 && isEmptyTuple(at(only, 0));
  const items = isScalar ? [] : subscript.items;
  if (items.length !== b.shape.length) {
    const message = `${b.name} has ${b.shape.length} dimension(s), but the region has ${items.length}`;
    throw fault(source, node, 'BAD_RANK', message);
  }
  return { buffer: b, region: items.map((parts, dim) => readSlice(reader, scope, b, dim, parts)) };
}

function isEmptyTuple(node: SyntaxNode): boolean {
  const inner = unwrap(node);
  return inner.name === 'TupleExpression' && childrenOf(inner).length === 2;
}
