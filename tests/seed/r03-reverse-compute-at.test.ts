/** Row R03: matmul and relu, with the relu moved under the tiles of the matmul. */
import { describe, expect, it } from 'vitest';
import { createSchedule, type Schedule } from '../../shared/schedule/schedule.js';
import { expectSameProgram, expectSound, expectTraceRoundTrip } from '../shared/schedule/harness.js';
import { matmulRelu, program } from '../shared/schedule/programs.js';

function transform(n: number, jFactor: number): Schedule {
  const sch = createSchedule(matmulRelu(n), { verify: true });
  const y = sch.getBlock('Y', 'mm_relu');
  const [, j, k] = sch.getLoops(y, 3);
  const [j0, j1] = sch.split(j, [null, jFactor]);
  sch.reorder(j0, k, j1);
  const c = sch.getBlock('C', 'mm_relu');
  sch.reverseComputeAt(c, j0);
  return sch;
}

describe('R03', () => {
  it('has the nest i(128), j0(16) { k(128), j1(8): Y; ax(8): C } in six steps', () => {
    const sch = transform(128, 8);
    expect(sch.trace.insts).toHaveLength(6);
    expectSameProgram(
      sch.func,
      program(
        ['A', 'B', 'C'].map((name) => `${name}: T.Buffer((128, 128), "float32")`).join(', '),
        `
    Y = T.alloc_buffer((128, 128), "float32")
    for i, j0 in T.grid(128, 16):
        for k, j1 in T.grid(128, 8):
            with T.block("Y"):
                vi = T.axis.spatial(128, i)
                vj = T.axis.spatial(128, j0 * 8 + j1)
                vk = T.axis.reduce(128, k)
                with T.init():
                    Y[vi, vj] = T.float32(0)
                Y[vi, vj] = Y[vi, vj] + A[vi, vk] * B[vk, vj]
        for ax0 in range(8):
            with T.block("C"):
                vi = T.axis.spatial(128, i)
                vj = T.axis.spatial(128, j0 * 8 + ax0)
                C[vi, vj] = T.max(Y[vi, vj], T.float32(0))
`,
      ),
    );
    expectTraceRoundTrip(matmulRelu(128), sch);
  });

  it('computes the same for every factor, also with the reduction decomposed', () => {
    for (const jFactor of [1, 2, 3, 4, 8, 16]) {
      const sch = transform(16, jFactor);
      expectSound(matmulRelu(16), sch);
      const y = sch.getBlock('Y');
      const loops = sch.getLoops(y);
      const k = loops.find((loop) => sch.get(loop).loopVar.name === 'k');
      if (k === undefined) throw new Error('the reduction loop is there');
      sch.decomposeReduction(y, k);
      expectSound(matmulRelu(16), sch);
    }
  });
});
