import { describe, expect, it } from 'vitest';
import { rewriteReductionBlock } from '../../../../server/tuning/postprocs/rewrite-reduction-block.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSound } from '../../../shared/schedule/harness.js';
import { matmul, program, twoElementwise } from '../../../shared/schedule/programs.js';
import { nestsOf } from '../rules/harness.js';

/** The nests of a program after some steps and the postproc, which must change no result. */
function rewritten(func: PrimFunc, steps: (sch: Schedule) => void = () => {}): string[] {
  const sch = createSchedule(func, { verify: true });
  steps(sch);
  expect(rewriteReductionBlock(sch, TARGETS.wasm)).toBe(true);
  expectSound(func, sch);
  return nestsOf(sch.func);
}

describe('rewrite-reduction-block', () => {
  it('initialises a reduction before the outermost loop that reduces', () => {
    expect(rewritten(matmul(4, 6, 5))).toEqual(['C_init: 4 6', 'C_update: 4 6 5']);
    const outerReduction = (sch: Schedule): void => {
      const [i, j, k] = sch.getLoops('C', 3);
      sch.reorder(i, k, j);
    };
    expect(rewritten(matmul(4, 6, 5), outerReduction)).toEqual(['C_init: 4 6', 'C_update: 4 5 6']);
  });

  it('does so within tiles, and leaves what is copied out behind them alone', () => {
    const nests = rewritten(matmul(8), (sch) => {
      const [i, j, k] = sch.getLoops('C', 3);
      const [i0, i1] = sch.split(i, [2, 4]);
      const [k0, k1] = sch.split(k, [4, 2]);
      sch.reorder(i0, j, k0, i1, k1);
      sch.reverseComputeAt(sch.cacheWrite(sch.getBlock('C'), 0, 'global'), j, { preserveUnitLoops: true });
    });
    expect(nests).toEqual(['C_init: 2 8 4', 'C_update: 2 8 4 4 2', 'C_global: 2 8 4 1']);
  });

  it('takes all reductions of a function', () => {
    const { func } = buildWorkload('norm:b=2,m=3,n=4');
    expect(rewritten(func)).toEqual(['C_init: 2', 'C_update: 2 3 4', 'D: 2']);
    const { func: softmax } = buildWorkload('softmax:m=3,n=4');
    const sch = createSchedule(softmax);
    expect(rewriteReductionBlock(sch, TARGETS.wasm)).toBe(true);
    expect([...sch.state.index.blocks.keys()].filter((name) => name.endsWith('_init'))).toHaveLength(2);
    expect([...sch.state.index.blocks.values()].every(({ block }) => block.init === null)).toBe(true);
  });

  it('changes nothing where nothing is reduced, or all loops that reduce are gone', () => {
    for (const func of [
      twoElementwise(4),
      program(
        'A: T.Buffer((4,), "float32"), C: T.Buffer((4,), "float32")',
        `
    for i in range(4):
        with T.block("C"):
            vi = T.axis.spatial(4, i)
            vk = T.axis.reduce(1, 0)
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + A[vi]
`,
      ),
    ]) {
      const sch = createSchedule(func);
      expect(rewriteReductionBlock(sch, TARGETS.wasm)).toBe(true);
      expect(sch.func).toBe(func);
    }
  });

  it('leaves reductions over threads to the code that combines what the threads have', () => {
    const sch = createSchedule(matmul(4));
    const [, , k] = sch.getLoops('C', 3);
    sch.bind(k, 'threadIdx.x');
    const before = sch.func;
    expect(rewriteReductionBlock(sch, TARGETS.wasm)).toBe(true);
    expect(sch.func).toBe(before);
  });
});
