/**
 * @file Pass `hoist-loads`: moves loads whose address does not change in a loop, from regions that the loop does not
 * write, in front of the loop. Engines do not move memory accesses out of loops.
 */
import { createTermsKey, isInvariant, loadOf, type TermsKey } from './accesses.js';
import { localValue } from './affine.js';
import type { Kernel, Local, LoopStatement, MemoryRegion, Statement, Value } from './loop-ir.js';
import { effectsOf, mapStatement, mapValueChildren } from './loop-ir-visit.js';

/** A loop with more invariant loads than this keeps them: there are no registers for them. */
const MAX_HOISTED = 24;

export function hoistLoads(kernel: Kernel): Kernel {
  return { ...kernel, body: hoistIn(kernel.body, createTermsKey()) };
}

function hoistIn(body: readonly Statement[], termsKey: TermsKey): readonly Statement[] {
  return body.flatMap((s) => {
    if (s.kind !== 'Loop')
      return [
        mapStatement(
          s,
          (v) => v,
          (inner) => hoistIn(inner, termsKey),
        ),
      ];
    const { before, loop } = hoistFromLoop(s, termsKey);
    return [...before, { ...loop, body: hoistIn(loop.body, termsKey) }];
  });
}

interface Hoisted {
  readonly local: Local;
  readonly load: Value;
}

function hoistFromLoop(
  loop: LoopStatement,
  termsKey: TermsKey,
): { before: readonly Statement[]; loop: LoopStatement } {
  if (loop.extent.kind !== 'Const' || loop.extent.value < 1) return { before: [], loop };
  const { storedRegions, changedLocals } = effectsOf(loop.body);
  const changing = new Set([...changedLocals, loop.index]);
  const hoisted = new Map<string, Hoisted>();
  const onValue = (v: Value): Value => {
    const key = hoistKey(v, { storedRegions, changing, termsKey });
    if (key === null) return mapUnconditional(v, onValue);
    let entry = hoisted.get(key);
    if (entry === undefined) {
      entry = { local: { kind: 'Local', name: loadOf(v)?.address.region.name ?? '', type: v.type }, load: v };
      hoisted.set(key, entry);
    }
    return localValue(entry.local);
  };
  const body = mapUnconditionalBody(loop.body, onValue);
  if (hoisted.size === 0 || hoisted.size > MAX_HOISTED) return { before: [], loop };
  const before = [...hoisted.values()].map(({ local, load }): Statement => ({
    kind: 'Assign',
    local,
    value: load,
  }));
  return { before, loop: { ...loop, body } };
}

interface LoopFacts {
  readonly storedRegions: ReadonlySet<MemoryRegion>;
  readonly changing: ReadonlySet<Local>;
  readonly termsKey: TermsKey;
}

/** Names a load that may be hoisted; `null` for everything else. */
function hoistKey(v: Value, { storedRegions, changing, termsKey }: LoopFacts): string | null {
  const load = loadOf(v);
  if (load === null || storedRegions.has(load.address.region) || !isInvariant(load.address, changing))
    return null;
  const { region, offset } = load.address;
  const place = region.place.kind === 'param' ? `p${region.place.index}` : `w${region.place.offset}`;
  return `${place}/${termsKey(load.address)}@${offset}:${v.kind}/${v.type.dtype}x${v.type.lanes}`;
}

/** What a lazily evaluated side reads may be out of bounds: it stays where it is. */
function mapUnconditional(v: Value, f: (v: Value) => Value): Value {
  if (v.kind !== 'IfValue') return mapValueChildren(v, f);
  const condition = f(v.condition);
  return condition === v.condition ? v : { ...v, condition };
}

/** Maps the values of statements that run in every iteration. */
function mapUnconditionalBody(
  body: readonly Statement[],
  onValue: (v: Value) => Value,
): readonly Statement[] {
  return body.map((s) => {
    const runs = s.kind !== 'IfStatement' && (s.kind !== 'Loop' || s.extent.kind === 'Const');
    return mapStatement(s, onValue, (inner) => (runs ? mapUnconditionalBody(inner, onValue) : inner));
  });
}
