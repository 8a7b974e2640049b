/**
 * @file Primitives that draw at random. They leave the program alone; what was drawn is recorded as a decision, and a
 * replay takes it again.
 */
import type { Var } from '../../ir/expr.js';
import { constInt } from '../../ir/build.js';
import { at } from '../../support/errors.js';
import type { Rng } from '../../support/rng.js';
import { check, type Site } from '../errors.js';
import { exprValue, loopValue, type InstructionTable, type Location } from '../instruction.js';
import { innerBlockEntry, loopEntry, type ScheduleState } from '../state.js';
import { collectComputeLocations } from './compute-location.js';

/** No split needs more levels; it bounds the work that a hostile trace can ask for. */
const MAX_TILES = 64;

/** A loop whose extent is not a constant is not tiled: its first factor is to be inferred. */
const INFERRED = -1;

/** Ascending prime factors with their exponents. */
function factorize(n: number): { prime: number; exponent: number }[] {
  const factors: { prime: number; exponent: number }[] = [];
  let rest = n;
  for (let prime = 2; prime * prime <= rest; prime++) {
    let exponent = 0;
    for (; rest % prime === 0; rest /= prime) exponent++;
    if (exponent > 0) factors.push({ prime, exponent });
  }
  if (rest > 1) factors.push({ prime: rest, exponent: 1 });
  return factors;
}

/** `parts` non-negative integers with the given sum, every such list being equally likely (stars and bars). */
function drawComposition(total: number, parts: number, rng: Rng): number[] {
  const composition: number[] = [];
  let bars = parts - 1;
  let stars = 0;
  for (let places = total + parts - 1; places > 0; places--) {
    if (rng.nextInt(places) < bars) {
      composition.push(stars);
      stars = 0;
      bars--;
    } else {
      stars++;
    }
  }
  composition.push(stars);
  return composition;
}

/**
 * `n` factors whose product is `extent`: each prime's exponent is distributed uniformly over its compositions,
 * independently of the others; the whole is redrawn until the last factor is small enough.
 *
 * @param maxInnermost at least 1
 */
export function drawPerfectTile(extent: number, n: number, maxInnermost: number, rng: Rng): number[] {
  const factors = factorize(extent);
  for (;;) {
    const tile = Array.from({ length: n }, () => 1);
    for (const { prime, exponent } of factors) {
      drawComposition(exponent, n, rng).forEach((power, i) => {
        tile[i] = at(tile, i) * prime ** power;
      });
    }
    if (at(tile, n - 1) <= maxInnermost) return tile;
  }
}

/**
 * Makes a tile that was decided for another extent fit this one, from the innermost factor out: a factor that does
 * not divide what is left becomes all of it, and the first is what remains.
 */
export function repairTile(extent: number, decided: readonly number[]): number[] {
  const tile = [...decided];
  let rest = extent;
  for (let i = tile.length - 1; i > 0; i--) {
    const factor = at(tile, i);
    tile[i] = rest % factor === 0 ? factor : rest;
    rest /= at(tile, i);
  }
  tile[0] = rest;
  return tile;
}

interface TileRequest {
  readonly n: number;
  /** Largest allowed last factor; -1 for no limit. */
  readonly maxInnermostFactor: number;
}

function samplePerfectTile(
  state: ScheduleState,
  loopVar: Var,
  { n, maxInnermostFactor }: TileRequest,
  choice: { decision: readonly number[] | null; rng: Rng },
): number[] {
  const site: Site = { primitive: 'sample_perfect_tile', locations: [loopVar.name] };
  const extent = constInt(loopEntry(state, loopVar, site.primitive).node.extent);
  check(Number.isInteger(n) && n >= 2 && n <= MAX_TILES, 'BAD_ARGUMENT', site, () => {
    return `n is ${n}, not an integer between 2 and ${MAX_TILES}`;
  });
  const limited = Number.isInteger(maxInnermostFactor) && maxInnermostFactor >= 1;
  check(limited || maxInnermostFactor === -1, 'BAD_ARGUMENT', site, () => {
    return `max_innermost_factor is ${maxInnermostFactor}, neither positive nor -1`;
  });
  if (extent === null) return Array.from({ length: n }, (_, i) => (i === 0 ? INFERRED : 1));
  const { decision, rng } = choice;
  if (decision === null) return drawPerfectTile(extent, n, limited ? maxInnermostFactor : Infinity, rng);
  const usable = decision.length === n && decision.slice(1).every((f) => Number.isSafeInteger(f) && f >= 1);
  check(usable, 'BAD_DECISION', site, () => `[${decision.join(', ')}] is no list of ${n} factors`);
  return repairTile(extent, decision);
}

/** An index into `probs`, drawn by them; they need not add up to 1. */
export function drawCategorical(probs: readonly number[], rng: Rng): number {
  const total = probs.reduce((sum, p) => sum + p, 0);
  let rest = rng.nextFloat() * total;
  const index = probs.findIndex((p) => {
    rest -= p;
    return rest < 0;
  });
  // Rounding may leave a rest that no probability takes: it belongs to the last that is possible at all.
  return index >= 0 ? index : probs.findLastIndex((p) => p > 0);
}

function sampleCategorical(
  candidates: readonly number[],
  probs: readonly number[],
  choice: { decision: number | null; rng: Rng },
): number {
  const site: Site = { primitive: 'sample_categorical', locations: [] };
  check(candidates.length > 0 && candidates.length === probs.length, 'BAD_ARGUMENT', site, () => {
    return `${candidates.length} candidates cannot have ${probs.length} probabilities`;
  });
  const sensible = probs.every((p) => p >= 0 && Number.isFinite(p)) && probs.some((p) => p > 0);
  check(sensible, 'BAD_ARGUMENT', site, () => `[${probs.join(', ')}] are no probabilities`);
  const { decision, rng } = choice;
  if (decision === null) return drawCategorical(probs, rng);
  const exists = Number.isInteger(decision) && decision >= 0 && decision < candidates.length;
  check(exists, 'BAD_DECISION', site, () => `${decision} is no index of ${candidates.length} candidates`);
  return decision;
}

/** Decisions about places that are no loop. */
const ROOT_INDEX = -1;

/**
 * One of the places where `block` may be computed, all equally likely. A decision for a place that does not exist
 * (any more) falls back to the nearest one before it.
 */
function sampleComputeLocation(
  state: ScheduleState,
  block: string,
  choice: { decision: number | null; rng: Rng },
): { index: number; location: Location } {
  const entry = innerBlockEntry(state, block, 'sample_compute_location');
  const candidates = collectComputeLocations(state, entry.block.name);
  const { decision, rng } = choice;
  if (decision === null) return at(candidates, rng.nextInt(candidates.length));
  const before = candidates.findLast((candidate) => candidate.index <= decision);
  return before ?? { index: ROOT_INDEX, location: 'root' };
}

export const SAMPLING_SPECS = {
  SamplePerfectTile: {
    isPure: true,
    apply: ({ state, decision, rng }, { loop, n, maxInnermostFactor }) => {
      const tile = samplePerfectTile(state, loop, { n, maxInnermostFactor }, { decision, rng });
      const outputs = tile.map((factor) => exprValue(factor === INFERRED ? null : factor));
      return { state, outputs, decision: tile };
    },
  },
  SampleCategorical: {
    isPure: true,
    apply: ({ state, decision, rng }, { candidates, probs }) => {
      const index = sampleCategorical(candidates, probs, { decision, rng });
      return { state, outputs: [exprValue(at(candidates, index))], decision: index };
    },
  },
  SampleComputeLocation: {
    isPure: true,
    apply: ({ state, decision, rng }, { block }) => {
      const { index, location } = sampleComputeLocation(state, block, { decision, rng });
      return { state, outputs: [loopValue(location)], decision: index };
    },
  },
  /** A marker: what comes after it prepares the program for lowering and is not searched. */
  EnterPostproc: { isPure: false, apply: ({ state }) => ({ state }) },
} satisfies Partial<InstructionTable>;
