/** @file From recorded arguments, which hold random variables, to the values that primitives work on. */
import type { Var } from '../ir/expr.js';
import type { AttrValue } from '../ir/stmt.js';
import { check } from './errors.js';
import {
  SIGNATURES,
  type ArgSort,
  type ArgSorts,
  type ArgsOf,
  type InstructionKind,
  type Location,
  type OutputValue,
  type ResolvedArgsOf,
  type RVValue,
  type Signature,
} from './instruction.js';
import { isRV, type BlockRV, type ExprRV, type LoopRV, type RV } from './random-variable.js';

/** What the random variables of a schedule stand for. */
export type Symbols = ReadonlyMap<RV, OutputValue>;

/** Where a resolver looks, and for whom. */
interface Resolution {
  readonly symbols: Symbols;
  readonly primitive: string;
}

function valueOf(rv: RV, { symbols, primitive }: Resolution): OutputValue {
  const value = symbols.get(rv);
  check(value !== undefined, 'UNKNOWN_RANDOM_VARIABLE', { primitive, locations: [] }, () => {
    return `a ${rv.kind} belongs to another schedule`;
  });
  return value;
}

function blockOf(rv: BlockRV, at: Resolution): string {
  const output = valueOf(rv, at);
  check(output.kind === 'BlockRV', 'BAD_ARGUMENT', site(at), () => `needs a block, not a ${output.kind}`);
  return output.value;
}

function locationOf(rv: LoopRV, at: Resolution): Location {
  const output = valueOf(rv, at);
  check(output.kind === 'LoopRV', 'BAD_ARGUMENT', site(at), () => `needs a loop, not a ${output.kind}`);
  return output.value;
}

function loopOf(rv: LoopRV, at: Resolution): Var {
  const location = locationOf(rv, at);
  check(typeof location !== 'string', 'NOT_A_LOOP', site(at), () => {
    return 'needs a loop, but the sampled compute location is none';
  });
  return location;
}

function integerOf(rv: ExprRV, at: Resolution): number | null {
  const output = valueOf(rv, at);
  check(output.kind === 'ExprRV', 'BAD_ARGUMENT', site(at), () => `needs an integer, not a ${output.kind}`);
  return output.value;
}

const site = ({ primitive }: Resolution) => ({ primitive, locations: [] });

function attrOf(value: RVValue, at: Resolution): AttrValue {
  if (typeof value !== 'object' || value === null) return value;
  if (isExprRV(value)) return integerOf(value, at);
  if (isList(value)) return value.map((item) => attrOf(item, at));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, attrOf(item, at)]));
}

function isList(value: RVValue): value is readonly RVValue[] {
  return Array.isArray(value);
}

function isExprRV(value: RVValue): value is ExprRV {
  return isRV(value) && value.kind === 'ExprRV';
}

const RESOLVERS: {
  readonly [S in ArgSort]: (recorded: ArgSorts[S]['recorded'], at: Resolution) => ArgSorts[S]['resolved'];
} = {
  block: blockOf,
  blocks: (rvs, at) => rvs.map((rv) => blockOf(rv, at)),
  loop: loopOf,
  loops: (rvs, at) => rvs.map((rv) => loopOf(rv, at)),
  location: locationOf,
  blockOrLoop: (rv, at) => (rv.kind === 'BlockRV' ? blockOf(rv, at) : loopOf(rv, at)),
  factors: (factors, at) => factors.map((f) => (f !== null && typeof f === 'object' ? integerOf(f, at) : f)),
  value: attrOf,
  indexMap: (map) => map,
  optionalNumber: (n) => n,
  string: (text) => text,
  int: (n) => n,
  bool: (flag) => flag,
  ints: (list) => list,
  floats: (list) => list,
};

/** Names and sorts of a kind's arguments: inputs, then attributes. */
const ARGUMENTS = new Map(
  Object.entries<Signature>(SIGNATURES).map(([kind, { inputs, attrs }]) => [
    kind,
    [...Object.entries<ArgSort>(inputs), ...Object.entries<ArgSort>(attrs)],
  ]),
);

/**
 * The values of an instruction's arguments.
 *
 * @throws ScheduleError `UNKNOWN_RANDOM_VARIABLE`, `NOT_A_LOOP`, `BAD_ARGUMENT`.
 */
export function resolveArgs<K extends InstructionKind>(
  kind: K,
  args: ArgsOf<K>,
  symbols: Symbols,
): ResolvedArgsOf<K> {
  const at: Resolution = { symbols, primitive: SIGNATURES[kind].method };
  const recorded: Readonly<Record<string, unknown>> = args;
  const resolved: Record<string, unknown> = {};
  for (const [name, sort] of ARGUMENTS.get(kind) ?? []) {
    // The signature ties the sort of an argument to its type; a loop over names cannot show that to the compiler.
    const resolve = RESOLVERS[sort] as (value: unknown, where: Resolution) => unknown;
    resolved[name] = resolve(recorded[name], at);
  }
  return resolved as ResolvedArgsOf<K>;
}
