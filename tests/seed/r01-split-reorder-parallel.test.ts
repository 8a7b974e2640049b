/** Row R01: a vector addition of 128 elements is split by [None, 4, 4], reordered and run in parallel. */
import { describe, expect, it } from 'vitest';
import { interpret } from '../../shared/ir/interpret.js';
import { createSchedule } from '../../shared/schedule/schedule.js';
import { expectSameProgram, expectSound, nestOf } from '../shared/schedule/harness.js';
import { program, vectorAdd } from '../shared/schedule/programs.js';

function transform(factors: readonly (number | null)[]) {
  const sch = createSchedule(vectorAdd(128), { verify: true });
  const block = sch.getBlock('C');
  const [i] = sch.getLoops(block, 1);
  return { sch, block, loops: sch.split(i, factors) };
}

function sumOfRange(func: ReturnType<typeof vectorAdd>): number[] {
  const a = Float32Array.from({ length: 128 }, (_, i) => i);
  const b = new Float32Array(128).fill(1);
  const c = new Float32Array(128);
  interpret(func, [a, b, c]);
  return [...c];
}

const ONE_TO_128 = Array.from({ length: 128 }, (_, i) => i + 1);

describe('R01', () => {
  it('shows the extents, the order and the index after each step', () => {
    const { sch, loops } = transform([null, 4, 4]);
    const [i0, i1, i2] = loops;
    if (i0 === undefined || i1 === undefined || i2 === undefined)
      throw new Error('three factors give three loops');
    expect(nestOf(sch.func)).toEqual(['i_0:8', 'i_1:4', 'i_2:4']);
    sch.reorder(i2, i1);
    expect(nestOf(sch.func)).toEqual(['i_0:8', 'i_2:4', 'i_1:4']);
    sch.parallel(i0);
    expect(nestOf(sch.func)).toEqual(['i_0:8 parallel', 'i_2:4', 'i_1:4']);
    expectSameProgram(
      sch.func,
      program(
        ['A', 'B', 'C'].map((name) => `${name}: T.Buffer((128,), "float32")`).join(', '),
        `
    for i0 in T.parallel(8):
        for i2, i1 in T.grid(4, 4):
            with T.block("C"):
                vi = T.axis.spatial(128, i0 * 16 + i1 * 4 + i2)
                C[vi] = A[vi] + B[vi]
`,
      ),
    );
    expect(sch.trace.insts).toHaveLength(5);
    expect(sumOfRange(sch.func)).toEqual(ONE_TO_128);
    expectSound(vectorAdd(128), sch);
  });

  it('guards a tile that does not divide, and is exact all the same', () => {
    const { sch, block } = transform([null, 5]);
    expect(nestOf(sch.func)).toEqual(['i_0:26', 'i_1:5']);
    const realize = sch.state.index.blocks.get(sch.get(block).name)?.realize;
    expect(realize?.predicate.kind).toBe('Compare');
    expect(sumOfRange(sch.func)).toEqual(ONE_TO_128);
  });
});
