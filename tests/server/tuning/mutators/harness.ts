/** @file Traces to mutate, and what a mutation changed. */
import { expect } from 'vitest';
import type { Mutation, Mutator } from '../../../../server/tuning/mutators/mutator.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import {
  applyTrace,
  type Decision,
  type Instruction,
  type Trace,
} from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';
import { matmulRelu, vectorAdd } from '../../../shared/schedule/programs.js';

/** A program with a schedule that has drawn something. */
export interface Sampled {
  readonly func: PrimFunc;
  readonly trace: Trace;
}

export function sampled(func: PrimFunc, transform: (sch: Schedule) => void, seed = 0): Sampled {
  const sch = createSchedule(func, { seed });
  transform(sch);
  return { func, trace: sch.trace };
}

/** A loop of `extent` iterations with a perfect tile. */
export function perfectTile(tile: readonly number[], maxInnermostFactor: number): Sampled {
  const extent = tile.reduce((product, factor) => product * factor, 1);
  return sampled(vectorAdd(extent), (sch) => {
    const [loop] = sch.getLoops('C', 1);
    sch.split(loop, sch.samplePerfectTile(loop, { n: tile.length, maxInnermostFactor, decision: tile }));
  });
}

/** A loop of `extent` iterations with a tile that need not divide it. */
export function imperfectTile(
  extent: number,
  candidates: readonly number[],
  options: { readonly inner: number; readonly weights?: readonly number[] },
): Sampled {
  const { inner, weights = [] } = options;
  return sampled(vectorAdd(extent), (sch) => {
    const [loop] = sch.getLoops('C', 1);
    const decision = [Math.ceil(extent / inner), inner];
    sch.split(loop, sch.sampleImperfectTile(loop, candidates, { weights, decision }));
  });
}

/** A candidate that is drawn for an annotation of the root block. */
export function annotatedDraw(
  key: string,
  candidates: readonly number[],
  options: { readonly decision: number; readonly probs?: readonly number[] },
): Sampled {
  const { decision, probs = candidates.map(() => 1 / candidates.length) } = options;
  return sampled(vectorAdd(8), (sch) => {
    sch.annotate(sch.getBlock('root'), key, sch.sampleCategorical(candidates, probs, decision));
  });
}

/** A matrix product with a decision of every kind, drawn by seed. */
export function everyKind(n: number, seed: number): Sampled {
  return sampled(
    matmulRelu(n),
    (sch) => {
      const [y, c] = [sch.getBlock('Y'), sch.getBlock('C')];
      const [i, j] = sch.getLoops(c, 2);
      const [i0, i1, i2] = sch.split(i, sch.samplePerfectTile(i, { n: 3, maxInnermostFactor: 4 }));
      const [j0, j1] = sch.split(j, sch.sampleImperfectTile(j, [4, 2, 3, 6]));
      sch.reorder(i0, j0, i1, j1, i2);
      sch.annotate(i0, 'pragma_order', sch.sampleCategorical([0, 1, 2, 3, 4, 5], [1, 1, 1, 1, 1, 1]));
      sch.annotate(
        sch.getBlock('root'),
        'meta_schedule.unroll_explicit',
        sch.sampleCategorical([0, 16, 64], [1, 1, 1]),
      );
      sch.computeAt(y, sch.sampleComputeLocation(y), { preserveUnitLoops: true });
    },
    seed,
  );
}

/** A decision that is not what it was. */
interface Change {
  readonly inst: Instruction;
  readonly before: Decision | undefined;
  readonly after: Decision | undefined;
}

/** The steps of a trace that are not the same object in its parent, which must have as many. */
export function changedSteps(parent: Trace, child: Trace): Instruction[] {
  expect(child.insts).toHaveLength(parent.insts.length);
  return child.insts.filter((inst, i) => inst !== parent.insts[i]);
}

/** The one decision that a trace does not share with its parent; all else must be the same. */
export function onlyChange(parent: Trace, child: Trace): Change {
  expect(changedSteps(parent, child)).toEqual([]);
  const changes = parent.insts
    .map((inst) => ({ inst, before: parent.decisions.get(inst), after: child.decisions.get(inst) }))
    .filter(({ before, after }) => String(before) !== String(after));
  expect(changes).toHaveLength(1);
  return at(changes, 0);
}

/** What the one changed decision of each child is, in `count` draws; `null` where nothing could change. */
export function drawMutations(
  mutator: Mutator,
  { func, trace }: Sampled,
  count: number,
): (Mutation | null)[] {
  const rng = createRng(1);
  return Array.from({ length: count }, () => mutator(trace, { func, rng }));
}

/** How often each decision comes out of a mutation, which must be possible and must not be what it was. */
export function decisionCounts(mutator: Mutator, parent: Sampled, count = 1000): Map<string, number> {
  const counts = new Map<string, number>();
  for (const mutation of drawMutations(mutator, parent, count)) {
    if (mutation === null) throw new Error('nothing was changed');
    const decision = String(onlyChange(parent.trace, mutation.trace).after);
    counts.set(decision, (counts.get(decision) ?? 0) + 1);
  }
  return counts;
}

/** The decisions that come out, in ascending order of their text. */
export function decisionsAfter(mutator: Mutator, parent: Sampled, count = 1000): string[] {
  return [...decisionCounts(mutator, parent, count).keys()].toSorted();
}

/** A trace with a tail that is none of a mutator's business. */
export function withPostprocessing({ func, trace }: Sampled): Sampled {
  const sch = applyTrace(func, trace);
  sch.enterPostproc();
  const block = sch.getBlock('root');
  sch.annotate(block, 'note', sch.sampleCategorical([1, 2], [1, 1]));
  return { func, trace: sch.trace };
}
