/**
 * @file Puts a value back where its local is used only once, by the statement that the local was made for: nothing but
 * other such locals stands in between, so nothing can change what the value reads.
 */
import type { Local, Statement, Value } from './loop-ir.js';
import { mapStatement, mapValueChildren, walkStatements } from './loop-ir-visit.js';

/** @param candidates locals that are assigned once; only these are removed */
export function inlineSingleUses(
  body: readonly Statement[],
  candidates: ReadonlySet<Local>,
): readonly Statement[] {
  const uses = new Map<Local, number>();
  walkStatements(body, {
    value: (v) => {
      if (v.kind === 'LocalValue') uses.set(v.local, (uses.get(v.local) ?? 0) + 1);
    },
  });
  return inlineIn(body, (local) => (candidates.has(local) ? (uses.get(local) ?? 0) : null));
}

/** @param usesOf uses of a candidate; `null` for other locals */
function inlineIn(body: readonly Statement[], usesOf: (local: Local) => number | null): readonly Statement[] {
  const held = new Map<Local, Value>();
  const out: Statement[] = [];
  const onValue = (v: Value): Value => {
    const value = v.kind === 'LocalValue' ? held.get(v.local) : undefined;
    if (value === undefined || v.kind !== 'LocalValue') return mapValueChildren(v, onValue);
    held.delete(v.local);
    return mapValueChildren(value, onValue);
  };
  for (const s of body) {
    const uses = s.kind === 'Assign' ? usesOf(s.local) : null;
    if (s.kind === 'Assign' && uses !== null) {
      const value = onValue(s.value);
      if (uses === 1) held.set(s.local, value);
      else if (uses > 1) out.push(value === s.value ? s : { ...s, value });
      continue;
    }
    const mapped = mapStatement(s, onValue, (inner) => inner);
    // What this statement did not take is used further on: it must be computed here.
    for (const [local, value] of held) out.push({ kind: 'Assign', local, value });
    held.clear();
    out.push(
      mapStatement(
        mapped,
        (v) => v,
        (inner) => inlineIn(inner, usesOf),
      ),
    );
  }
  return out;
}
