import { describe, expect, it } from 'vitest';
import { addRfactor } from '../../../../server/tuning/rules/add-rfactor.js';
import { TILING_STRUCTURE } from '../../../../server/tuning/rules/block-analysis.js';
import { randomComputeLocation } from '../../../../server/tuning/rules/random-compute-location.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSound } from '../../../shared/schedule/harness.js';
import { matmul, program, rowSumsAdded, twoElementwise } from '../../../shared/schedule/programs.js';
import { designsOf, nestsOf, onlyDesignOf, redecided, redrawn, samplingSteps } from './harness.js';

/** A copy, and a sum under tiles that reads what was copied. */
const TILED_CONSUMER = program(
  'A: T.Buffer((32, 64), "float32"), B: T.Buffer((32, 64), "float32")',
  `
    A_cached = T.alloc_buffer((32, 64), "float32")
    for i, j in T.grid(32, 64):
        with T.block("move"):
            vi, vj = T.axis.remap("SS", [i, j])
            A_cached[vi, vj] = A[vi, vj]
    for i0, j0, i1, j1 in T.grid(8, 4, 4, 16):
        with T.block("add"):
            vi = T.axis.spatial(32, i0 * 4 + i1)
            vj = T.axis.spatial(64, j0 * 16 + j1)
            B[vi, vj] = A_cached[vi, vj] + T.float32(1)
`,
);

/** The steps that draw a place. */
function placesDrawn(func: PrimFunc): number {
  return samplingSteps(onlyDesignOf(func, randomComputeLocation)).length;
}

describe('random-compute-location', () => {
  it('computes a block where a decision says, keeping loops of one iteration', () => {
    const design = onlyDesignOf(TILED_CONSUMER, randomComputeLocation);
    const at2 = redecided(TILED_CONSUMER, design, [2]);
    expect(nestsOf(at2.func)).toEqual(['move: 8 4 4 1 16', 'add: 8 4 4 16']);
    expectSound(TILED_CONSUMER, at2);
    const root = redecided(TILED_CONSUMER, design, [-1]);
    expect(nestsOf(root.func)).toEqual(['move: 32 64', 'add: 8 4 4 16']);
    const inlined = redecided(TILED_CONSUMER, design, [-2]);
    expect(nestsOf(inlined.func)).toEqual(['add: 8 4 4 16']);
  });

  it('reaches every place there is', () => {
    const design = onlyDesignOf(TILED_CONSUMER, randomComputeLocation);
    const places = new Set<unknown>();
    for (let seed = 0; seed < 60; seed++) {
      for (const place of redrawn(TILED_CONSUMER, design, seed).trace.decisions.values()) places.add(place);
    }
    expect(places).toEqual(new Set([-2, -1, 0, 1, 2, 3]));
  });

  it('leaves blocks alone that nobody uses, that have no loops, or that share theirs', () => {
    expect(placesDrawn(matmul(4))).toBe(0);
    const func = twoElementwise(4);
    expect(placesDrawn(func)).toBe(1);
    const sharing = createSchedule(func);
    const [i] = sharing.getLoops('C', 2);
    sharing.computeAt(sharing.getBlock('B'), i);
    expect(placesDrawn(sharing.func)).toBe(0);
    const scalar = program(
      'A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")',
      `
    c = T.alloc_buffer((), "float32")
    with T.block("c"):
        c[()] = A[0]
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi] + c[()]
`,
    );
    expect(placesDrawn(scalar)).toBe(0);
  });

  it('leaves tiled blocks alone', () => {
    const sch = createSchedule(rowSumsAdded(4));
    expect(placesDrawn(sch.func)).toBeGreaterThan(0);
    sch.annotate(sch.getBlock('S'), TILING_STRUCTURE, 'SRS');
    expect(placesDrawn(sch.func)).toBe(0);
  });

  it('places the producer of a factored reduction after the reduction itself', () => {
    const { func } = buildWorkload('norm:b=2,m=6,n=4');
    const rfactor = addRfactor({ cores: 32, maxJobsPerCore: 16, maxInnermostFactor: 64 });
    const factored = at(designsOf(func, rfactor, randomComputeLocation), 1);
    expect(samplingSteps(factored).map(({ kind }) => kind)).toEqual([
      'SamplePerfectTile',
      'SampleComputeLocation',
      'SampleComputeLocation',
    ]);
    const moved = redecided(func, factored, [[6, 4], 0, 0]);
    expect(nestsOf(moved.func)).toEqual(['C_rf: 2 4 1 6', 'C: 2 4 1', 'D: 2']);
    expect(moved.get(moved.getBlock('C')).annotations).toEqual({});
    for (const seed of [1, 2, 3, 4]) expectSound(func, redrawn(func, factored, seed));
  });
});
