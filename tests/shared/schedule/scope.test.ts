import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { isStagePipeline } from '../../../shared/schedule/region-cover.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { incompleteness, irreducibility, isOutputBlock } from '../../../shared/schedule/scope.js';
import { createState, innerBlockEntry } from '../../../shared/schedule/state.js';
import { matmul, matmulRelu, program, twoElementwise } from './programs.js';

function judge(func: PrimFunc, name: string): { complete: number; reduction: number } {
  const entry = innerBlockEntry(createState(func), name, 'test');
  const peers = entry.scope.children;
  return { complete: incompleteness(entry, peers), reduction: irreducibility(entry, peers) };
}

const stagePipeline = (func: PrimFunc): boolean => isStagePipeline(createState(func).index.root);

const VECTORS = 'A: T.Buffer((16,), "float32"), B: T.Buffer((16,), "float32"), C: T.Buffer((16,), "float32")';

describe('a complete block', () => {
  it('has spatial iterators only, is the only writer, and reads nothing it writes', () => {
    expect(judge(twoElementwise(4), 'B').complete).toBe(0);
    expect(judge(matmul(4), 'C').complete).toBe(1);
    const twice = program(
      VECTORS,
      `
    for i in range(8):
        with T.block("low"):
            vi = T.axis.spatial(8, i)
            C[vi] = A[vi]
    for i in range(8):
        with T.block("high"):
            vi = T.axis.spatial(8, i)
            C[vi + 8] = B[vi]
`,
    );
    expect(judge(twice, 'low').complete).toBe(2);
    const inPlace = program(
      VECTORS,
      `
    for i in range(16):
        with T.block("C"):
            vi = T.axis.spatial(16, i)
            C[vi] = C[vi] * T.float32(2)
`,
    );
    expect(judge(inPlace, 'C').complete).toBe(3);
  });
});

describe('a reduction block', () => {
  const reduction = (body: string): PrimFunc =>
    program(
      'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((16,), "float32")',
      `
    for i, k in T.grid(8, 8):
        with T.block("C"):
${body}
`,
    );
  const init = `
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + A[vi, vk]`;

  it('has an init, affine bindings, spatial and reduce iterators, and indexes its output by the spatial ones', () => {
    const remap = '            vi, vk = T.axis.remap("SR", [i, k])';
    expect(judge(reduction(`${remap}${init}`), 'C').reduction).toBe(0);
    expect(judge(reduction(`${remap}\n            C[vi] = C[vi] + A[vi, vk]`), 'C').reduction).toBe(1);
    const skewed = `
            vi = T.axis.spatial(8, i)
            vk = T.axis.reduce(15, i + k)
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + T.float32(1)`;
    expect(judge(reduction(skewed), 'C').reduction).toBe(2);
    const scan = `
            vi = T.axis.spatial(8, i)
            vk = T.axis.scan(8, k)${init}`;
    expect(judge(reduction(scan), 'C').reduction).toBe(3);
    const sliding = `
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                D[vi + vk] = T.float32(0)
            D[vi + vk] = D[vi + vk] + A[vi, vk]`;
    expect(judge(reduction(sliding), 'C').reduction).toBe(5);
  });

  it('is the only writer of its output', () => {
    const sch = createSchedule(matmul(4));
    const block = sch.getBlock('C');
    expect(judge(sch.func, 'C').reduction).toBe(0);
    sch.decomposeReduction(block, sch.getLoops(block, 3)[2]);
    expect(judge(sch.func, 'C_update')).toEqual({ complete: 1, reduction: 1 });
    expect(judge(sch.func, 'C_init')).toEqual({ complete: 2, reduction: 1 });
  });
});

describe('an output block', () => {
  it('writes what outlives its scope', () => {
    const state = createState(matmulRelu(4));
    expect(isOutputBlock(innerBlockEntry(state, 'Y', 'test'))).toBe(false);
    expect(isOutputBlock(innerBlockEntry(state, 'C', 'test'))).toBe(true);
  });
});

describe('a stage pipeline', () => {
  const stages = (reads: string, more = ''): PrimFunc =>
    program(
      'A: T.Buffer((16,), "float32"), C: T.Buffer((16,), "float32")',
      `
    B = T.alloc_buffer((16,), "float32")
    for i in range(16):
        with T.block("B"):
            vi = T.axis.spatial(16, i)
            B[vi] = A[vi]
    for i in range(16):
        with T.block("C"):
            vi = T.axis.spatial(16, i)
            C[vi] = ${reads}
${more}`,
    );

  it('covers what is read, from separate nests', () => {
    expect(stagePipeline(matmul(4))).toBe(true);
    expect(stagePipeline(matmulRelu(4))).toBe(true);
    expect(stagePipeline(stages('B[15 - vi]'))).toBe(true);
  });

  const tiled = (written: string, read: string): PrimFunc =>
    program(
      'A: T.Buffer((64,), "float32"), C: T.Buffer((64,), "float32")',
      `
    B = T.alloc_buffer((64,), "float32")
    for i in range(4):
        for j in range(8):
            with T.block("B"):
                vi = T.axis.spatial(64, ${written})
                B[vi] = A[vi]
        for j in range(8):
            with T.block("C"):
                vi = T.axis.spatial(64, ${read})
                C[vi] = B[vi]
`,
    );

  it.each([
    ['i * 8 + j', 'i * 8 + j', true],
    ['i * 8 + j', 'i * 8 + j // 2', true],
    ['i * 8 + j + 1', 'i * 8 + j', false],
    ['i * 8 + j', 'i * 8 + j + 1', false],
    ['i * 8 + j', 'i * 4 + j', false],
    ['i * 8 + j // 2', 'i * 8 + j', false],
  ])('compares what tiles write (%s) with what they read (%s): %s', (written, read, holds) => {
    expect(stagePipeline(tiled(written, read))).toBe(holds);
  });

  it('has everything in blocks, and nothing overwritten that was read', () => {
    const overwriting = stages(
      'B[vi]',
      `
    for i in range(16):
        with T.block("B2"):
            vi = T.axis.spatial(16, i)
            B[vi] = A[vi]
`,
    );
    expect(stagePipeline(overwriting)).toBe(false);
    const conditional = program(
      VECTORS,
      `
    for i in range(16):
        if i < 8:
            with T.block("C"):
                vi = T.axis.spatial(16, i)
                C[vi] = A[vi]
`,
    );
    expect(stagePipeline(conditional)).toBe(false);
  });

  it('stays one through decomposition, splits and guards', () => {
    const sch = createSchedule(matmulRelu(10));
    const y = sch.getBlock('Y');
    const [i, j, k] = sch.getLoops(y, 3);
    const [i0, i1] = sch.split(i, [null, 4]);
    sch.reorder(i0, j, k, i1);
    sch.decomposeReduction(y, k);
    expect(stagePipeline(sch.func)).toBe(true);
  });
});
