/**
 * @file Rule multi-level-tiling: cuts every loop of a reduction into as many parts as a structure names levels of its
 * kind, and orders the parts by level:
 *
 *   for i, j, k: C   with SSRSRS   ->   for i0, j0, i1, j1, k0, i2, j2, k1, i3, j3: C
 *
 * Sizes are decisions. Results may be gathered in a cache and copied out at the end of a level, and inputs be copied
 * to a cache at the beginning of one.
 */
import { attempt } from '../../../shared/schedule/errors.js';
import type { BlockRV, LoopRV } from '../../../shared/schedule/random-variable.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { at, invariant } from '../../../shared/support/errors.js';
import { fork } from '../refusable-steps.js';
import { isWriteCache } from './access-pattern.js';
import { blockEntryOf, needsMultiLevelTiling, TILING_STRUCTURE } from './block-analysis.js';
import type { ScheduleRule } from './schedule-rule.js';

/** Annotation of a block that asks for a write cache at these levels, whatever the rule's own say. */
const WRITE_CACHE_LEVEL = 'meta_schedule.write_cache_level';

export interface ReuseConfig {
  /** `may`: with and without. */
  readonly req: 'may' | 'must';
  /** Levels of the structure, from 1; each gives a design. */
  readonly levels: readonly number[];
  /** Storage scope of the cache. */
  readonly scope: string;
}

export interface MultiLevelTilingConfig {
  /** A letter per level, outermost first: `S` for parts of spatial loops, `R` for parts of reduce loops. */
  readonly structure: string;
  readonly maxInnermostFactor: number;
  /** Caches of what is read; only `must` is known. */
  readonly reuseRead: (ReuseConfig & { readonly req: 'must' }) | null;
  /** A cache of what is written. */
  readonly reuseWrite: ReuseConfig | null;
}

/** A design, the tiled block and its loops by level. */
interface Tiled {
  readonly sch: Schedule;
  readonly block: BlockRV;
  readonly tiles: readonly (readonly LoopRV[])[];
}

export function multiLevelTiling(config: MultiLevelTilingConfig): ScheduleRule {
  return (sch, block) => {
    if (!needsMultiLevelTiling(blockEntryOf(sch, block))) return [sch];
    sch.annotate(block, TILING_STRUCTURE, config.structure);
    const tiled = { sch, block, tiles: tileLoopNest(sch, block, config) };
    return addWriteReuse(tiled, config)
      .flatMap((design) => addReadReuse(design, config))
      .map((design) => design.sch);
  };
}

/** Cuts and orders the loops of a trivially bound block. @returns its loops by level */
function tileLoopNest(sch: Schedule, block: BlockRV, config: MultiLevelTilingConfig): LoopRV[][] {
  const levels = Array.from(config.structure);
  const tiles: LoopRV[][] = levels.map(() => []);
  const loops = sch.getLoops(block);
  sch.get(block).iterVars.forEach(({ iterType }, i) => {
    const letter = iterType === 'spatial' ? 'S' : iterType === 'reduce' ? 'R' : null;
    const slots = tiles.filter((_, level) => levels[level] === letter);
    if (slots.length === 0) return;
    const parts = splitLoop(sch, at(loops, i), slots.length, config.maxInnermostFactor);
    slots.forEach((slot, part) => slot.push(at(parts, part)));
  });
  sch.reorder(...tiles.flat());
  return tiles;
}

function splitLoop(sch: Schedule, loop: LoopRV, n: number, maxInnermostFactor: number): LoopRV[] {
  return n === 1 ? [loop] : sch.split(loop, sch.samplePerfectTile(loop, { n, maxInnermostFactor }));
}

/** The loop at the end of a level. */
function endOfLevel(tiles: Tiled['tiles'], level: number): LoopRV {
  const loop = tiles[level - 1]?.at(-1);
  invariant(loop !== undefined, `there are no loops at level ${level}`);
  return loop;
}

/**
 * The design without a cache if that will do, and one per level at whose end results are copied out. If the only
 * consumer works element by element, it serves as the copy.
 */
function addWriteReuse(tiled: Tiled, { reuseWrite }: MultiLevelTilingConfig): Tiled[] {
  const { sch, block, tiles } = tiled;
  if (reuseWrite === null) return [tiled];
  const annotated = sch.get(block).annotations[WRITE_CACHE_LEVEL];
  const must = reuseWrite.req === 'must' || annotated !== undefined;
  const levels = Array.isArray(annotated)
    ? annotated.filter((x) => typeof x === 'number')
    : reuseWrite.levels;
  const copiedOutAt = (design: Schedule, copy: BlockRV): Tiled[] =>
    levels.flatMap((level) => {
      const loop = endOfLevel(tiles, level);
      const designs = fork(design, (next) => next.reverseComputeAt(copy, loop, { preserveUnitLoops: true }));
      return designs.map((next) => ({ ...tiled, sch: next }));
    });
  if (!must) {
    const [consumer, ...others] = sch.getConsumers(block);
    if (consumer !== undefined && others.length === 0 && isWriteCache(sch.get(consumer))) {
      return [...copiedOutAt(sch, consumer), tiled];
    }
  }
  const uncached = must ? [] : [{ ...tiled, sch: sch.copy() }];
  const copy = attempt(
    () => sch.cacheWrite(block, 0, reuseWrite.scope),
    () => null,
  );
  return copy === null ? uncached : [...uncached, ...copiedOutAt(sch, copy)];
}

/** One design per level at whose end everything that the block reads, but its own output, is copied to a cache. */
function addReadReuse(tiled: Tiled, { reuseRead }: MultiLevelTilingConfig): Tiled[] {
  const { block, tiles } = tiled;
  if (reuseRead === null) return [tiled];
  return reuseRead.levels.flatMap((level) => {
    const loop = endOfLevel(tiles, level);
    const designs = fork(tiled.sch, (sch) => {
      const { reads, writes } = sch.get(block);
      reads.forEach(({ buffer }, i) => {
        if (buffer === writes[0]?.buffer) return;
        const copy = sch.cacheRead(block, i, reuseRead.scope, [block]);
        sch.computeAt(copy, loop, { preserveUnitLoops: true });
        if (buffer.shape.length > 0) sch.fuse(...sch.getLoops(copy).slice(-buffer.shape.length));
      });
    });
    return designs.map((sch) => ({ ...tiled, sch }));
  });
}
