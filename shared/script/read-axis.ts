/** @file Reads the iterators of a block: `T.axis.spatial(16, i)`, `T.axis.remap("SR", [i, k])`. */
import type { SyntaxNode } from '@lezer/common';
import type { Range } from '../ir/region.js';
import { cast, variable } from '../ir/build.js';
import { iterVar } from '../ir/build-stmt.js';
import { isIndexType } from '../ir/dtype.js';
import type { Expr } from '../ir/expr.js';
import type { IterType, IterVar } from '../ir/stmt.js';
import { at, InputError } from '../support/errors.js';
import { readAs, readValue } from './read-expr.js';
import { rangeBetween, rangeUpTo } from './read-region.js';
import type { Reader, Scope } from './reader.js';
import { bindArguments, fault, located, type CallSyntax } from './syntax.js';
import { toExpr, toItems, toText, type Value } from './value.js';

export interface Axis {
  readonly iter: IterVar;
  readonly value: Expr;
}

const ITER_TYPES: ReadonlyMap<string, IterType> = new Map([
  ['spatial', 'spatial'],
  ['S', 'spatial'],
  ['reduce', 'reduce'],
  ['R', 'reduce'],
  ['opaque', 'opaque'],
  ['scan', 'scan'],
]);

/** The iterators that `names = T.axis.<kind>(…)` declares, in order. */
export function readAxes(
  reader: Reader,
  scope: Scope,
  names: readonly string[],
  call: { readonly kind: string; readonly node: SyntaxNode; readonly syntax: CallSyntax },
): Axis[] {
  const { kind, node, syntax } = call;
  const { source } = reader;
  if (kind === 'remap') return readRemap(reader, scope, names, { node, syntax });
  const iterType = ITER_TYPES.get(kind);
  if (iterType === undefined) throw fault(source, node, 'UNSUPPORTED', `there is no T.axis.${kind} here`);
  const [name, second] = names;
  if (name === undefined || second !== undefined) {
    throw fault(source, node, 'BAD_ARGUMENT', `T.axis.${kind} declares one iterator`);
  }
  const [dom, binding] = bindArguments(source, `T.axis.${kind}`, ['dom', 'binding'], syntax);
  if (dom === undefined || binding === undefined) {
    throw fault(source, node, 'BAD_ARGUMENT', `T.axis.${kind} needs a domain and a binding`);
  }
  const domain = readValue(reader, scope, dom);
  const bound = readValue(reader, scope, binding);
  return [located(source, node, () => axis(name, iterType, domain, bound))];
}

function axis(name: string, iterType: IterType, domain: Value, bound: Value): Axis {
  const dom = toDomain(domain);
  const own = toExpr(bound);
  if (!isIndexType(own.dtype))
    throw new InputError('DTYPE_MISMATCH', `an iterator cannot be bound to a ${own.dtype}`);
  // TVM widens to int64 when either side is; a Python number takes the other side's type.
  const isPlain =
    domain.tag === 'number' || (domain.tag === 'tuple' && domain.items.every((v) => v.tag === 'number'));
  const dtype = own.dtype === 'int64' || (dom.extent.dtype === 'int64' && !isPlain) ? 'int64' : 'int32';
  const widened = { min: cast(dtype, dom.min), extent: cast(dtype, dom.extent) };
  return { iter: iterVar(variable(name, dtype), widened, iterType), value: cast(dtype, own) };
}

/** `n`, or `(low, high)`. */
function toDomain(v: Value): Range {
  if (v.tag !== 'tuple') return rangeUpTo(v);
  const [low, high, extra] = v.items;
  if (low === undefined || high === undefined || extra !== undefined) {
    throw new InputError('BAD_ARGUMENT', 'a domain is an extent, or a pair (low, high)');
  }
  return rangeBetween(low, high);
}

function readRemap(
  reader: Reader,
  scope: Scope,
  names: readonly string[],
  call: { readonly node: SyntaxNode; readonly syntax: CallSyntax },
): Axis[] {
  const { source } = reader;
  const [kindsNode, bindings] = bindArguments(source, 'T.axis.remap', ['kinds', 'bindings'], call.syntax);
  if (kindsNode === undefined || bindings === undefined) {
    throw fault(source, call.node, 'BAD_ARGUMENT', 'T.axis.remap needs its kinds and its loops');
  }
  const kinds = readAs(reader, scope, kindsNode, toText);
  const values = readAs(reader, scope, bindings, toItems);
  if (kinds.length !== values.length || kinds.length !== names.length) {
    const message = `T.axis.remap has ${kinds.length} kind(s), ${values.length} loop(s) and ${names.length} name(s)`;
    throw fault(source, call.node, 'BAD_ARGUMENT', message);
  }
  return values.map((bound, i) => {
    const value = located(source, bindings, () => toExpr(bound));
    const dom = value.kind === 'Var' ? reader.loops.get(value) : undefined;
    if (dom === undefined)
      throw fault(source, bindings, 'BAD_ARGUMENT', 'T.axis.remap renames loop variables only');
    const kind = kinds.charAt(i);
    if (kind !== 'S' && kind !== 'R') {
      throw fault(source, kindsNode, 'BAD_ARGUMENT', `the kinds of T.axis.remap are S and R, not ${kind}`);
    }
    const v = variable(at(names, i), value.dtype);
    return { iter: iterVar(v, dom, kind === 'S' ? 'spatial' : 'reduce'), value };
  });
}
