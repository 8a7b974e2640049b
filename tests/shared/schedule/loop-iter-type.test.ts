import { describe, expect, it } from 'vitest';
import { loopIterType } from '../../../shared/schedule/loop-iter-type.js';
import { createSchedule, type Schedule } from '../../../shared/schedule/schedule.js';
import { matmul, matmulRelu, program } from './programs.js';

/** The type of every loop, outer ones first. */
function typesIn(sch: Schedule): string[] {
  return [...sch.state.index.loops.values()].map(loopIterType);
}

describe('the type of a loop', () => {
  it('is that of the iterators it drives', () => {
    expect(typesIn(createSchedule(matmul(4)))).toEqual(['spatial', 'spatial', 'reduce']);
  });

  it('is spatial when it drives none', () => {
    const repeated = program(
      'A: T.Buffer((4,), "float32")',
      `
    for r, i in T.grid(2, 4):
        with T.block("A"):
            vi = T.axis.spatial(4, i)
            A[vi] = T.float32(1)
`,
    );
    expect(typesIn(createSchedule(repeated))).toEqual(['spatial', 'spatial']);
  });

  it('is neither when it drives iterators of both types, in one block or in several', () => {
    const fused = createSchedule(matmul(4));
    const [, j, k] = fused.getLoops('C', 3);
    fused.fuse(j, k);
    expect(typesIn(fused)).toEqual(['spatial', 'other']);
  });

  it('regards all blocks under the loop', () => {
    const sch = createSchedule(matmulRelu(4));
    const [i] = sch.getLoops('Y', 3);
    sch.reverseComputeAt(sch.getBlock('C'), i, { preserveUnitLoops: true });
    expect(typesIn(sch)).toEqual(['spatial', 'spatial', 'reduce', 'spatial', 'spatial']);
  });
});
