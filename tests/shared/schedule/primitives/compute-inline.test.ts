import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectSameProgram, expectSound } from '../harness.js';
import { program, twoElementwise } from '../programs.js';

const SQUARE = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';
const VECTORS = 'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")';

const CONSUMER = { P: 'Q', Q: 'R', R: 'C' } as const;

describe('compute_inline', () => {
  it('puts the value of an elementwise block where it is used, and drops its buffer', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    sch.computeInline(sch.getBlock('B'));
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    for i, j in T.grid(8, 8):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = A[vi, vj] * T.float32(2) + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it('computes it anew in each of several uses, with the indices of each', () => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((8, 8), "float32")
    for i, j in T.grid(8, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vj, vi] = A[vi] + A[7 - vj]
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[vi, 3] * B[2, vi]
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = B[vi, vi]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.computeInline(sch.getBlock('B'));
    expectSameProgram(
      sch.func,
      program(
        VECTORS,
        `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            T.reads(A[0:8])
            T.writes(C[vi])
            C[vi] = (A[3] + A[7 - vi]) * (A[vi] + A[5])
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            T.reads(A[0:8])
            T.writes(D[vi])
            D[vi] = A[vi] + A[7 - vi]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('lets a window read its padding directly', () => {
    const original = program(
      'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32")',
      `
    P = T.alloc_buffer((10,), "float32")
    for i in range(10):
        with T.block("P"):
            vi = T.axis.spatial(10, i)
            P[vi] = T.if_then_else(vi >= 1 and vi < 9, A[vi - 1], T.float32(0))
    for i, k in T.grid(8, 3):
        with T.block("C"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + P[vi + vk]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.computeInline(sch.getBlock('P'));
    expect(sch.func.root.allocBuffers).toEqual([]);
    expect(sch.get(sch.getBlock('C')).reads.map((r) => r.buffer.name)).toEqual(['A']);
    expectSound(original, sch);
  });

  it('drops a block that nothing uses', () => {
    const original = program(
      VECTORS,
      `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi]
`,
    );
    const sch = createSchedule(original, { verify: true });
    sch.computeInline(sch.getBlock('B'));
    expectSameProgram(
      sch.func,
      program(
        VECTORS,
        `
    for i in range(8):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('may inline what overhanging tiles guard', () => {
    const original = twoElementwise(8);
    const sch = createSchedule(original, { verify: true });
    const b = sch.getBlock('B');
    const [, bj] = sch.getLoops(b, 2);
    const [, cj] = sch.getLoops('C', 2);
    sch.split(bj, [null, 3]);
    sch.split(cj, [null, 5]);
    sch.computeInline(b);
    expectSameProgram(
      sch.func,
      program(
        SQUARE,
        `
    for i, j0, j1 in T.grid(8, 2, 5):
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            vj = T.axis.spatial(8, j0 * 5 + j1)
            T.where(j0 * 5 + j1 < 8)
            C[vi, vj] = A[vi, vj] * T.float32(2) + T.float32(1)
`,
      ),
    );
    expectSound(original, sch);
  });

  it('keeps the meaning of a chain, in whichever order and direction it is inlined', () => {
    const size = fc.integer({ min: 1, max: 6 });
    const order = fc.shuffledSubarray(['P', 'Q', 'R'] as const, { minLength: 1 });
    fc.assert(
      fc.property(size, size, order, fc.boolean(), fc.integer({ min: 1, max: 4 }), (n, m, names, back, t) => {
        const original = program(
          `A: T.Buffer((${n}, ${m}), "float32"), C: T.Buffer((${m}, ${n}), "float32")`,
          `
    P = T.alloc_buffer((${n}, 1, ${m}), "float32")
    Q = T.alloc_buffer((${m}, ${n}), "float32")
    R = T.alloc_buffer((${m}, ${n}), "float32")
    for i, j in T.grid(${n}, ${m}):
        with T.block("P"):
            vi, vj = T.axis.remap("SS", [i, j])
            vo = T.axis.spatial(1, 0)
            P[vi, vo, vj] = A[${n - 1} - vi, vj] * T.float32(2)
    for i, j in T.grid(${m}, ${n}):
        with T.block("Q"):
            vi, vj = T.axis.remap("SS", [i, j])
            Q[vi, vj] = P[vj, 0, vi] + P[vj, 0, vi] * P[vj, 0, vi]
    for i, j in T.grid(${m}, ${n}):
        with T.block("R"):
            vi, vj = T.axis.remap("SS", [i, j])
            R[vi, vj] = Q[vi, vj] - T.float32(1)
    for i, j in T.grid(${m}, ${n}):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = T.max(R[vi, vj], T.float32(0))
`,
        );
        const sch = createSchedule(original, { verify: true });
        for (const name of ['P', 'Q', 'R', 'C']) {
          const [i] = sch.getLoops(name, 2);
          sch.split(i, [null, t]);
        }
        for (const name of names) {
          if (back) sch.reverseComputeInline(sch.getBlock(CONSUMER[name]));
          else sch.computeInline(sch.getBlock(name));
        }
        expect(sch.func.root.allocBuffers).toHaveLength(3 - names.length);
        expectSound(original, sch);
      }),
      { numRuns: 40 },
    );
  });
});
