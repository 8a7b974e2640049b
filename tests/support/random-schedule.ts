/** @file Random schedules: steps of every primitive, at random places, with random factors. Illegal ones are skipped. */
import { createIndexMap, type IndexMap } from '../../shared/arith/index-map.js';
import { floordiv, floormod, variable } from '../../shared/ir/build.js';
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { usesVar } from '../../shared/ir/visit.js';
import { attempt } from '../../shared/schedule/errors.js';
import type { BlockRV, LoopRV } from '../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../shared/schedule/schedule.js';
import { isInner } from '../../shared/schedule/state.js';
import { at } from '../../shared/support/errors.js';
import type { Rng } from '../../shared/support/rng.js';

type Step = (sch: Schedule, rng: Rng) => void;

function pick<T>(items: readonly T[], rng: Rng): T {
  return at(items, rng.nextInt(items.length));
}

/** A block with loops around it; what stands around the parts of a loop may have none. */
function randomBlock(sch: Schedule, rng: Rng): BlockRV {
  const blocks = [...sch.state.index.blocks.values()].filter((entry) => entry.parent?.kind === 'loop');
  return sch.getBlock(pick(blocks, rng).block.name);
}

function randomLoop(sch: Schedule, rng: Rng): LoopRV {
  return pick(sch.getLoops(randomBlock(sch, rng)), rng);
}

/** Adjacent loops of a block, two or three. */
function someChain(sch: Schedule, rng: Rng): LoopRV[] {
  const loops = sch.getLoops(randomBlock(sch, rng));
  const from = rng.nextInt(loops.length);
  return loops.slice(from, from + 2 + rng.nextInt(2));
}

/** A block with an init, if there is one. */
function randomReduction(sch: Schedule, rng: Rng): BlockRV {
  const reductions = [...sch.state.index.blocks.values()].filter(
    (entry) => isInner(entry) && entry.block.init !== null,
  );
  return reductions.length === 0 ? randomBlock(sch, rng) : sch.getBlock(pick(reductions, rng).block.name);
}

/** A loop that drives a reduce iterator, if one is found. */
function randomReduceLoop(sch: Schedule, rng: Rng): LoopRV {
  const block = randomReduction(sch, rng);
  const { realize } = sch.state.index.blocks.get(sch.get(block).name) ?? {};
  const drives = (loop: LoopRV): boolean => {
    const { loopVar } = sch.get(loop);
    return sch
      .get(block)
      .iterVars.some(
        ({ iterType }, i) =>
          iterType === 'reduce' && usesVar(at(realize?.iterValues ?? [], i), (v) => v === loopVar),
      );
  };
  const loops = sch.getLoops(block);
  const driving = loops.filter(drives);
  return pick(driving.length > 0 ? driving : loops, rng);
}

/** One dimension cut in two, and all of them in another order. */
function randomMap(rank: number, rng: Rng): IndexMap {
  const inputs = Array.from({ length: rank }, (_, d) => variable(`i${d}`));
  const tile = pick([1, 2, 3, 4], rng);
  const cut = rng.nextInt(Math.max(rank, 1));
  const outputs = inputs.flatMap((v, d) => (d === cut ? [floordiv(v, tile), floormod(v, tile)] : [v]));
  const from = rng.nextInt(outputs.length + 1);
  return createIndexMap(inputs, [...outputs.slice(from), ...outputs.slice(0, from)]);
}

const move = (rng: Rng) => ({ preserveUnitLoops: rng.nextInt(2) === 0, index: pick([-1, -2], rng) });

/** Every primitive that changes a program. */
const STEPS: { readonly [name: string]: Step } = {
  split: (sch, rng) => {
    const factors = pick(
      [
        [null, 2],
        [null, 3],
        [null, 4],
        [2, null],
        [null, 2, 2],
        [null, 1, 3],
      ],
      rng,
    );
    sch.split(randomLoop(sch, rng), factors, { preserveUnitIters: rng.nextInt(4) > 0 });
  },
  perfectTile: (sch, rng) => {
    const loop = randomLoop(sch, rng);
    sch.split(loop, sch.samplePerfectTile(loop, { n: 2 }));
  },
  imperfectTile: (sch, rng) => {
    const loop = randomLoop(sch, rng);
    sch.split(loop, sch.sampleImperfectTile(loop, [1, 2, 3, 5, 8]));
  },
  loopPartition: (sch, rng) =>
    void sch.loopPartition(randomLoop(sch, rng), pick([[1], [2], [null, 2], [1, null, 1]], rng), {
      preserveUnitIters: rng.nextInt(2) === 0,
    }),
  addUnitLoop: (sch, rng) =>
    void sch.addUnitLoop(rng.nextInt(2) === 0 ? randomBlock(sch, rng) : randomLoop(sch, rng)),
  fuse: (sch, rng) => void sch.fuse(...someChain(sch, rng)),
  reorder: (sch, rng) => {
    const loops = [...sch.getLoops(randomBlock(sch, rng))];
    for (let i = loops.length - 1; i > 0; i--) {
      const j = rng.nextInt(i + 1);
      [loops[i], loops[j]] = [at(loops, j), at(loops, i)];
    }
    sch.reorder(...loops.slice(0, 2 + rng.nextInt(loops.length)));
  },
  reorderBlockIterVar: (sch, rng) => {
    const block = randomBlock(sch, rng);
    const { iterVars } = sch.get(block);
    const shift = rng.nextInt(Math.max(iterVars.length, 1));
    sch.reorderBlockIterVar(
      block,
      iterVars.map((_, i) => (i + shift) % iterVars.length),
    );
  },
  vectorize: (sch, rng) => sch.vectorize(at(sch.getLoops(randomBlock(sch, rng)).slice(-1), 0)),
  vectorizeAny: (sch, rng) => sch.vectorize(randomLoop(sch, rng)),
  unroll: (sch, rng) => sch.unroll(randomLoop(sch, rng)),
  parallel: (sch, rng) => sch.parallel(randomLoop(sch, rng)),
  annotate: (sch, rng) =>
    sch.annotate(randomLoop(sch, rng), 'pragma_auto_unroll_max_step', pick([4, 16, 64], rng)),
  computeAt: (sch, rng) => sch.computeAt(randomBlock(sch, rng), randomLoop(sch, rng), move(rng)),
  reverseComputeAt: (sch, rng) =>
    sch.reverseComputeAt(randomBlock(sch, rng), randomLoop(sch, rng), move(rng)),
  sampledLocation: (sch, rng) => {
    const block = randomBlock(sch, rng);
    sch.computeAt(block, sch.sampleComputeLocation(block), { preserveUnitLoops: true });
  },
  computeInline: (sch, rng) => sch.computeInline(randomBlock(sch, rng)),
  reverseComputeInline: (sch, rng) => sch.reverseComputeInline(randomBlock(sch, rng)),
  cacheRead: (sch, rng) =>
    void sch.cacheRead(randomBlock(sch, rng), rng.nextInt(3), pick(['global', 'local'], rng)),
  cacheWrite: (sch, rng) => void sch.cacheWrite(randomBlock(sch, rng), 0, pick(['global', 'local'], rng)),
  cacheWriteAt: (sch, rng) => {
    const block = randomBlock(sch, rng);
    const copy = sch.cacheWrite(block, 0, 'local');
    sch.reverseComputeAt(copy, pick(sch.getLoops(block), rng), move(rng));
  },
  decomposeReduction: (sch, rng) => {
    const block = randomBlock(sch, rng);
    sch.decomposeReduction(block, pick(sch.getLoops(block), rng));
  },
  rfactor: (sch, rng) => void sch.rfactor(randomReduceLoop(sch, rng), rng.nextInt(4) - 2),
  winogradConv2d: (sch, rng) => void sch.winogradConv2d(randomReduction(sch, rng), 2),
  transformLayout: (sch, rng) => {
    const block = randomBlock(sch, rng);
    const access = pick(['read', 'write'] as const, rng);
    const { reads, writes } = sch.get(block);
    const regions = access === 'read' ? reads : writes;
    const index = rng.nextInt(regions.length + 1);
    const rank = regions[index]?.buffer.shape.length ?? 1;
    const options = pick([{}, { padValue: 1 }, { assumeInjective: true }], rng);
    sch.transformLayout(block, index, access, randomMap(rank, rng), options);
  },
};

/** How often each step was taken and refused. */
export interface StepCounts {
  readonly [name: string]: { taken: number; refused: number };
}

export function createStepCounts(): StepCounts {
  return Object.fromEntries(Object.keys(STEPS).map((name) => [name, { taken: 0, refused: 0 }]));
}

/** Tries `attempts` random steps on a function; every step that succeeds is verified. */
export function randomSchedule(func: PrimFunc, rng: Rng, attempts: number, counts: StepCounts): Schedule {
  const sch = createSchedule(func, { rng: rng.fork('schedule'), verify: true });
  for (let i = 0; i < attempts; i++) {
    const [name, step] = pick(Object.entries(STEPS), rng);
    const count = counts[name];
    const outcome = attempt(
      () => {
        step(sch, rng);
        return 'taken' as const;
      },
      () => 'refused' as const,
    );
    if (count !== undefined) count[outcome]++;
  }
  return sch;
}
