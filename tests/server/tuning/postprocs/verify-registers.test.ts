import { describe, expect, it } from 'vitest';
import { verifyRegisters } from '../../../../server/tuning/postprocs/verify-registers.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { TARGETS, type Target } from '../../../../shared/protocol/target.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { createRng } from '../../../../shared/support/rng.js';
import { matmul, program, vectorAdd } from '../../../shared/schedule/programs.js';

const SIMD = TARGETS['wasm-simd128'];
const REGISTERS = SIMD.vectorRegisters;

/** A matmul whose innermost loops are `rows` unrolled and `columns` vectorized. */
function tiled(rows: number, columns: number, func: PrimFunc = matmul(2 * rows, 2 * columns, 4)): Schedule {
  const sch = createSchedule(func, { rng: createRng(0) });
  const [i, j, k] = sch.getLoops('C', 3);
  const [i0, i1] = sch.split(i, [null, rows]);
  const [j0, j1] = sch.split(j, [null, columns]);
  sch.reorder(i0, j0, k, i1, j1);
  sch.unroll(i1);
  sch.vectorize(j1);
  return sch;
}

const withRegisters = (vectorRegisters: number): Target => ({ ...SIMD, vectorRegisters });

describe('a register tile', () => {
  it.each([
    [REGISTERS, 4],
    [1, 4 * REGISTERS],
    [REGISTERS / 2, 8],
    [REGISTERS / 4, 16],
  ])('of %i rows and %i floats fills the registers, and is let through', (rows, columns) => {
    expect(verifyRegisters(tiled(rows, columns), SIMD)).toBe(true);
    expect(verifyRegisters(tiled(rows, columns), withRegisters(REGISTERS - 1))).toBe(false);
  });

  it.each([
    [REGISTERS + 1, 4],
    [1, 4 * REGISTERS + 1],
    [REGISTERS / 2 + 1, 8],
    [REGISTERS / 4, 17],
  ])('of %i rows and %i floats is one too many, and is refused', (rows, columns) => {
    expect(verifyRegisters(tiled(rows, columns), SIMD)).toBe(false);
  });

  it('counts as many registers as its type needs', () => {
    const doubles = program(
      'A: T.Buffer((32, 4), "float64"), B: T.Buffer((4, 8), "float64"), C: T.Buffer((32, 8), "float64")',
      `
    for i, j, k in T.grid(32, 8, 4):
        with T.block("C"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                C[vi, vj] = T.float64(0)
            C[vi, vj] = C[vi, vj] + A[vi, vk] * B[vk, vj]
`,
    );
    expect(verifyRegisters(tiled(8, 4, doubles), SIMD)).toBe(true);
    expect(verifyRegisters(tiled(9, 4, doubles), SIMD)).toBe(false);
  });

  it('holds single elements where the target has no vectors', () => {
    expect(verifyRegisters(tiled(4, 4), TARGETS.wasm)).toBe(true);
    expect(verifyRegisters(tiled(4, 5), TARGETS.wasm)).toBe(false);
  });
});

describe('what needs no registers', () => {
  it('is an unrolled reduction: its copies share their accumulators', () => {
    const sch = tiled(REGISTERS, 4);
    const [, , k] = sch.getLoops('C', 5);
    sch.unroll(k);
    expect(verifyRegisters(sch, SIMD)).toBe(true);
  });

  it('are serial and parallel loops', () => {
    const sch = createSchedule(matmul(64), { rng: createRng(0) });
    const [i, j] = sch.getLoops('C', 3);
    sch.parallel(i);
    expect(verifyRegisters(sch, SIMD)).toBe(true);
    sch.unroll(j);
    expect(verifyRegisters(sch, SIMD)).toBe(false);
  });

  it('is a block that does not reduce', () => {
    const sch = createSchedule(vectorAdd(1024), { rng: createRng(0) });
    sch.vectorize(sch.getLoops('C', 1)[0]);
    expect(verifyRegisters(sch, SIMD)).toBe(true);
  });
});

it('looks at every block, not only at the first', () => {
  const both = program(
    ['A', 'B', 'C', 'D'].map((name) => `${name}: T.Buffer((64, 64), "float32")`).join(', '),
    ['C', 'D']
      .map(
        (name) => `
    for i, j, k in T.grid(64, 64, 64):
        with T.block("${name}"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                ${name}[vi, vj] = T.float32(0)
            ${name}[vi, vj] = ${name}[vi, vj] + A[vi, vk] * B[vk, vj]
`,
      )
      .join(''),
  );
  for (const name of ['C', 'D']) {
    const sch = createSchedule(both, { rng: createRng(0) });
    expect(verifyRegisters(sch, SIMD)).toBe(true);
    sch.unroll(sch.getLoops(name, 3)[0]);
    expect(verifyRegisters(sch, SIMD), name).toBe(false);
  }
});
