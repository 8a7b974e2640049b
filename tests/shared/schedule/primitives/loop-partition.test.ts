import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { constInt } from '../../../../shared/ir/build.js';
import type { LoopRV } from '../../../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { traceToJson, traceToText } from '../../../../shared/schedule/trace.js';
import { expectRefused, expectSameProgram, expectSound } from '../harness.js';
import { elementwise3d, matmul, program, twoElementwise, vectorAdd } from '../programs.js';

const rangesOf = (sch: Schedule, loops: readonly LoopRV[]): (number | null)[][] =>
  loops.map((rv) => {
    const { min, extent } = sch.get(rv);
    return [constInt(min), constInt(extent)];
  });

describe('loop_partition', () => {
  it('makes a scope for every part, with copies of the blocks', () => {
    const original = vectorAdd(13);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 1);
    const loops = sch.loopPartition(i, [8, null]);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((13,), "float32"), B: T.Buffer((13,), "float32"), C: T.Buffer((13,), "float32")',
        `
    with T.block("C_i_common"):
        vo = T.axis.opaque(1, 0)
        T.reads(A[0:13], B[0:13])
        T.writes(C[0:13])
        with T.block("C_i0_partition"):
            T.reads(A[0:8], B[0:8])
            T.writes(C[0:8])
            for i0 in range(8):
                with T.block("C_i0"):
                    vi = T.axis.spatial(13, i0)
                    C[vi] = A[vi] + B[vi]
        with T.block("C_i1_partition"):
            T.reads(A[8:13], B[8:13])
            T.writes(C[8:13])
            for i1 in range(8, 13):
                with T.block("C_i1"):
                    vi = T.axis.spatial(13, i1)
                    C[vi] = A[vi] + B[vi]
`,
      ),
    );
    expect([...sch.state.index.blocks.keys()]).toEqual([
      'root',
      'C_i_common',
      'C_i0_partition',
      'C_i0',
      'C_i1_partition',
      'C_i1',
    ]);
    expect(loops.map((loop) => sch.get(loop).loopVar.name)).toEqual(['i0', 'i1']);
    expectSound(original, sch);
  });

  it.each([
    [
      [2, 1, 64],
      [2, 1, 64, 61],
    ],
    [
      [null, 1, 64],
      [63, 1, 64],
    ],
    [
      [1, 64, null],
      [1, 64, 63],
    ],
    [[128], [128]],
    [
      [64, 64],
      [64, 64],
    ],
    [[null], [128]],
  ])('cuts 128 iterations by %j into %j', (factors, lengths) => {
    const sch = createSchedule(vectorAdd(128), { verify: true });
    const [i] = sch.getLoops('C', 1);
    const loops = sch.loopPartition(i, factors);
    expect(rangesOf(sch, loops).map(([, extent]) => extent)).toEqual(lengths);
    expect(rangesOf(sch, loops).map(([min]) => min)).toEqual(
      lengths.map((_, p) => lengths.slice(0, p).reduce((a, b) => a + b, 0)),
    );
    expectSound(vectorAdd(128), sch);
  });

  it('may be applied again inside of a part', () => {
    const original = elementwise3d(12, 10, 3);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('B', 3);
    sch.loopPartition(i, [2, 1, 4]);
    const [, j] = sch.getLoops('B_i0', 3);
    const parts = sch.loopPartition(j, [4, 3]);
    expect(rangesOf(sch, parts)).toEqual([
      [0, 4],
      [4, 3],
      [7, 3],
    ]);
    expect(sch.state.index.blocks.has('B_i0_j1_partition')).toBe(true);
    expectSound(original, sch);
  });

  it('drops the predicate where it always holds', () => {
    const original = vectorAdd(13);
    const sch = createSchedule(original, { verify: true });
    const [i] = sch.getLoops('C', 1);
    const [outer] = sch.split(i, [4, 4]);
    sch.loopPartition(outer, [3, null]);
    const predicates = ['C_i_00', 'C_i_01'].map(
      (name) => sch.state.index.blocks.get(name)?.realize?.predicate.kind,
    );
    expect(predicates).toEqual(['IntImm', 'Compare']);
    const [, inner] = sch.getLoops('C_i_00', 2);
    sch.vectorize(inner);
    expectSound(original, sch);
  });

  it('puts numbers for loops of one iteration where it is told to', () => {
    const original = vectorAdd(5);
    const values = (preserveUnitIters: boolean): (string | undefined)[] => {
      const sch = createSchedule(original, { verify: true });
      sch.loopPartition(sch.getLoops('C', 1)[0], [4, 1], { preserveUnitIters });
      expectSound(original, sch);
      return ['C_i0', 'C_i1'].map((name) => sch.state.index.blocks.get(name)?.realize?.iterValues[0]?.kind);
    };
    expect(values(true)).toEqual(['Var', 'Var']);
    expect(values(false)).toEqual(['Var', 'IntImm']);
  });

  it('goes on with a reduction in later parts of its loop, and restarts it in parts of another', () => {
    const original = matmul(4, 6, 8);
    const reduced = createSchedule(original, { verify: true });
    const [i, j, k] = reduced.getLoops('C', 3);
    reduced.loopPartition(k, [5, 2]);
    const block = (name: string) => reduced.get(reduced.getBlock(name));
    expect([block('C_k0').init === null, block('C_k1').init === null]).toEqual([false, true]);
    expect(block('C_k1').reads.map((r) => r.buffer.name)).toEqual(['C', 'A', 'B']);
    expect(block('C_k_common').reads.map((r) => r.buffer.name)).toContain('C');
    expectSound(original, reduced);
    const rest = reduced.getBlock('C_k1');
    const [k1] = reduced.getLoops(rest, 1);
    expectRefused(reduced, 'NOT_REDUCTION_BLOCK', () => reduced.decomposeReduction(rest, k1));
    expectRefused(reduced, 'NOT_COMPACT_DATA_FLOW', () => reduced.parallel(i));
    expectRefused(reduced, 'WRONG_BLOCK_ITER_TYPE', () => reduced.reorder(j, i));

    const spatial = createSchedule(original, { verify: true });
    spatial.loopPartition(spatial.getLoops('C', 3)[1], [4]);
    const second = spatial.getBlock('C_j1');
    const [j1, k2] = spatial.getLoops(second, 2);
    spatial.reorder(k2, j1);
    spatial.decomposeReduction(second, k2);
    expectSound(original, spatial);
  });

  it('keeps temporaries of nested blocks apart, and what follows in order', () => {
    const original = twoElementwise(6);
    const sch = createSchedule(original, { verify: true });
    const [i, j] = sch.getLoops('C', 2);
    sch.computeAt(sch.getBlock('B'), i);
    sch.loopPartition(j, [2]);
    expect(sch.getProducers(sch.getBlock('C_j_common')).map((rv) => sch.get(rv).name)).toEqual(['B']);
    sch.loopPartition(i, [4]);
    expect(sch.state.index.blocks.has('B_i1')).toBe(true);
    expect(sch.state.index.blocks.has('C_j1_partition_i1')).toBe(true);
    expectSound(original, sch);
  });

  it('keeps the meaning for any cut of any loop', () => {
    const size = fc.integer({ min: 1, max: 6 });
    const part = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(size, size, size, fc.nat(2), part, part, fc.boolean(), (n, m, l, which, p, q, split) => {
        const original = matmul(n, m, l);
        const sch = createSchedule(original, { verify: true });
        let [loop] = sch.getLoops('C', 3).slice(which);
        if (loop !== undefined && split) [loop] = sch.split(loop, [null, 2]);
        if (loop === undefined) return;
        const extent = constInt(sch.get(loop).extent) ?? 0;
        if (p + q > extent) {
          const target = loop;
          expectRefused(sch, 'WRONG_FACTOR_SUM', () => sch.loopPartition(target, [p, q]));
          return;
        }
        sch.loopPartition(loop, [p, q]);
        expectSound(original, sch);
      }),
      { numRuns: 60 },
    );
  });

  it('allows parts in which nothing runs', () => {
    const original = vectorAdd(3);
    for (const preserveUnitIters of [true, false]) {
      const sch = createSchedule(original, { verify: true });
      const [, inner] = sch.split(sch.getLoops('C', 1)[0], [null, 4]);
      sch.loopPartition(inner, [2, null, 1], { preserveUnitIters });
      expectSound(original, sch);
    }
  });

  it('allows parts that read nothing but padding, and a copy of it', () => {
    const original = program(
      'A: T.Buffer((4,), "float32"), C: T.Buffer((6,), "float32")',
      `
    for i in range(6):
        with T.block("C"):
            vi = T.axis.spatial(6, i)
            T.reads(A[vi - 1])
            T.writes(C[vi])
            C[vi] = T.if_then_else(vi >= 1 and vi < 5, A[vi - 1], T.float32(0))
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.loopPartition(sch.getLoops('C', 1)[0], [1, 4]);
    for (const part of ['C_i0_partition', 'C_i2_partition']) sch.cacheRead(sch.getBlock(part), 0, 'global');
    expectSound(original, sch);
  });

  it('is recorded as TVM records it', () => {
    const sch = createSchedule(vectorAdd(8));
    const [i] = sch.getLoops('C', 1);
    sch.loopPartition(i, [null, 2]);
    expect(traceToJson(sch.trace)[0].at(-1)).toEqual(['LoopPartition', ['l1', 'None', 2], [1], ['l2', 'l3']]);
    expect(traceToText(sch.trace)).toContain(
      'l2, l3 = sch.loop_partition(loop=l1, factors=[None, 2], preserve_unit_iters=True)',
    );
  });

  it('refuses loops and factors that cannot be cut so', () => {
    const sch = createSchedule(elementwise3d(8), { verify: true });
    const [i, j, k] = sch.getLoops('B', 3);
    sch.annotate(j, 'note', 1);
    sch.bind(k, 'threadIdx.x');
    for (const loop of [j, k])
      expectRefused(sch, 'HAS_ANNOTATION_OR_THREAD_BINDING', () => sch.loopPartition(loop, [2]));
    expectRefused(sch, 'BAD_ARGUMENT', () => sch.loopPartition(i, []));
    expectRefused(sch, 'NOT_SINGLE_INFER_FACTOR', () => sch.loopPartition(i, [null, null]));
    for (const factors of [[-2, -4], [0, null], [null, -1], [1.5]])
      expectRefused(sch, 'NON_POSITIVE_FACTOR', () => sch.loopPartition(i, factors));
    for (const factors of [
      [1000, 2, 3],
      [5, 4],
      [8, null],
    ])
      expectRefused(sch, 'WRONG_FACTOR_SUM', () => sch.loopPartition(i, factors));
    const [, second] = sch.loopPartition(i, [4]);
    if (second === undefined) throw new Error('there are two parts');
    expectRefused(sch, 'LOOP_NOT_START_WITH_ZERO', () => sch.loopPartition(second, [2]));
  });

  it('refuses ranges that vary, and reductions whose start is not certain', () => {
    const triangle = (extent: string, value: string) =>
      program(
        'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8,), "float32")',
        `
    for i in range(8):
        for k in range(${extent}):
            with T.block("C"):
                vi = T.axis.spatial(8, i)
                vk = T.axis.reduce(8, ${value})
                with T.init():
                    C[vi] = T.float32(0)
                C[vi] = C[vi] + A[vi, vk]
`,
      );
    const cut = (sch: Schedule): unknown => sch.loopPartition(sch.getLoops('C', 2)[1], [1]);
    const varying = createSchedule(triangle('i + 1', 'k'));
    varying.getLoops('C', 2);
    const [, k] = varying.getLoops('C', 2);
    expectRefused(varying, 'SYMBOLIC_EXTENT', () => varying.loopPartition(k, [1]));
    const uncertain = createSchedule(triangle('8', '7 - k'));
    const [, reversed] = uncertain.getLoops('C', 2);
    expectRefused(uncertain, 'NOT_AFFINE_BINDING', () => uncertain.loopPartition(reversed, [1]));
    cut(createSchedule(triangle('8', 'k')));
  });
});
