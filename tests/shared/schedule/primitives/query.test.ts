import { describe, expect, it } from 'vitest';
import type { BlockRV } from '../../../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSound } from '../harness.js';
import { matmulRelu, program } from '../programs.js';

const names = (sch: Schedule, blocks: readonly BlockRV[]): string[] => blocks.map((rv) => sch.get(rv).name);

const DIAMOND = program(
  'A: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")',
  `
    B = T.alloc_buffer((8,), "float32")
    C = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi] + B[vi]
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = B[vi] + C[vi]
`,
);

describe('get_block and get_loops', () => {
  it('find blocks by name and loops by block or by block name', () => {
    const original = matmulRelu(4);
    const sch = createSchedule(original);
    const y = sch.getBlock('Y', 'mm_relu');
    expect(sch.get(y).name).toBe('Y');
    expect(sch.getLoops(y).map((loop) => sch.get(loop).loopVar.name)).toEqual(['i', 'j', 'k']);
    expect(sch.getLoops('C')).toHaveLength(2);
    expect(sch.getLoops(sch.getBlock('root'))).toEqual([]);
    expectSound(original, sch);
  });

  it('refuse a name that there is not, and another number of loops', () => {
    const sch = createSchedule(matmulRelu(4));
    const error = expectRefused(sch, 'UNKNOWN_BLOCK', () => sch.getBlock('Z'));
    expect(error.message).toMatch(/no block Z; there are root, Y, C/);
    const y = sch.getBlock('Y');
    expectRefused(sch, 'OUTPUT_COUNT', () => sch.getLoops(y, 2));
  });

  it('stop at the block around', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32")',
        `
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            T.writes(A[vi, 0:8])
            for j in range(8):
                with T.block("inner"):
                    vj = T.axis.spatial(8, j)
                    A[vi, vj] = T.float32(1)
`,
      ),
    );
    expect(sch.getLoops('inner').map((loop) => sch.get(loop).loopVar.name)).toEqual(['j']);
    expect(names(sch, sch.getChildBlocks(sch.getBlock('outer')))).toEqual(['inner']);
    expect(names(sch, sch.getChildBlocks(sch.getBlock('root')))).toEqual(['outer']);
  });
});

describe('get_child_blocks, get_producers, get_consumers', () => {
  it('follow the data in program order', () => {
    const sch = createSchedule(DIAMOND);
    const [b, c, d] = [sch.getBlock('B'), sch.getBlock('C'), sch.getBlock('D')];
    expect(names(sch, sch.getConsumers(b))).toEqual(['C', 'D']);
    expect(names(sch, sch.getConsumers(d))).toEqual([]);
    expect(names(sch, sch.getProducers(d))).toEqual(['B', 'C']);
    expect(names(sch, sch.getProducers(c))).toEqual(['B']);
    expect(names(sch, sch.getProducers(b))).toEqual([]);
    const [shared] = sch.getLoops(b, 1);
    expect(names(sch, sch.getChildBlocks(shared))).toEqual(['B', 'C']);
    expect(names(sch, sch.getChildBlocks(sch.getBlock('root')))).toEqual(['B', 'C', 'D']);
    expectSound(DIAMOND, sch);
  });

  it('do not look at what is read before it is written', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")',
        `
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = T.float32(0)
`,
      ),
    );
    expect(sch.getProducers(sch.getBlock('B'))).toEqual([]);
    expect(sch.getConsumers(sch.getBlock('A'))).toEqual([]);
    const root = sch.getBlock('root');
    expectRefused(sch, 'ROOT_BLOCK', () => sch.getProducers(root));
  });
});

describe('get_output_blocks', () => {
  it('gives the blocks that write parameters, or buffers of scopes around', () => {
    const sch = createSchedule(matmulRelu(8), { verify: true });
    expect(names(sch, sch.getOutputBlocks(sch.getBlock('root')))).toEqual(['C']);
    expect(names(sch, sch.getOutputBlocks(sch.getBlock('Y')))).toEqual([]);
    sch.loopPartition(sch.getLoops('Y', 3)[0], [4]);
    expect(names(sch, sch.getOutputBlocks(sch.getBlock('Y_i0_partition')))).toEqual(['Y_i0']);
    expectSound(matmulRelu(8), sch);
  });
});
