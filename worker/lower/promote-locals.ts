/**
 * @file Pass `promote-locals`: keeps the elements that a loop updates over and over in locals while it runs. This is
 * what turns `C[i, j] += ..` inside the reduction loop into accumulators in registers; engines do not do it.
 *
 *   for k: C[8*i + 4] = C[8*i + 4] + ..    ->    acc = C[8*i + 4];  for k: acc = acc + ..;  C[8*i + 4] = acc
 *
 * A region qualifies in a loop when every access in the loop (1) has an affine address that does not change in the
 * loop, (2) happens in every iteration, and when (3) the addresses are the same or disjoint. Outer loops are tried first.
 */
import type {
  Kernel,
  Local,
  LoopStatement,
  MemoryRegion,
  Statement,
  Value,
  Address,
  ValueType,
} from './loop-ir.js';
import { bytesOfType, createTermsKey, isInvariant, survivesMemory, type TermsKey } from './accesses.js';
import { localValue } from './affine.js';
import { effectsOf, mapStatement, mapValueChildren } from './loop-ir-visit.js';

/** More locals than this would be spilled anyway. */
const MAX_PROMOTED = 64;

interface Access {
  readonly address: Address;
  readonly type: ValueType;
  readonly isStore: boolean;
  readonly isConditional: boolean;
}

/** An element, or a vector of elements, that lives in a local for a while. */
interface Promoted {
  readonly local: Local;
  readonly address: Address;
  readonly type: ValueType;
  isStored: boolean;
}

export function promoteLocals(kernel: Kernel): Kernel {
  const accessCounts = countAccesses(kernel.body);
  return { ...kernel, body: promoteIn(kernel.body, { termsKey: createTermsKey(), accessCounts }) };
}

interface Context {
  readonly termsKey: TermsKey;
  /** Accesses of each region in the whole kernel. */
  readonly accessCounts: ReadonlyMap<MemoryRegion, number>;
}

function countAccesses(body: readonly Statement[]): Map<MemoryRegion, number> {
  const counts = new Map<MemoryRegion, number>();
  for (const [region, accesses] of accessesOf(body)) counts.set(region, accesses.length);
  return counts;
}

function promoteIn(body: readonly Statement[], context: Context): readonly Statement[] {
  return body.flatMap((s) => {
    if (s.kind !== 'Loop')
      return [
        mapStatement(
          s,
          (v) => v,
          (inner) => promoteIn(inner, context),
        ),
      ];
    const { before, loop, after } = promoteLoop(s, context);
    return [...before, { ...loop, body: promoteIn(loop.body, context) }, ...after];
  });
}

interface PromotedLoop {
  readonly before: readonly Statement[];
  readonly loop: LoopStatement;
  readonly after: readonly Statement[];
}

function promoteLoop(loop: LoopStatement, context: Context): PromotedLoop {
  const before: Statement[] = [];
  const after: Statement[] = [];
  let { body } = loop;
  if (loop.extent.kind !== 'Const' || loop.extent.value < 1) return { before, loop, after };
  const changing = new Set([...effectsOf(body).changedLocals, loop.index]);
  for (const [region, accesses] of accessesOf(body)) {
    const promoted = planPromotion(accesses, changing, context.termsKey);
    if (promoted === null) continue;
    body = replaceAccesses(body, region, promoted, context.termsKey);
    // A temporary that is used nowhere else needs no memory any more.
    const isPrivate =
      region.place.kind === 'workspace' && context.accessCounts.get(region) === accesses.length;
    if (isPrivate) continue;
    for (const { local, address, type, isStored } of promoted.values()) {
      before.push({ kind: 'Assign', local, value: { kind: 'Load', type, address } });
      if (isStored) after.push({ kind: 'Store', address, value: localValue(local) });
    }
  }
  return { before, loop: { ...loop, body }, after };
}

function accessesOf(body: readonly Statement[], isConditional = false): Map<MemoryRegion, Access[]> {
  const found = new Map<MemoryRegion, Access[]>();
  const add = (address: Address, type: ValueType, isStore: boolean, conditional: boolean): void => {
    const list = found.get(address.region) ?? [];
    list.push({ address, type, isStore, isConditional: conditional });
    found.set(address.region, list);
  };
  const visitValue = (v: Value, conditional: boolean): Value => {
    if (v.kind === 'Load') add(v.address, v.type, false, conditional);
    return mapValueChildren(v, (child) =>
      visitValue(child, conditional || (v.kind === 'IfValue' && child !== v.condition)),
    );
  };
  const visit = (s: Statement, conditional: boolean): Statement => {
    if (s.kind === 'Store') add(s.address, s.value.type, true, conditional);
    const below = conditional || s.kind === 'IfStatement' || (s.kind === 'Loop' && s.extent.kind !== 'Const');
    return mapStatement(
      s,
      (v) => visitValue(v, conditional),
      (inner) => {
        for (const child of inner) visit(child, below);
        return inner;
      },
    );
  };
  for (const s of body) visit(s, isConditional);
  return found;
}

function keyOf(address: Address, type: ValueType, termsKey: TermsKey): string {
  return `${termsKey(address)}@${address.offset}:${type.dtype}x${type.lanes}`;
}

/** The locals to put a region's accesses into, `null` when the region does not qualify. */
function planPromotion(
  accesses: readonly Access[],
  changing: ReadonlySet<Local>,
  termsKey: TermsKey,
): ReadonlyMap<string, Promoted> | null {
  if (!accesses.some((access) => access.isStore)) return null;
  const promoted = new Map<string, Promoted>();
  const termKeys = new Set<string | null>();
  for (const { address, type, isStore, isConditional } of accesses) {
    if (isConditional || !survivesMemory(type) || !isInvariant(address, changing)) return null;
    termKeys.add(termsKey(address));
    const key = keyOf(address, type, termsKey);
    const known = promoted.get(key);
    if (known === undefined) {
      const local: Local = { kind: 'Local', name: address.region.name, type };
      promoted.set(key, { local, address, type, isStored: isStore });
    } else if (isStore) known.isStored = true;
    if (promoted.size > MAX_PROMOTED) return null;
  }
  return termKeys.size === 1 && areDisjoint([...promoted.values()]) ? promoted : null;
}

function areDisjoint(promoted: readonly Promoted[]): boolean {
  const sorted = promoted.toSorted((a, b) => a.address.offset - b.address.offset);
  return sorted.every((p, i) => {
    const next = sorted[i + 1];
    return next === undefined || p.address.offset + bytesOfType(p.type) <= next.address.offset;
  });
}

function replaceAccesses(
  body: readonly Statement[],
  region: MemoryRegion,
  promoted: ReadonlyMap<string, Promoted>,
  termsKey: TermsKey,
): readonly Statement[] {
  const localOf = (address: Address, type: ValueType): Local | null =>
    address.region === region ? (promoted.get(keyOf(address, type, termsKey))?.local ?? null) : null;
  const onValue = (v: Value): Value => {
    const local = v.kind === 'Load' ? localOf(v.address, v.type) : null;
    return local === null ? mapValueChildren(v, onValue) : localValue(local);
  };
  const onBody = (inner: readonly Statement[]): readonly Statement[] =>
    inner.map((s) => {
      const mapped = mapStatement(s, onValue, onBody);
      if (mapped.kind !== 'Store') return mapped;
      const local = localOf(mapped.address, mapped.value.type);
      return local === null ? mapped : { kind: 'Assign', local, value: mapped.value };
    });
  return onBody(body);
}
