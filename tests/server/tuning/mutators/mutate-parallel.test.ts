import { describe, expect, it } from 'vitest';
import { mutateParallel } from '../../../../server/tuning/mutators/mutate-parallel.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { applyTrace } from '../../../../shared/schedule/trace.js';
import { matmul, twoElementwise, vectorAdd } from '../../../shared/schedule/programs.js';
import { drawMutations, sampled, withPostprocessing, type Sampled } from './harness.js';

const KEY = 'meta_schedule.parallel';

function annotated(
  func: Sampled['func'],
  limit: number,
  transform: (sch: Schedule) => void = () => {},
): Sampled {
  return sampled(func, (sch) => {
    const root = sch.getBlock('root');
    transform(sch);
    sch.annotate(root, KEY, limit);
  });
}

/** TVM's test: a tiled matrix product that writes through a cache. */
const TILED = annotated(matmul(512), 64, (sch) => {
  const block = sch.getBlock('C');
  const copy = sch.cacheWrite(block, 0, 'global');
  const [i, j, k] = sch.getLoops(block, 3);
  const tile = { maxInnermostFactor: 64 };
  const [i0, i1, i2, i3] = sch.split(i, sch.samplePerfectTile(i, { ...tile, n: 4, decision: [4, 32, 4, 1] }));
  const [j0, j1, j2, j3] = sch.split(j, sch.samplePerfectTile(j, { ...tile, n: 4, decision: [8, 4, 8, 2] }));
  const [k0, k1] = sch.split(k, sch.samplePerfectTile(k, { ...tile, n: 2, decision: [512, 1] }));
  sch.reorder(i0, j0, i1, j1, k0, i2, j2, k1, i3, j3);
  sch.reverseComputeAt(copy, j1, { preserveUnitLoops: true });
});

/** The limits that come out of 100 draws. */
function limitsAfter(parent: Sampled, maxJobs: number): (number | null)[] {
  const mutator = mutateParallel({ cores: 1, maxJobsPerCore: maxJobs });
  const limits = drawMutations(mutator, parent, 100).map((mutation) => {
    if (mutation === null) return null;
    const { annotations } = applyTrace(parent.func, mutation.trace).func.root;
    return Number(annotations[KEY]);
  });
  return [...new Set(limits)].toSorted((a, b) => Number(a) - Number(b));
}

describe('mutateParallel', () => {
  it("gives exactly the limits of TVM's test", () => {
    const mutator = mutateParallel({ cores: 16, maxJobsPerCore: 256 });
    const limits = drawMutations(mutator, TILED, 100).map(
      (mutation) => mutation?.trace.insts.at(-1)?.args as { readonly annVal?: number } | undefined,
    );
    expect(new Set(limits.map((args) => args?.annVal))).toEqual(new Set([4, 32, 4096]));
  });

  it('changes the annotation and nothing else', () => {
    const whole = withPostprocessing(TILED);
    for (const parent of [TILED, whole]) {
      for (const mutation of drawMutations(mutateParallel({ cores: 16, maxJobsPerCore: 256 }), parent, 5)) {
        expect(mutation?.trace.insts.slice(0, -1)).toEqual(TILED.trace.insts.slice(0, -1));
        expect(mutation?.trace.insts).toHaveLength(TILED.trace.insts.length);
        expect(mutation?.trace.decisions).toBe(parent.trace.decisions);
        expect(mutation?.text).toMatch(/^annotate b0 meta_schedule\.parallel: 64 -> (4|32|4096)$/);
      }
    }
  });

  it('chooses one limit for each way to fuse the loops of all nests', () => {
    const parent = annotated(twoElementwise(4), 1000);
    expect(limitsAfter(parent, 16)).toEqual([4]);
    expect(limitsAfter(annotated(twoElementwise(4), 1), 16)).toEqual([16]);
  });

  it('does not count what is inside of a reduction, nor what is beyond the jobs that are wanted', () => {
    expect(limitsAfter(annotated(matmul(4), 1), 1000)).toEqual([16]);
    expect(limitsAfter(annotated(matmul(4), 16), 1000)).toEqual([4]);
    expect(limitsAfter(annotated(matmul(4), 16), 15)).toEqual([4]);
    expect(limitsAfter(annotated(matmul(4), 4), 15)).toEqual([null]);
  });

  it('has nothing to change where nothing runs in parallel', () => {
    const mutator = mutateParallel({ cores: 1, maxJobsPerCore: 16 });
    const plain = sampled(vectorAdd(8), (sch) => void sch.getLoops('C'));
    expect(drawMutations(mutator, plain, 2)).toEqual([null, null]);
    expect(drawMutations(mutator, annotated(vectorAdd(8), 8), 2)).toEqual([null, null]);
  });
});
