/**
 * @file Pass `reuse-loads`: within straight-line code every element is loaded once, and what was just stored is not
 * loaded at all. Engines do not do this for Wasm memory; unrolled tiles would load each operand many times.
 *
 * What is known about memory flows into loops (less what the loop overwrites), and is forgotten where a store may
 * overlap it. Parameters and temporaries never overlap one another.
 */
import { invariant } from '../../shared/support/errors.js';
import { bytesOfType, createTermsKey, loadOf, survivesMemory, type TermsKey } from './accesses.js';
import { localValue } from './affine.js';
import { inlineSingleUses } from './inline-single-uses.js';
import type {
  Address,
  Kernel,
  Local,
  LoadValue,
  MemoryRegion,
  Statement,
  StoreStatement,
  Value,
  ValueType,
} from './loop-ir.js';
import { effectsOf, mapStatement, mapValueChildren, walkStatements, type Effects } from './loop-ir-visit.js';

/** A statement, or what has come to stand in its place. */
interface Cell {
  statements: readonly Statement[];
}

/** What memory is known to hold at an address. */
interface Known {
  readonly address: Address;
  readonly terms: string;
  readonly type: ValueType;
  /** `null` while the value is only in the store at `cell`. */
  value: Value | null;
  readonly cell: Cell | null;
}

type Memory = Map<MemoryRegion, Map<string, Known>>;

interface Context {
  readonly termsKey: TermsKey;
  /** Locals assigned once, at one place: their value does not change after. */
  readonly stable: ReadonlySet<Local>;
  /** The locals this pass has made. */
  readonly made: Set<Local>;
}

export function reuseLoads(kernel: Kernel): Kernel {
  const made = new Set<Local>();
  const context: Context = { termsKey: createTermsKey(), stable: stableLocals(kernel.body), made };
  return { ...kernel, body: inlineSingleUses(reuseIn(kernel.body, new Map(), context), made) };
}

function stableLocals(body: readonly Statement[]): Set<Local> {
  const counts = new Map<Local, number>();
  walkStatements(body, {
    statement: (s) => {
      if (s.kind === 'Assign') counts.set(s.local, (counts.get(s.local) ?? 0) + 1);
    },
  });
  return new Set([...counts].filter(([, count]) => count === 1).map(([local]) => local));
}

function reuseIn(body: readonly Statement[], memory: Memory, context: Context): readonly Statement[] {
  const cells: Cell[] = [];
  for (const s of body) {
    const prefix: Statement[] = [];
    const mapped = mapStatement(
      s,
      (v) => reuseValue(v, { memory, context, prefix }),
      (inner) => inner, // nested lists follow below, when their effects are known
    );
    for (const statement of prefix) cells.push({ statements: [statement] });
    const cell: Cell = { statements: [mapped] };
    cells.push(cell);
    cell.statements = [reuseNested(mapped, memory, context)];
    if (mapped.kind === 'Store') recordStore(mapped, cell, memory, context);
    if (mapped.kind === 'Assign') forgetLocals(memory, new Set([mapped.local]));
  }
  return cells.flatMap((cell) => cell.statements);
}

function reuseNested(s: Statement, memory: Memory, context: Context): Statement {
  if (s.kind === 'Loop') {
    const effects = effectsOf(s.body);
    const known = { ...effects, changedLocals: new Set([...effects.changedLocals, s.index]) };
    forget(memory, known);
    return { ...s, body: reuseIn(s.body, copy(memory), context) };
  }
  if (s.kind === 'IfStatement') {
    const then = reuseIn(s.then, copy(memory), context);
    const otherwise = reuseIn(s.else, copy(memory), context);
    forget(memory, effectsOf([...s.then, ...s.else]));
    return { ...s, then, else: otherwise };
  }
  return s;
}

function copy(memory: Memory): Memory {
  return new Map([...memory].map(([region, known]) => [region, new Map(known)]));
}

function forget(memory: Memory, { storedRegions, changedLocals }: Effects): void {
  for (const region of storedRegions) memory.delete(region);
  forgetLocals(memory, changedLocals);
}

/** Drops what is addressed by, or held in, locals that change. */
function forgetLocals(memory: Memory, changed: ReadonlySet<Local>): void {
  for (const known of memory.values()) {
    for (const [key, entry] of known) {
      const isHeld = entry.value?.kind === 'LocalValue' && changed.has(entry.value.local);
      if (isHeld || entry.address.terms.some((term) => changed.has(term.local))) known.delete(key);
    }
  }
}

interface Use {
  readonly memory: Memory;
  readonly context: Context;
  /** Receives the loads that are made before the statement; `null` where a load might be out of bounds. */
  readonly prefix: Statement[] | null;
}

function reuseValue(v: Value, use: Use): Value {
  const load = loadOf(v);
  if (load !== null && survivesMemory(load.type)) {
    const terms = use.context.termsKey(load.address);
    if (terms !== null) return reuseLoad(v, load, terms, use);
  }
  if (v.kind === 'IfValue') {
    const lazily: Use = { ...use, prefix: null };
    const condition = reuseValue(v.condition, use);
    const [whenTrue, whenFalse] = [reuseValue(v.whenTrue, lazily), reuseValue(v.whenFalse, lazily)];
    return { ...v, condition, whenTrue, whenFalse };
  }
  return mapValueChildren(v, (child) => reuseValue(child, use));
}

function keyOf(terms: string, address: Address, type: ValueType, isSplat: boolean): string {
  return `${terms}@${address.offset}:${type.dtype}x${type.lanes}${isSplat ? 's' : ''}`;
}

function knownIn(memory: Memory, region: MemoryRegion): Map<string, Known> {
  const known = memory.get(region) ?? new Map<string, Known>();
  memory.set(region, known);
  return known;
}

function reuseLoad(v: Value, load: LoadValue, terms: string, { memory, context, prefix }: Use): Value {
  const { address } = load;
  const known = knownIn(memory, address.region);
  const key = keyOf(terms, address, v.type, v !== load);
  const hit = known.get(key);
  if (hit !== undefined) return valueOf(hit, context);
  const scalar = v === load ? undefined : known.get(keyOf(terms, address, load.type, false));
  if (scalar !== undefined && v.kind === 'Splat') return { ...v, value: valueOf(scalar, context) };
  if (prefix === null) return v;
  const local = makeLocal(address.region.name, v.type, context);
  prefix.push({ kind: 'Assign', local, value: v });
  known.set(key, { address, terms, type: v.type, value: localValue(local), cell: null });
  return localValue(local);
}

function makeLocal(name: string, type: ValueType, { made }: Context): Local {
  const local: Local = { kind: 'Local', name, type };
  made.add(local);
  return local;
}

/** The value an entry stands for; a stored value is put into a local when it is first asked for. */
function valueOf(known: Known, context: Context): Value {
  if (known.value !== null) return known.value;
  const { cell } = known;
  const store = cell?.statements.at(-1);
  invariant(cell !== null && store?.kind === 'Store', 'a stored value has lost its store');
  const local = makeLocal(known.address.region.name, known.type, context);
  const value = localValue(local);
  cell.statements = [
    ...cell.statements.slice(0, -1),
    { kind: 'Assign', local, value: store.value },
    { ...store, value },
  ];
  known.value = value;
  return value;
}

function recordStore(s: StoreStatement, cell: Cell, memory: Memory, context: Context): void {
  const { address, value } = s;
  const terms = context.termsKey(address);
  const known = knownIn(memory, address.region);
  const [from, to] = [address.offset, address.offset + bytesOfType(value.type)];
  for (const [key, entry] of known) {
    const start = entry.address.offset;
    const bytes = bytesOfType(entry.type);
    const isApart = entry.terms === terms && (start + bytes <= from || to <= start);
    if (!isApart) known.delete(key);
  }
  if (terms === null || !survivesMemory(value.type)) return;
  const key = keyOf(terms, address, value.type, false);
  known.set(key, { address, terms, type: value.type, value: isStable(value, context) ? value : null, cell });
}

/** Whether a value can stand at a later place: constants, and locals that keep their value. */
function isStable(v: Value, context: Context): boolean {
  switch (v.kind) {
    case 'Const':
      return true;
    case 'Splat':
      return isStable(v.value, context);
    case 'LocalValue':
      return context.stable.has(v.local) || context.made.has(v.local);
    default:
      return false;
  }
}
