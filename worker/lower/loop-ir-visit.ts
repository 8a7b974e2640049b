/** @file Traversals of Loop IR, on the terms of shared/ir/visit.ts: maps return the same object when nothing changed. */
import { mapSame } from '../../shared/ir/visit.js';
import type { Address, Local, MemoryRegion, Statement, Value } from './loop-ir.js';

type OnValue = (v: Value) => Value;

function mapAddress(address: Address, f: OnValue): Address {
  if (address.dynamic === null) return address;
  const dynamic = f(address.dynamic);
  return dynamic === address.dynamic ? address : { ...address, dynamic };
}

/** Applies `f` to the direct operands of `v`, including the dynamic part of a load's address. */
export function mapValueChildren(v: Value, f: OnValue): Value {
  switch (v.kind) {
    case 'Const':
    case 'LocalValue':
      return v;
    case 'Load': {
      const address = mapAddress(v.address, f);
      return address === v.address ? v : { ...v, address };
    }
    case 'Splat':
    case 'Cast': {
      const value = f(v.value);
      return value === v.value ? v : { ...v, value };
    }
    case 'Lanes': {
      const values = mapSame(v.values, f);
      return values === v.values ? v : { ...v, values };
    }
    case 'Unary': {
      const a = f(v.a);
      return a === v.a ? v : { ...v, a };
    }
    case 'Binary':
    case 'Compare':
    case 'Logical': {
      const [a, b] = [f(v.a), f(v.b)];
      return a === v.a && b === v.b ? v : { ...v, a, b };
    }
    case 'Select':
    case 'IfValue': {
      const [condition, whenTrue, whenFalse] = [f(v.condition), f(v.whenTrue), f(v.whenFalse)];
      const same = condition === v.condition && whenTrue === v.whenTrue && whenFalse === v.whenFalse;
      return same ? v : { ...v, condition, whenTrue, whenFalse };
    }
    case 'Call': {
      const args = mapSame(v.args, f);
      return args === v.args ? v : { ...v, args };
    }
  }
}

/** Applies `onValue` to the values that stand directly in `s`, and `onBody` to its nested statement lists. */
export function mapStatement(
  s: Statement,
  onValue: OnValue,
  onBody: (body: readonly Statement[]) => readonly Statement[],
): Statement {
  switch (s.kind) {
    case 'Assign': {
      const value = onValue(s.value);
      return value === s.value ? s : { ...s, value };
    }
    case 'Store': {
      const address = mapAddress(s.address, onValue);
      const value = onValue(s.value);
      return address === s.address && value === s.value ? s : { ...s, address, value };
    }
    case 'Loop': {
      const extent = onValue(s.extent);
      const body = onBody(s.body);
      return extent === s.extent && body === s.body ? s : { ...s, extent, body };
    }
    case 'IfStatement': {
      const condition = onValue(s.condition);
      const then = onBody(s.then);
      const otherwise = onBody(s.else);
      const same = condition === s.condition && then === s.then && otherwise === s.else;
      return same ? s : { ...s, condition, then, else: otherwise };
    }
  }
}

export interface StatementWalker {
  /** Called for every statement, outer before inner. */
  readonly statement?: (s: Statement) => void;
  /** Called for every value, outer before inner. */
  readonly value?: (v: Value) => void;
}

export function walkStatements(body: readonly Statement[], walker: StatementWalker): void {
  const onValue = (v: Value): Value => {
    walker.value?.(v);
    return mapValueChildren(v, onValue);
  };
  for (const s of body) {
    walker.statement?.(s);
    mapStatement(s, walker.value === undefined ? (v) => v : onValue, (inner) => {
      walkStatements(inner, walker);
      return inner;
    });
  }
}

/** What a list of statements does to memory and locals. */
export interface Effects {
  readonly storedRegions: ReadonlySet<MemoryRegion>;
  readonly loadedRegions: ReadonlySet<MemoryRegion>;
  /** Locals that are assigned, and indices of the loops among the statements. */
  readonly changedLocals: ReadonlySet<Local>;
}

export function effectsOf(body: readonly Statement[]): Effects {
  const storedRegions = new Set<MemoryRegion>();
  const loadedRegions = new Set<MemoryRegion>();
  const changedLocals = new Set<Local>();
  walkStatements(body, {
    statement: (s) => {
      if (s.kind === 'Store') storedRegions.add(s.address.region);
      if (s.kind === 'Assign') changedLocals.add(s.local);
      if (s.kind === 'Loop') changedLocals.add(s.index);
    },
    value: (v) => {
      if (v.kind === 'Load') loadedRegions.add(v.address.region);
    },
  });
  return { storedRegions, loadedRegions, changedLocals };
}
