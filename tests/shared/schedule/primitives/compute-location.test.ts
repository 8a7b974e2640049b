import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { collectComputeLocations } from '../../../../shared/schedule/primitives/compute-location.js';
import type { LoopRV } from '../../../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { createState, type ScheduleState } from '../../../../shared/schedule/state.js';
import { at } from '../../../../shared/support/errors.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectRefused, expectSameProgram, expectSound } from '../harness.js';
import { matmul, matmulRelu, program, rowSumsAdded, twoElementwise } from '../programs.js';

const VECTORS = ['A', 'C', 'D'].map((name) => `${name}: T.Buffer((8,), "float32")`).join(', ');

/** The places of a block as text: `-2 inlined`, `-1 root`, `0 i`. */
function locations(state: ScheduleState, block: string): string[] {
  return collectComputeLocations(state, block).map(
    ({ index, location }) => `${index} ${typeof location === 'string' ? location : location.name}`,
  );
}

/** `P = A + 1`, `C = P @ P`. */
function matmulOfSum(n: number): PrimFunc {
  return program(
    `A: T.Buffer((${n}, ${n}), "float32"), C: T.Buffer((${n}, ${n}), "float32")`,
    `
    P = T.alloc_buffer((${n}, ${n}), "float32")
    for i, j in T.grid(${n}, ${n}):
        with T.block("P"):
            vi, vj = T.axis.remap("SS", [i, j])
            P[vi, vj] = A[vi, vj] + T.float32(1)
    for i, j, k in T.grid(${n}, ${n}, ${n}):
        with T.block("C"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                C[vi, vj] = T.float32(0)
            C[vi, vj] = C[vi, vj] + P[vi, vk] * P[vk, vj]
`,
  );
}

describe('the compute locations of a block', () => {
  it('are inlining, its own place, and the loops around its consumer', () => {
    expect(locations(createState(twoElementwise(8)), 'B')).toEqual(['-2 inlined', '-1 root', '0 i', '1 j']);
  });

  it('leave out inlining where it is illegal', () => {
    expect(locations(createState(rowSumsAdded(8)), 'S')).toEqual(['-1 root', '0 i', '1 j']);
  });

  it('are none but its own place for output blocks, and without consumers no loop', () => {
    expect(locations(createState(matmul(8)), 'C')).toEqual(['-1 root']);
    expect(locations(createState(matmulRelu(8)), 'C')).toEqual(['-1 root']);
    const unused = program(
      VECTORS,
      `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi]
`,
    );
    expect(locations(createState(unused), 'B')).toEqual(['-2 inlined', '-1 root']);
  });

  it('are only loops around all of several consumers', () => {
    const consumers = (separate: boolean): PrimFunc =>
      program(
        VECTORS,
        `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
    for i0 in range(2):
        for i1 in range(4):
            with T.block("C"):
                vi = T.axis.spatial(8, i0 * 4 + i1)
                C[vi] = B[vi]
${separate ? '    for i0 in range(2):' : ''}
        for i1 in range(4):
            with T.block("D"):
                vi = T.axis.spatial(8, i0 * 4 + i1)
                D[vi] = B[vi]
`,
      );
    expect(locations(createState(consumers(false)), 'B')).toEqual(['-2 inlined', '-1 root', '0 i0']);
    expect(locations(createState(consumers(true)), 'B')).toEqual(['-2 inlined', '-1 root']);
  });

  it('leave out loops of one iteration, and number the others by their place', () => {
    const sch = createSchedule(twoElementwise(8));
    const [i, j] = sch.getLoops('C', 2);
    sch.split(i, [1, 8]);
    sch.split(j, [8, 1]);
    expect(locations(sch.state, 'B')).toEqual(['-2 inlined', '-1 root', '1 i_1', '2 j_0']);
  });

  it('leave out loops that it stands under already', () => {
    const sch = createSchedule(twoElementwise(8));
    const [i] = sch.getLoops('C', 2);
    sch.computeAt(sch.getBlock('B'), i);
    expect(locations(sch.state, 'B')).toEqual(['-2 inlined', '-1 root', '1 j']);
  });

  it('leave out reduce loops at the end', () => {
    expect(locations(createState(matmulOfSum(8)), 'P')).toEqual(['-2 inlined', '-1 root', '0 i', '1 j']);
  });

  it('end before the first spatial loop after a reduce loop', () => {
    const sch = createSchedule(matmulOfSum(8));
    const [i, j, k] = sch.getLoops('C', 3);
    const [i0, i1] = sch.split(i, [2, 4]);
    const [j0, j1] = sch.split(j, [2, 4]);
    const [k0, k1] = sch.split(k, [2, 4]);
    sch.reorder(i0, j0, k0, i1, k1, j1);
    expect(locations(sch.state, 'P')).toEqual(['-2 inlined', '-1 root', '0 i_0', '1 j_0', '2 k_0']);
  });

  it('are the eight of a padded convolution tiled SSRSRS, of whose loops many have one iteration', () => {
    const { func } = buildWorkload('conv2d_nhwc:n=1,h=224,w=224,ci=3,co=64,k=7,s=2,p=3');
    const sch = createSchedule(func);
    const spatial = [
      [1, 1, 1, 1],
      [1, 2, 1, 56],
      [4, 4, 1, 7],
      [1, 1, 1, 64],
    ];
    const reduce = [
      [7, 1],
      [7, 1],
      [1, 3],
    ];
    const loops = sch.getLoops('conv2d_nhwc', 7);
    const parts = [...spatial, ...reduce].map((factors, i) => sch.split(at(loops, i), factors));
    const level = (first: number, end: number, part: number): LoopRV[] =>
      parts.slice(first, end).map((loop) => at(loop, part));
    const order = [
      level(0, 4, 0),
      level(0, 4, 1),
      level(4, 7, 0),
      level(0, 4, 2),
      level(4, 7, 1),
      level(0, 4, 3),
    ];
    sch.reorder(...order.flat());
    const indices = collectComputeLocations(sch.state, 'PadInput').map(({ index }) => index);
    expect(indices).toEqual([-2, -1, 2, 5, 6, 8, 9, 17]);
  });
});

/** B at a sampled place, which the decision names. */
function moved(original: PrimFunc, decision?: number): { sch: Schedule; decided: unknown } {
  const sch = createSchedule(original, { seed: 3, verify: true });
  const block = sch.getBlock('B');
  const location = sch.sampleComputeLocation(block, decision);
  sch.computeAt(block, location, { preserveUnitLoops: true });
  return { sch, decided: [...sch.trace.decisions.values()][0] };
}

describe('sample_compute_location', () => {
  it('decides for the index of a location, to which compute_at then moves', () => {
    const original = twoElementwise(4);
    const byHand = createSchedule(original);
    const [i] = byHand.getLoops('C', 2);
    byHand.computeAt(byHand.getBlock('B'), i, { preserveUnitLoops: true });
    const { sch, decided } = moved(original, 0);
    expect(decided).toBe(0);
    expectSameProgram(sch.func, byHand.func);
    expectSound(original, sch);
  });

  it('leaves the block alone at -1 and inlines it at -2', () => {
    const original = twoElementwise(4);
    expectSameProgram(moved(original, -1).sch.func, original);
    const inlined = createSchedule(original);
    inlined.computeInline(inlined.getBlock('B'));
    const { sch } = moved(original, -2);
    expectSameProgram(sch.func, inlined.func);
    expectSound(original, sch);
  });

  it('gives a place for reverse_compute_at as well', () => {
    const original = twoElementwise(4);
    for (const decision of [-1, -2]) {
      const sch = createSchedule(original, { verify: true });
      const location = sch.sampleComputeLocation(sch.getBlock('B'), decision);
      sch.reverseComputeAt(sch.getBlock('C'), location);
      expect(sch.getChildBlocks(sch.getBlock('root'))).toHaveLength(decision === -1 ? 2 : 1);
      expectSound(original, sch);
    }
  });

  it('gives no loop to look at unless it chose one', () => {
    const sch = createSchedule(twoElementwise(4));
    const [root, inlined, loop] = [-1, -2, 1].map((decision) =>
      sch.sampleComputeLocation(sch.getBlock('B'), decision),
    );
    for (const rv of [root, inlined]) {
      if (rv !== undefined) expectRefused(sch, 'NOT_A_LOOP', () => sch.get(rv));
    }
    expect(loop && sch.get(loop).loopVar.name).toBe('j');
  });

  it('falls back to the nearest place before a decided one that is none', () => {
    const original = twoElementwise(4);
    const sch = createSchedule(original);
    const [i] = sch.getLoops('C', 2);
    sch.split(i, [1, 4]);
    const block = sch.getBlock('B');
    for (const decision of [-1, 0, 1, 2, 9]) sch.sampleComputeLocation(block, decision);
    expect([...sch.trace.decisions.values()]).toEqual([-1, -1, 1, 2, 2]);
  });

  it('draws every place about equally often', () => {
    const sch = createSchedule(twoElementwise(4), { seed: 1 });
    const block = sch.getBlock('B');
    for (let n = 0; n < 400; n++) sch.sampleComputeLocation(block);
    const counts = new Map<unknown, number>();
    for (const decision of sch.trace.decisions.values()) {
      counts.set(decision, (counts.get(decision) ?? 0) + 1);
    }
    expect(new Set(counts.keys())).toEqual(new Set([-2, -1, 0, 1]));
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  it('keeps the meaning wherever a block goes, under any tiling of what uses it', () => {
    const size = fc.integer({ min: 1, max: 5 });
    const tile = fc.integer({ min: 1, max: 3 });
    const names = ['i_0', 'i_1', 'j', 'k_0', 'k_1'] as const;
    const orders = fc.shuffledSubarray([...names], { minLength: 5 });
    fc.assert(
      fc.property(size, tile, tile, orders, fc.nat(), (n, ti, tk, order, choice) => {
        const original = matmulOfSum(n);
        const sch = createSchedule(original, { verify: true });
        const [i, , k] = sch.getLoops('C', 3);
        sch.split(i, [null, ti]);
        sch.split(k, [null, tk]);
        const byName = new Map(sch.getLoops('C').map((loop) => [sch.get(loop).loopVar.name, loop]));
        sch.reorder(...order.flatMap((name) => byName.get(name) ?? []));
        const places = collectComputeLocations(sch.state, 'P');
        const block = sch.getBlock('P');
        sch.computeAt(block, sch.sampleComputeLocation(block, places[choice % places.length]?.index));
        expectSound(original, sch);
      }),
      { numRuns: 40 },
    );
  });

  it('refuses the root', () => {
    const sch = createSchedule(twoElementwise(4));
    const root = sch.getBlock('root');
    expectRefused(sch, 'ROOT_BLOCK', () => sch.sampleComputeLocation(root));
  });
});
