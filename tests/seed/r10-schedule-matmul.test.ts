/** Row R10: the matmul of 128 with j split by 4, reordered, its reduction decomposed. */
import { describe, expect, it } from 'vitest';
import { createSchedule, type Schedule } from '../../shared/schedule/schedule.js';
import { expectSameProgram, expectSound, expectTraceRoundTrip } from '../shared/schedule/harness.js';
import { matmul, program } from '../shared/schedule/programs.js';

function scheduleMatmul(n: number, jFactor = 4): Schedule {
  const sch = createSchedule(matmul(n), { verify: true });
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  const [j0, j1] = sch.split(j, [null, jFactor]);
  sch.reorder(i, j0, k, j1);
  sch.decomposeReduction(block, k);
  return sch;
}

describe('R10', () => {
  it('has the nest i(128), j0(32) { j1_init(4): C_init; k(128), j1(4): C_update } in five steps', () => {
    const sch = scheduleMatmul(128);
    expectSameProgram(
      sch.func,
      program(
        ['A', 'B', 'C'].map((name) => `${name}: T.Buffer((128, 128), "float32")`).join(', '),
        `
    for i, j0 in T.grid(128, 32):
        for j1_init in range(4):
            with T.block("C_init"):
                vi = T.axis.spatial(128, i)
                vj = T.axis.spatial(128, j0 * 4 + j1_init)
                T.reads()
                T.writes(C[vi, vj])
                C[vi, vj] = T.float32(0)
        for k, j1 in T.grid(128, 4):
            with T.block("C_update"):
                vi = T.axis.spatial(128, i)
                vj = T.axis.spatial(128, j0 * 4 + j1)
                vk = T.axis.reduce(128, k)
                T.reads(C[vi, vj], A[vi, vk], B[vk, vj])
                T.writes(C[vi, vj])
                C[vi, vj] = C[vi, vj] + A[vi, vk] * B[vk, vj]
`,
      ),
    );
    expect([...sch.state.index.blocks.keys()]).toEqual(['root', 'C_init', 'C_update']);
    expect(sch.trace.insts.map((inst) => inst.kind)).toEqual([
      'GetSBlock',
      'GetLoops',
      'Split',
      'Reorder',
      'DecomposeReduction',
    ]);
    expectTraceRoundTrip(matmul(128), sch);
  });

  it('computes the same', () => {
    for (const jFactor of [1, 3, 4, 16]) expectSound(matmul(16), scheduleMatmul(16, jFactor));
  });
});
