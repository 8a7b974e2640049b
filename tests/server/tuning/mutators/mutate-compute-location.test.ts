import { describe, expect, it } from 'vitest';
import { mutateComputeLocation } from '../../../../server/tuning/mutators/mutate-compute-location.js';
import { ScheduleError } from '../../../../shared/schedule/errors.js';
import { applyTrace } from '../../../../shared/schedule/trace.js';
import { createRng } from '../../../../shared/support/rng.js';
import { expectSameResults } from '../../../shared/schedule/harness.js';
import { matmul, program, rowSumsAdded, twoElementwise } from '../../../shared/schedule/programs.js';
import { decisionCounts, decisionsAfter, drawMutations, sampled, type Sampled } from './harness.js';

/** TVM's test program: a copy, and its use in a nest of eight loops. */
const MOVED = program(
  'A: T.Buffer((2048, 2048, 2048), "float32"), B: T.Buffer((2048, 2048, 2048), "float32")',
  `
    A_cached = T.alloc_buffer((2048, 2048, 2048), "float32")
    for i, j, k in T.grid(2048, 2048, 2048):
        with T.block("move"):
            vi, vj, vk = T.axis.remap("SSS", [i, j, k])
            A_cached[vi, vj, vk] = A[vi, vj, vk]
    for i0, j0, i1, j1, k0, i2, j2, k1 in T.grid(128, 64, 4, 4, 64, 4, 8, 32):
        with T.block("add"):
            vi = T.axis.spatial(2048, i0 * 16 + i1 * 4 + i2)
            vj = T.axis.spatial(2048, j0 * 32 + j1 * 8 + j2)
            vk = T.axis.spatial(2048, k0 * 32 + k1)
            B[vi, vj, vk] = A_cached[vi, vj, vk] + T.float32(1)
`,
);

function moved(func: Sampled['func'], block: string, decision: number): Sampled {
  return sampled(func, (sch) => {
    const rv = sch.getBlock(block);
    sch.computeAt(rv, sch.sampleComputeLocation(rv, decision), { preserveUnitLoops: true });
  });
}

describe('mutateComputeLocation', () => {
  it("reaches the nine other places of TVM's test", () => {
    const places = decisionsAfter(mutateComputeLocation, moved(MOVED, 'move', 4), 100).map(Number);
    expect(places.toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2, 3, 5, 6, 7]);
  });

  it('draws all other places alike', () => {
    const counts = decisionCounts(mutateComputeLocation, moved(twoElementwise(4), 'B', 0), 900);
    expect([...counts.keys()].toSorted()).toEqual(['-1', '-2', '1']);
    for (const count of counts.values()) {
      expect(count).toBeGreaterThan(240);
      expect(count).toBeLessThan(360);
    }
  });

  it('gives programs that compute the same', () => {
    const parent = moved(rowSumsAdded(4), 'S', -1);
    for (const mutation of drawMutations(mutateComputeLocation, parent, 8)) {
      if (mutation === null) throw new Error('nothing was changed');
      expectSameResults(parent.func, applyTrace(parent.func, mutation.trace).func);
    }
  });

  it('has nothing to change where a block has one place', () => {
    const parent = sampled(matmul(4), (sch) => void sch.sampleComputeLocation(sch.getBlock('C')));
    expect(drawMutations(mutateComputeLocation, parent, 2)).toEqual([null, null]);
  });

  it('starts from the place that a decision comes to where it is no place', () => {
    const { func, trace } = moved(twoElementwise(4), 'B', 1);
    const [inst] = trace.decisions.keys();
    if (inst === undefined) throw new Error('nothing was decided');
    const elsewhere: Sampled = { func, trace: { ...trace, decisions: new Map([[inst, 5]]) } };
    expect(decisionsAfter(mutateComputeLocation, elsewhere, 100)).toEqual(['-1', '-2', '0']);
  });

  it('says which block goes from where to where', () => {
    const texts = drawMutations(mutateComputeLocation, moved(twoElementwise(4), 'B', 1), 50).map(
      (mutation) => mutation?.text,
    );
    expect(new Set(texts)).toEqual(
      new Set(['inlined', 'root', 'loop 0'].map((place) => `sample_compute_location b0: loop 1 -> ${place}`)),
    );
  });

  it('refuses a trace that does not replay', () => {
    const { trace } = moved(twoElementwise(4), 'B', 1);
    expect(() => mutateComputeLocation(trace, { func: matmul(4), rng: createRng(0) })).toThrow(ScheduleError);
  });
});
