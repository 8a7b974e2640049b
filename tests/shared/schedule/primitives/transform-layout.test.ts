import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexMap, type IndexMap } from '../../../../shared/arith/index-map.js';
import { add, floordiv, floormod, mul } from '../../../../shared/ir/build.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { traceToJson, traceToText } from '../../../../shared/schedule/trace.js';
import { nestOf, expectRefused, expectSameProgram, expectSound } from '../harness.js';
import { matmul, program, twoElementwise } from '../programs.js';

const packed = (tile: number): IndexMap =>
  indexMap((i, j) => [floordiv(i, tile), floordiv(j, tile), floormod(i, tile), floormod(j, tile)]);

const IN_OUT = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';

/** The blocks B (A * 2) and C (B + 1) with loops and iterators of one's own choice. */
function pair(n: number, m = n): ReturnType<typeof program> {
  return program(
    `A: T.Buffer((${n}, ${m}), "float32"), C: T.Buffer((${n}, ${m}), "float32")`,
    `
    B = T.alloc_buffer((${n}, ${m}), "float32")
    for i, j in T.grid(${n}, ${m}):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj] * T.float32(2)
    for i, j in T.grid(${n}, ${m}):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = B[vi, vj] + T.float32(1)
`,
  );
}

describe('transform_layout', () => {
  it('rewrites all accesses, and gives a plain writer loops along the new dimensions', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const b = sch.getBlock('B');
    const [old] = sch.getLoops(b, 2);
    sch.transformLayout(b, 0, 'write', packed(4));
    expectSameProgram(
      sch.func,
      program(
        IN_OUT,
        `
    B = T.alloc_buffer((2, 2, 4, 4), "float32")
    for ax0, ax1, ax2, ax3 in T.grid(2, 2, 4, 4):
        with T.block("B"):
            v0, v1, v2, v3 = T.axis.remap("SSSS", [ax0, ax1, ax2, ax3])
            B[v0, v1, v2, v3] = A[v0 * 4 + v2, v1 * 4 + v3] * T.float32(2)
    for i, j in T.grid(8, 8):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = B[vi // 4, vj // 4, vi % 4, vj % 4] + T.float32(1)
`,
      ),
    );
    expectRefused(sch, 'UNKNOWN_LOOP', () => sch.get(old));
    sch.vectorize(sch.getLoops(b, 4)[3]);
    expectSound(original, sch);
  });

  it('finds the buffer among the reads as well', () => {
    const [byWriter, byReader] = (['write', 'read'] as const).map((access) => {
      const sch = createSchedule(twoElementwise(8), { verify: true });
      sch.transformLayout(sch.getBlock(access === 'write' ? 'B' : 'C'), 0, access, packed(2));
      return sch.func;
    });
    if (byWriter === undefined || byReader === undefined) throw new Error('two were made');
    expectSameProgram(byReader, byWriter);
  });

  it('simplifies indices under the loops around an access', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const c = sch.getBlock('C');
    const [i, j] = sch.getLoops(c, 2);
    const [i0, i1] = sch.split(i, [2, 4]);
    const [j0, j1] = sch.split(j, [2, 4]);
    sch.reorder(i0, j0, i1, j1);
    const copy = sch.cacheRead(c, 0, 'local');
    sch.computeAt(copy, j0);
    sch.transformLayout(sch.getBlock('B'), 0, 'write', packed(4));
    expectSound(original, sch);
  });

  it('leaves a writer that is not plain its loops and iterators', () => {
    const kept = (schedule: (sch: Schedule) => void): string[] => {
      const original = twoElementwise(8);
      const sch = createSchedule(original, { verify: true });
      schedule(sch);
      sch.transformLayout(sch.getBlock('B'), 0, 'write', packed(4));
      expectSound(original, sch);
      return sch.getLoops('B').map((loop) => sch.get(loop).loopVar.name);
    };
    expect(kept((sch) => void sch.split(sch.getLoops('B', 2)[1], [2, 4]))).toEqual(['i', 'j_0', 'j_1']);
    expect(kept((sch) => sch.reorder(...sch.getLoops('B', 2).toReversed()))).toEqual(['j', 'i']);
    expect(kept((sch) => sch.parallel(sch.getLoops('B', 2)[0]))).toEqual(['i', 'j']);
    expect(kept((sch) => sch.annotate(sch.getLoops('B', 2)[0], 'note', 1))).toEqual(['i', 'j']);
    const [, j] = kept((sch) => sch.computeAt(sch.getBlock('B'), sch.getLoops('C', 2)[0]));
    expect(j).toBe('ax0');
    expect(kept(() => {})).toEqual(['ax0', 'ax1', 'ax2', 'ax3']);
  });

  it('packs an operand for a vectorized inner loop', () => {
    const original = matmul(4, 8, 6);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const copy = sch.cacheRead(block, 1, 'global');
    sch.transformLayout(
      copy,
      0,
      'write',
      indexMap((k, j) => [floordiv(j, 4), k, floormod(j, 4)]),
    );
    const [, , lanes] = sch.getLoops(copy, 3);
    sch.vectorize(lanes);
    const [i, j, k] = sch.getLoops(block, 3);
    const [j0, j1] = sch.split(j, [2, 4]);
    sch.reorder(j0, i, k, j1);
    sch.vectorize(j1);
    expectSound(original, sch);
    expect(sch.get(copy).writes[0]?.buffer.shape).toEqual([2, 6, 4]);
    expect(nestOf(sch.func)).toEqual([]);
  });

  it('changes the layout of what a reduction accumulates', () => {
    const original = matmul(4, 8, 3);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    sch.cacheWrite(block, 0, 'global');
    sch.transformLayout(
      block,
      0,
      'write',
      indexMap((i, j) => [floordiv(j, 4), i, floormod(j, 4)]),
    );
    expect(sch.get(block).writes[0]?.buffer.shape).toEqual([2, 4, 4]);
    expectSound(original, sch);
  });

  it('fills padding in the writer when it is told with what', () => {
    const original = pair(3, 10);
    const sch = createSchedule(original, { verify: true });
    const b = sch.getBlock('B');
    sch.transformLayout(
      b,
      0,
      'write',
      indexMap((i, j) => [floordiv(j, 4), i, floormod(j, 4)]),
      { padValue: 0 },
    );
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((3, 10), "float32"), C: T.Buffer((3, 10), "float32")',
        `
    B = T.alloc_buffer((3, 3, 4), "float32")
    for ax0, ax1, ax2 in T.grid(3, 3, 4):
        with T.block("B"):
            v0, v1, v2 = T.axis.remap("SSS", [ax0, ax1, ax2])
            T.reads(A[v1, v0 * 4 + v2])
            T.writes(B[v0, v1, v2])
            B[v0, v1, v2] = T.if_then_else(v0 * 4 + v2 < 10, A[v1, v0 * 4 + v2] * T.float32(2), T.float32(0))
    for i, j in T.grid(3, 10):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = B[vj // 4, vi, vj % 4] + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it('leaves padding alone when the map is said to be injective', () => {
    const original = pair(3, 10);
    const sch = createSchedule(original, { verify: true });
    const b = sch.getBlock('B');
    const map = indexMap((i, j) => [i, floordiv(j, 4), floormod(j, 4)]);
    sch.transformLayout(b, 0, 'write', map, { assumeInjective: true });
    expect(sch.getLoops(b)).toHaveLength(2);
    expect(sch.get(b).writes[0]?.buffer.shape).toEqual([3, 3, 4]);
    expectSound(original, sch);
  });

  it('keeps the meaning of any program of two blocks under any map', () => {
    const tile = fc.integer({ min: 1, max: 5 });
    const size = fc.integer({ min: 1, max: 9 });
    const maps: ((s: number, t: number) => IndexMap)[] = [
      (s, t) => indexMap((i, j) => [floordiv(i, s), floordiv(j, t), floormod(i, s), floormod(j, t)]),
      (s, t) => indexMap((i, j) => [floordiv(j, s * t), i, floormod(floordiv(j, t), s), floormod(j, t)]),
      (_s, t) => indexMap((i, j) => [floormod(i, t), add(mul(floordiv(i, t), 9), j)]),
      () => indexMap((i, j) => [j, i]),
    ];
    fc.assert(
      fc.property(fc.nat(3), size, size, tile, tile, fc.nat(2), (which, n, m, s, t, step) => {
        const map = maps[which]?.(s, t);
        if (map === undefined) return;
        const original = pair(n, which === 2 ? 9 : m);
        const sch = createSchedule(original, { verify: true });
        if (step === 1) sch.split(sch.getLoops('C', 2)[1], [null, s]);
        if (step === 2)
          sch.computeAt(sch.getBlock('B'), sch.getLoops('C', 2)[0], { preserveUnitLoops: true });
        sch.transformLayout(
          sch.getBlock('C'),
          0,
          'read',
          map,
          step === 2 ? { assumeInjective: true } : { padValue: 7 },
        );
        expectSound(original, sch);
      }),
      { numRuns: 100 },
    );
  });

  it('is recorded with the map as text', () => {
    const sch = createSchedule(twoElementwise(8));
    sch.transformLayout(sch.getBlock('B'), 0, 'write', packed(4), { padValue: 0 });
    expect(traceToJson(sch.trace)[0][1]).toEqual([
      'TransformLayout',
      ['b0', 'lambda i0, i1: (i0 // 4, i1 // 4, i0 % 4, i1 % 4,)'],
      [0, 1, 0, 0],
      [],
    ]);
    expect(traceToText(sch.trace)).toContain(
      'sch.transform_layout(block=b0, buffer=("write", 0), index_map=lambda i0, i1: (i0 // 4, i1 // 4, i0 % 4, i1 % 4,), pad_value=0, assume_injective_transform=False)',
    );
  });
});

describe('transform_layout refuses', () => {
  const schedule = () => {
    const sch = createSchedule(pair(6, 8), { verify: true });
    return { sch, b: sch.getBlock('B'), c: sch.getBlock('C') };
  };

  it('buffers that the block does not access, and parameters', () => {
    const { sch, b, c } = schedule();
    expectRefused(sch, 'BUFFER_INDEX_OUT_OF_RANGE', () => sch.transformLayout(b, 1, 'write', packed(2)));
    expectRefused(sch, 'BUFFER_INDEX_OUT_OF_RANGE', () => sch.transformLayout(b, -1, 'read', packed(2)));
    expectRefused(sch, 'PARAMETER_LAYOUT', () => sch.transformLayout(b, 0, 'read', packed(2)));
    expectRefused(sch, 'PARAMETER_LAYOUT', () => sch.transformLayout(c, 0, 'write', packed(2)));
  });

  it('maps that are no rearrangement', () => {
    const { sch, b } = schedule();
    const refused = (map: IndexMap): unknown =>
      expectRefused(sch, 'NOT_BIJECTIVE_INDEX_MAP', () =>
        sch.transformLayout(b, 0, 'write', map, { padValue: 0, assumeInjective: true }),
      );
    refused(indexMap((i, j) => [add(i, j)]));
    refused(indexMap((i) => [i]));
    refused(indexMap((i, _j) => [i, i]));
    refused(indexMap((i, j) => [add(i, 1), j]));
    refused(indexMap((i, j) => [mul(i, 2), j]));
    refused(indexMap(() => []));
    refused(indexMap((i, j) => [floordiv(i, j), j]));
  });

  it('padding that was not asked for, or cannot be filled', () => {
    const { sch, b } = schedule();
    const map = packed(4);
    expectRefused(sch, 'TRANSFORMATION_INTRODUCES_PADDING', () => sch.transformLayout(b, 0, 'write', map));
    expectRefused(sch, 'INVALID_PADDING', () => sch.transformLayout(b, 0, 'write', map, { padValue: NaN }));
    sch.split(sch.getLoops(b, 2)[0], [2, 3]);
    expectRefused(sch, 'INVALID_PADDING', () => sch.transformLayout(b, 0, 'write', map, { padValue: 0 }));
    const huge = indexMap((i, j) => [floordiv(i, 100_000_000), floormod(i, 100_000_000), j]);
    expectRefused(sch, 'BAD_ARGUMENT', () =>
      sch.transformLayout(b, 0, 'write', huge, { assumeInjective: true }),
    );
  });
});
