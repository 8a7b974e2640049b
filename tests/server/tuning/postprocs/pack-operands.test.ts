import { describe, expect, it } from 'vitest';
import { packOperands } from '../../../../server/tuning/postprocs/pack-operands.js';
import { PACK_OPERANDS } from '../../../../server/tuning/spaces/packing.js';
import { withConstants } from '../../../../shared/ir/constants.js';
import { splitPrepacking } from '../../../../shared/ir/split-prepacking.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { targetOf } from '../../../../shared/protocol/target.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSameProgram, expectSound, nestOf } from '../../../shared/schedule/harness.js';
import { matmul, program } from '../../../shared/schedule/programs.js';

const SIMD = targetOf('wasm-simd128');

/** A loop of a block is cut into tiles of the given width, which are vectorized innermost. */
function tile(sch: Schedule, blockName: string, column: number, width: number): void {
  const block = sch.getBlock(blockName);
  const loops = sch.getLoops(block);
  const columns = loops[column];
  if (columns === undefined) throw new Error('there is no such loop');
  const [outer, inner] = sch.split(columns, [null, width]);
  sch.reorder(outer, ...loops.filter((loop) => loop !== columns), inner);
  sch.vectorize(inner);
  sch.annotate(block, PACK_OPERANDS, 1);
}

function tiled(func: PrimFunc, blockName: string, column: number, width: number): Schedule {
  const sch = createSchedule(func, { verify: true });
  tile(sch, blockName, column, width);
  return sch;
}

describe('pack-operands', () => {
  it('copies the operand of the columns into panels, and leaves the others', () => {
    const original = matmul(4, 8, 3);
    const sch = tiled(original, 'C', 1, 4);
    expect(packOperands(sch, SIMD)).toBe(true);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((4, 3), "float32"), B: T.Buffer((3, 8), "float32"), C: T.Buffer((4, 8), "float32")',
        `
    B_global = T.alloc_buffer((2, 3, 4), "float32")
    for ax0, ax1 in T.grid(2, 3):
        for ax2 in T.vectorized(4):
            with T.block("B_global"):
                v0, v1, v2 = T.axis.remap("SSS", [ax0, ax1, ax2])
                B_global[v0, v1, v2] = B[v1, v0 * 4 + v2]
    for j0, i, k in T.grid(2, 4, 3):
        for j1 in T.vectorized(4):
            with T.block("C"):
                vi = T.axis.spatial(4, i)
                vj = T.axis.spatial(8, j0 * 4 + j1)
                vk = T.axis.reduce(3, k)
                T.reads(A[vi, vk], B_global[vj // 4, vk, vj % 4])
                T.writes(C[vi, vj])
                with T.init():
                    C[vi, vj] = T.float32(0)
                C[vi, vj] = C[vi, vj] + A[vi, vk] * B_global[vj // 4, vk, vj % 4]
`,
      ),
    );
    expectSound(original, sch);
  });

  it('fills the last panel up when the width does not divide the columns', () => {
    const original = matmul(3, 10, 4);
    const sch = tiled(original, 'C', 1, 4);
    packOperands(sch, SIMD);
    expect(sch.func.root.allocBuffers.map(({ shape }) => shape)).toEqual([[3, 4, 4]]);
    expectSound(original, sch);
  });

  it('transposes an operand of which the columns are not the last dimension', () => {
    const original = buildWorkload('mm_nt:m=4,n=8,k=6').func;
    const sch = tiled(original, 'C', 1, 4);
    packOperands(sch, SIMD);
    expect(sch.func.root.allocBuffers.map(({ shape }) => shape)).toEqual([[2, 6, 4]]);
    expectSound(original, sch);
  });

  it.each([
    ['in every call', []],
    ['once, when it is constant', ['W']],
  ])('gives each reader of an operand panels of its own width, copied %s', (_, constants) => {
    const products = ['C', 'D'].map(
      (name) => `
    for i, j, k in T.grid(4, 8, 6):
        with T.block("${name}"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                ${name}[vi, vj] = T.float32(0)
            ${name}[vi, vj] = ${name}[vi, vj] + A[vi, vk] * W[vj, vk]
`,
    );
    const params = ['A: T.Buffer((4, 6), "float32")', 'W: T.Buffer((8, 6), "float32")'];
    const outputs = ['C', 'D'].map((name) => `${name}: T.Buffer((4, 8), "float32")`);
    const original = withConstants(program([...params, ...outputs].join(', '), products.join('')), constants);
    const sch = createSchedule(original, { verify: true });
    tile(sch, 'C', 1, 4);
    tile(sch, 'D', 1, 8);
    packOperands(sch, SIMD);
    expect(sch.func.root.allocBuffers.map(({ shape }) => shape)).toEqual([
      [2, 6, 4],
      [1, 6, 8],
    ]);
    expect(splitPrepacking(sch.func).packed).toHaveLength(2 * constants.length);
    expectSound(original, sch);
  });

  it.each([
    ['that says 0', 0],
    ['that is not there', null],
  ])('does nothing for an annotation %s', (_, value) => {
    const original = matmul(4, 8, 3);
    const sch = tiled(original, 'C', 1, 4);
    const block = sch.getBlock('C');
    sch.unannotate(block, PACK_OPERANDS);
    const { func } = sch;
    if (value !== null) sch.annotate(block, PACK_OPERANDS, value);
    expect(packOperands(sch, SIMD)).toBe(true);
    expectSameProgram(sch.func, func);
  });

  it('leaves operands that are read once, and the output', () => {
    const sch = tiled(buildWorkload('linear:b=1,i=6,o=8').func, 'Y', 1, 4);
    const before = nestOf(sch.func);
    packOperands(sch, SIMD);
    expect(nestOf(sch.func)).toEqual(before);
  });
});
