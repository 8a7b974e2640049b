/**
 * @file Pass `dead-stores`: removes stores that are overwritten before anything reads them, and stores to temporaries
 * that nothing reads at all.
 */
import { createTermsKey, type TermsKey } from './accesses.js';
import type { Kernel, MemoryRegion, Statement, StoreStatement } from './loop-ir.js';
import { effectsOf, mapStatement } from './loop-ir-visit.js';

export function removeDeadStores(kernel: Kernel): Kernel {
  const body = removeOverwritten(kernel.body, createTermsKey());
  const { loadedRegions } = effectsOf(body);
  const isRead = (region: MemoryRegion): boolean =>
    region.place.kind === 'param' || loadedRegions.has(region);
  return { ...kernel, body: removeUnread(body, isRead) };
}

/** Walks backwards, with the addresses that are certain to be overwritten before they are read. */
function removeOverwritten(body: readonly Statement[], termsKey: TermsKey): readonly Statement[] {
  const overwritten = new Map<MemoryRegion, Set<string>>();
  const out: Statement[] = [];
  for (const s of body.toReversed()) {
    if (s.kind === 'Store') {
      const key = storeKey(s, termsKey);
      const keys = overwritten.get(s.address.region) ?? new Set<string>();
      if (key !== null && keys.has(key)) continue;
      if (key !== null) overwritten.set(s.address.region, keys.add(key));
    }
    for (const region of effectsOf([s]).loadedRegions) overwritten.delete(region);
    // A key names an address only as long as its locals keep their values; only int32 locals are in addresses.
    if (s.kind === 'Assign' && s.local.type.dtype === 'int32') overwritten.clear();
    out.push(
      mapStatement(
        s,
        (v) => v,
        (inner) => removeOverwritten(inner, termsKey),
      ),
    );
  }
  return out.toReversed();
}

function storeKey({ address, value }: StoreStatement, termsKey: TermsKey): string | null {
  const terms = termsKey(address);
  return terms === null ? null : `${terms}@${address.offset}:${value.type.dtype}x${value.type.lanes}`;
}

function removeUnread(
  body: readonly Statement[],
  isRead: (region: MemoryRegion) => boolean,
): readonly Statement[] {
  return body.flatMap((s) => {
    if (s.kind === 'Store' && !isRead(s.address.region)) return [];
    return [
      mapStatement(
        s,
        (v) => v,
        (inner) => removeUnread(inner, isRead),
      ),
    ];
  });
}
