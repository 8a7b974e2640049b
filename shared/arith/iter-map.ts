/**
 * @file Quasi-affine iterator maps: whether the iterators of a block are an independent rearrangement of its loops.
 *
 * Every loop is a digit string in mixed radix; splitting cuts it, fusing joins strings. An iterator value qualifies when
 * it is such a string again: a sum of pieces `(source // lower) % extent * scale` whose scales are the products of the
 * extents below them. All values together qualify when no digit of any loop occurs twice.
 */
import { constInt } from '../ir/build.js';
import type { Expr, Var } from '../ir/expr.js';
import type { For } from '../ir/stmt.js';

/** What pieces are cut from: a loop's variable, or a string that was fused before it was cut. */
interface Source {
  readonly key: string;
  readonly extent: number;
  /** The loops it is made of. */
  readonly loops: ReadonlySet<Var>;
}

/** `(source // lower) % extent`, times `scale`. */
interface Piece {
  readonly source: Source;
  readonly lower: number;
  readonly extent: number;
  readonly scale: number;
}

interface Sum {
  readonly pieces: readonly Piece[];
  readonly base: number;
}

/**
 * Whether `values` are an independent quasi-affine map of the loops.
 * Tiles that overhang the domain are as good as exact ones: a predicate cuts them off.
 *
 * @param loops around the block in its scope, outermost first
 */
export function isAffineBinding(values: readonly Expr[], loops: readonly For[]): boolean {
  return piecesOf(values, loops) !== null;
}

/**
 * Whether no two iterations of the loops from `from` on give the same values while those before stand still.
 * Where that is not certain the answer is no.
 *
 * @param loops around the block in its scope, outermost first
 */
export function isOneToOne(values: readonly Expr[], loops: readonly For[], from: number): boolean {
  const pieces = piecesOf(values, loops);
  if (pieces === null) return false;
  const inner = new Set(loops.slice(from).map((loop) => loop.loopVar));
  const cut = pieces.filter(({ source }) => [...source.loops].some((v) => inner.has(v)));
  const used = new Set(cut.flatMap(({ source }) => [...source.loops]));
  const concerned = loops.filter(({ loopVar }) => used.has(loopVar) || inner.has(loopVar));
  // A loop of unknown length must be a digit of its own; the product of the others tells whether one is missing.
  const [whole, digits] = [cut.filter(isUnbounded), cut.filter((p) => !isUnbounded(p))];
  const unknown = concerned.filter(({ extent }) => constInt(extent) === null);
  const expected = concerned.reduce((product, { extent }) => product * (constInt(extent) ?? 1), 1);
  return (
    digits.reduce((product, { extent }) => product * extent, 1) === expected &&
    unknown.every(({ loopVar }) => whole.some((p) => p.lower === 1 && p.source.loops.has(loopVar))) &&
    whole.every(({ source }) => source.loops.size === 1)
  );
}

function isUnbounded({ extent }: Piece): boolean {
  return !Number.isFinite(extent);
}

/** The digits that the values are made of, `null` when the values do not qualify. */
function piecesOf(values: readonly Expr[], loops: readonly For[]): Piece[] | null {
  const sources = new Map<Var, Source>();
  loops.forEach((loop, i) => {
    const extent = constInt(loop.extent) ?? Infinity;
    sources.set(loop.loopVar, { key: `l${i}`, extent, loops: new Set([loop.loopVar]) });
  });
  const pieces: Piece[] = [];
  for (const value of values) {
    const sum = parse(value, sources);
    if (sum === null || fuse(sum.pieces) === null) return null;
    pieces.push(...sum.pieces);
  }
  return areIndependent(pieces) ? pieces : null;
}

function parse(e: Expr, sources: ReadonlyMap<Var, Source>): Sum | null {
  switch (e.kind) {
    case 'IntImm':
      return { pieces: [], base: e.value };
    case 'Var': {
      const source = sources.get(e);
      // A variable of an enclosing scope is the same for all instances.
      if (source === undefined || source.extent === 1) return { pieces: [], base: 0 };
      return { pieces: [{ source, lower: 1, extent: source.extent, scale: 1 }], base: 0 };
    }
    case 'Cast':
      return parse(e.value, sources);
    case 'Binary':
      break;
    default:
      return null;
  }
  const a = parse(e.a, sources);
  const b = parse(e.b, sources);
  if (a === null || b === null) return null;
  const factor = b.pieces.length === 0 ? b.base : null;
  switch (e.op) {
    case 'add':
      return { pieces: [...a.pieces, ...b.pieces], base: a.base + b.base };
    case 'sub':
      return factor === null ? null : { pieces: a.pieces, base: a.base - factor };
    case 'mul':
      if (factor !== null) return scaled(a, factor);
      return a.pieces.length === 0 ? scaled(b, a.base) : null;
    case 'floordiv':
      return factor === null || factor <= 0 ? null : divided(a, factor);
    case 'floormod':
      return factor === null || factor <= 0 ? null : remainder(a, factor);
    default:
      return null;
  }
}

function scaled(a: Sum, factor: number): Sum {
  if (factor === 0) return { pieces: [], base: 0 };
  return { pieces: a.pieces.map((p) => ({ ...p, scale: p.scale * factor })), base: a.base * factor };
}

/** The pieces as one string with scale 1, cut from one source; `null` when they do not join (`6*i + i` does not). */
function fuse(pieces: readonly Piece[]): Piece | null {
  const sorted = pieces.toSorted((a, b) => a.scale - b.scale);
  let expected = 1;
  for (const piece of sorted) {
    if (piece.scale !== expected) return null;
    expected *= piece.extent;
  }
  if (!areIndependent(sorted)) return null;
  const [only] = sorted;
  // No pieces at all are the empty string.
  if (sorted.length === 1 && only !== undefined) return only;
  const key = sorted.map((p) => `${p.source.key}/${p.lower}%${p.extent}`).join('+');
  const loops = new Set(sorted.flatMap((p) => [...p.source.loops]));
  return { source: { key: `(${key})`, extent: expected, loops }, lower: 1, extent: expected, scale: 1 };
}

function divided(a: Sum, divisor: number): Sum | null {
  if (a.pieces.every((p) => p.scale % divisor === 0) && a.base % divisor === 0) {
    return { pieces: a.pieces.map((p) => ({ ...p, scale: p.scale / divisor })), base: a.base / divisor };
  }
  const piece = a.base === 0 ? fuse(a.pieces) : null;
  if (piece === null) return null;
  if (piece.extent <= divisor) return { pieces: [], base: 0 };
  if (piece.extent % divisor !== 0 && Number.isFinite(piece.extent)) return null;
  return { pieces: [{ ...piece, lower: piece.lower * divisor, extent: piece.extent / divisor }], base: 0 };
}

function remainder(a: Sum, divisor: number): Sum | null {
  const kept = a.pieces.filter((p) => p.scale % divisor !== 0);
  const piece = a.base % divisor === 0 ? fuse(kept) : null;
  if (piece === null) return kept.length === 0 ? { pieces: [], base: a.base % divisor } : null;
  if (piece.extent <= divisor) return { pieces: [piece], base: 0 };
  if (piece.extent % divisor !== 0 && Number.isFinite(piece.extent)) return null;
  return { pieces: [{ ...piece, extent: divisor }], base: 0 };
}

/**
 * Whether no digit occurs twice: pieces of one source are digits of one radix (`i % 2` and `i // 3` are not), and
 * different sources share no loop.
 */
function areIndependent(pieces: readonly Piece[]): boolean {
  const bySource = new Map<string, Piece[]>();
  const ownerOf = new Map<Var, string>();
  for (const piece of pieces) {
    const { key, loops } = piece.source;
    bySource.set(key, [...(bySource.get(key) ?? []), piece]);
    for (const loop of loops) {
      const owner = ownerOf.get(loop) ?? key;
      if (owner !== key) return false;
      ownerOf.set(loop, key);
    }
  }
  return [...bySource.values()].every((cut) => {
    const sorted = cut.toSorted((a, b) => a.lower - b.lower);
    return sorted.every((piece, i) => {
      const next = sorted[i + 1];
      return next === undefined || next.lower % (piece.lower * piece.extent) === 0;
    });
  });
}
