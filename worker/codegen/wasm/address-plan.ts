/**
 * @file Strength reduction: which pointers a kernel keeps in locals instead of computing addresses.
 *
 * Addresses that differ only in their constant part share a pointer; the difference goes into the immediate of the
 * load or store. A pointer belongs to the innermost term of its addresses: it is set, from the pointer for the outer
 * terms, before the loop of that term begins (or after the term's local is assigned) and moved at the end of each
 * iteration. The pointers of a base address form a tree, `p(i)` above `p(i, k)`.
 *
 * Immediates are not negative, and the address of an access is computed without wrapping around at 2^32. A pointer
 * with an immediate is therefore right only if the pointer itself is never negative. Terms with a negative factor
 * make pointers start that much higher (`shift`); where that is not possible the pointer is `unsafe`.
 */
import { at, lookup } from '../../../shared/support/errors.js';
import { walkStatements } from '../../lower/loop-ir-visit.js';
import type { Address, AddressTerm, Kernel, Local, MemoryRegion, Statement } from '../../lower/loop-ir.js';
import { rangeOf, type ValueRange } from './value-range.js';

/** One pointer: `base + sum(terms) + shift`. */
export interface Pointer {
  readonly parent: Pointer | null;
  /** Index of the function's parameter with the base address. */
  readonly base: number;
  /** The innermost term; `null` for the base itself. */
  readonly term: AddressTerm | null;
  /** Constant that keeps the pointer from being negative. */
  readonly shift: number;
  /** Whether the pointer is certainly not negative, so that immediates can be added to it. */
  readonly isSafe: boolean;
}

export interface AddressPlan {
  readonly pointerOf: (address: Address) => Pointer;
  /** Pointers that are set when this local is: outer before inner. */
  readonly pointersOf: (local: Local) => readonly Pointer[];
  /** Whether the value of a loop's index is needed. */
  readonly isIndexUsed: (index: Local) => boolean;
  /** Bounds of loop indices and of locals that are assigned once. */
  readonly ranges: ReadonlyMap<Local, ValueRange>;
}

/** Byte offset of a region from its base address. */
export function regionOffset({ place }: MemoryRegion): number {
  return place.kind === 'workspace' ? place.offset : 0;
}

/** Pointers with the same base and outer terms, by their next term. */
interface Node {
  readonly pointer: Pointer;
  readonly children: Map<Local, Map<number, Node>>;
}

/** What is known of locals, found in program order. */
interface Definitions {
  /** Position in the program; outer and earlier ones come first. */
  readonly order: Map<Local, number>;
  readonly ranges: Map<Local, ValueRange>;
}

/** Plans a kernel in time linear in its size. */
export function planAddresses(kernel: Kernel): AddressPlan {
  const definitions = findDefinitions(kernel.body);
  const roots = new Map<number, Node>();
  const owned = new Map<Local, Pointer[]>();
  const pointers = new Map<Address, Pointer>();
  const usedLocals = new Set<Local>();
  const workspaceParam = kernel.regions.filter((region) => region.place.kind === 'param').length;

  function pointersOf(local: Local): Pointer[] {
    const known = owned.get(local) ?? [];
    owned.set(local, known);
    return known;
  }

  function visit(address: Address): void {
    const { place } = address.region;
    const base = place.kind === 'param' ? place.index : workspaceParam;
    let node = roots.get(base) ?? rootNode(base);
    roots.set(base, node);
    for (const { local, bytes } of inProgramOrder(address, definitions)) {
      const siblings = node.children.get(local) ?? new Map<number, Node>();
      node.children.set(local, siblings);
      let child = siblings.get(bytes);
      if (child === undefined) {
        child = childNode(node.pointer, { local, bytes }, definitions.ranges.get(local));
        siblings.set(bytes, child);
        pointersOf(local).push(child.pointer);
      }
      node = child;
    }
    pointers.set(address, node.pointer);
  }

  walkStatements(kernel.body, {
    statement: (s) => {
      if (s.kind === 'Store') visit(s.address);
    },
    value: (v) => {
      if (v.kind === 'Load') visit(v.address);
      if (v.kind === 'LocalValue') usedLocals.add(v.local);
    },
  });
  return {
    pointerOf: (address) => lookup(pointers, address, 'the pointer of an address'),
    pointersOf: (local) => owned.get(local) ?? [],
    isIndexUsed: (index) => usedLocals.has(index),
    ranges: definitions.ranges,
  };
}

/** The terms by the places where their locals get their values, outer ones first. */
function inProgramOrder({ terms }: Address, { order }: Definitions): readonly AddressTerm[] {
  const position = (term: AddressTerm): number => lookup(order, term.local, 'the definition of a term');
  for (let n = 1; n < terms.length; n++) {
    if (position(at(terms, n - 1)) > position(at(terms, n))) {
      return terms.toSorted((a, b) => position(a) - position(b));
    }
  }
  return terms;
}

function rootNode(base: number): Node {
  return { pointer: { parent: null, base, term: null, shift: 0, isSafe: true }, children: new Map() };
}

function childNode(parent: Pointer, term: AddressTerm, range: ValueRange | undefined): Node {
  const lowest = range === undefined ? -Infinity : Math.min(term.bytes * range.min, term.bytes * range.max);
  const isSafe = parent.isSafe && lowest > -(2 ** 31);
  const shift = parent.shift + (isSafe ? Math.max(0, -lowest) : 0);
  return { pointer: { parent, base: parent.base, term, shift, isSafe }, children: new Map() };
}

function findDefinitions(body: readonly Statement[]): Definitions {
  const order = new Map<Local, number>();
  const changing = new Set<Local>();
  walkStatements(body, {
    statement: (s) => {
      const local = s.kind === 'Loop' ? s.index : s.kind === 'Assign' ? s.local : null;
      if (local === null) return;
      if (order.has(local)) changing.add(local);
      else order.set(local, order.size);
    },
  });
  const ranges = new Map<Local, ValueRange>();
  walkStatements(body, {
    statement: (s) => {
      if (s.kind === 'Loop') {
        // Copies of a loop may share an index.
        const max = Math.max(ranges.get(s.index)?.max ?? 0, rangeOf(s.extent, ranges).max - 1);
        ranges.set(s.index, { min: 0, max });
      } else if (s.kind === 'Assign' && isInt32(s.local) && !changing.has(s.local)) {
        ranges.set(s.local, rangeOf(s.value, ranges));
      }
    },
  });
  return { order, ranges };
}

function isInt32({ type }: Local): boolean {
  return type.dtype === 'int32' && type.lanes === 1;
}
