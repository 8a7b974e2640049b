/** @file The groups of loop annotations, allocation and loops; and which statements make rows. */
import { describe, expect, it } from 'vitest';
import { at } from '../../../../shared/support/errors.js';
import { featureNames } from '../../../../server/cost-model/features/names.js';
import { perStoreFeatures } from '../../../../server/cost-model/features/per-store.js';
import { funcOf, namedRowsOf, program, rowsOf, slog } from './rows.js';

type Row = Readonly<Record<string, number>>;

function expectRow(row: Row | undefined, expected: Row): void {
  for (const [name, want] of Object.entries(expected)) expect(row?.[name], name).toBeCloseTo(want, 4);
}

describe('loop annotations', () => {
  const kinds = [
    ['vec', 'T.vectorized'],
    ['unroll', 'T.unroll'],
    ['parallel', 'T.parallel'],
  ] as const;

  it.each(kinds)('%s: count, iterations and innermost extent of these loops', (kind, loop) => {
    const body = `
for i in ${loop}(6):
    for j in range(5):
        for k in ${loop}(4):
            C[i * 20 + j * 4 + k] = A[i * 20 + j * 4 + k]
`;
    const row = at(namedRowsOf(program({ A: '120', C: '120' }, body)), 0);
    expectRow(row, {
      [`${kind}_num`]: slog(2),
      [`${kind}_prod`]: slog(24),
      [`${kind}_len`]: slog(4),
      [`${kind}_type.kPosMixed`]: 1,
      [`${kind}_type.kPosNone`]: 0,
    });
    for (const [other] of kinds.filter(([name]) => name !== kind)) {
      expectRow(row, { [`${other}_num`]: 0, [`${other}_type.kPosMixed`]: 0, [`${other}_type.kPosNone`]: 1 });
    }
  });

  it('the innermost automatic unrolling counts, 0 where there is none', () => {
    const unroll = (i: string, j: string): number | undefined => {
      const body = `for i in T.serial(6${i}):\n    for j in T.serial(5${j}):\n        C[i * 5 + j] = A[i * 5 + j]`;
      return namedRowsOf(program({ A: '30', C: '30' }, body))[0]?.['auto_unroll_max_step'];
    };
    const pragma = (steps: number): string => `, annotations={"pragma_auto_unroll_max_step": ${steps}}`;
    expect(unroll('', '')).toBe(0);
    expect(unroll(pragma(64), '')).toBeCloseTo(slog(64), 5);
    expect(unroll(pragma(64), pragma(16))).toBeCloseTo(slog(16), 5);
    expect(unroll(pragma(64), pragma(0))).toBeCloseTo(slog(64), 5);
  });
});

describe('loops', () => {
  it('of one iteration count only when they are annotated', () => {
    const nested = (loop: string): Row => {
      const body = `for i in ${loop}:\n    for j in range(8):\n        C[i + j] = A[i + j]`;
      return at(namedRowsOf(program({ A: '8', C: '8' }, body)), 0);
    };
    expectRow(nested('range(1)'), { num_loops: slog(1), int_addsub: 0 });
    expectRow(nested('T.parallel(1)'), { num_loops: slog(2), int_addsub: 0, parallel_num: 1 });
    expectRow(nested('T.serial(1, annotations={"key": 1})'), { num_loops: slog(2) });
  });

  it('may be missing altogether', () => {
    const [row] = namedRowsOf(program({ A: '4', C: '4' }, 'C[2] = A[1] + A[2]'));
    expectRow(row, { num_loops: 0, outer_prod: 1, 'B0.bytes': slog(4), 'B0.unique_bytes': 1, 'B0.lines': 1 });
    expectRow(row, { 'B0.reuse_type.kNoReuse': 1, float_addsub: 1, arith_intensity_curve_9: 0 });
  });
});

describe('allocation', () => {
  const staged = (cache: string): Row[] =>
    namedRowsOf(
      funcOf(`
@T.prim_func
def main(A: T.Buffer((64, 32), "float32"), C: T.Buffer((64, 32), "float32")):
    B = T.alloc_buffer((64, 32), scope="local")
${cache}
`),
    );

  it('of a parameter: once, as large as it is', () => {
    const [row] = namedRowsOf(program({ A: '40', C: '40' }, 'for i in range(10):\n    C[i] = A[i]'));
    expectRow(row, {
      alloc_size: slog(160),
      alloc_prod: slog(40),
      alloc_outer_prod: 1,
      alloc_inner_prod: slog(10),
    });
  });

  it('of a temporary: where its accesses meet, and no larger than what they touch there', () => {
    const rows = staged(`
    for i in range(64):
        for j in range(32):
            with T.block("B"):
                vi, vj = T.axis.remap("SS", [i, j])
                B[vi, vj] = A[vi, vj]
        for j in range(32):
            with T.block("C"):
                vi, vj = T.axis.remap("SS", [i, j])
                C[vi, vj] = B[vi, vj]
`);
    expectRow(rows[0], { alloc_size: slog(128), alloc_prod: slog(32 * 64), alloc_outer_prod: slog(64) });
    expectRow(rows[0], { alloc_inner_prod: slog(32), outer_prod: slog(2048) });
    // Its rows of 32 are one and the same memory: 128 bytes.
    expectRow(rows[0], { 'B1.unique_bytes': slog(128), 'B1.reuse_type.kLoopMultipleRead': 1 });
    expectRow(rows[1], { alloc_size: slog(8192), alloc_outer_prod: 1 });
  });

  it('of a temporary whose accesses differ: all that any of them touches', () => {
    const rows = staged(`
    for i in range(64):
        for j in range(32):
            with T.block("B"):
                vi, vj = T.axis.remap("SS", [i, j])
                B[vi, vj] = A[vi, vj]
        for j in range(31):
            with T.block("C"):
                vi, vj = T.axis.remap("SS", [i, j])
                C[vi, vj] = B[vi, vj + 1]
`);
    expectRow(rows[0], { alloc_size: slog(128) });
    expectRow(rows[1], { int_addsub: slog(64 * 31) });
  });
});

describe('rows', () => {
  it('stand in the order of first stores; a later store takes the row', () => {
    const func = program(
      { A: '40', B: '40', C: '40' },
      `
for i in range(10):
    C[i] = A[i] + A[i]
for i in range(20):
    B[i] = A[i] * A[i]
for i in range(30):
    C[i] = A[i] - A[i] * A[i]
`,
    );
    const rows = namedRowsOf(func);
    expect(rows).toHaveLength(2);
    expectRow(rows[0], { float_addsub: slog(30), float_mul: slog(30), outer_prod: slog(30) });
    expectRow(rows[1], { float_addsub: 0, float_mul: slog(20), outer_prod: slog(20) });
  });

  it('are made for computed inits, which the update takes, and not for constant ones', () => {
    const summed = (init: string): Row[] =>
      namedRowsOf(
        program(
          { A: '8', B: '8', C: '8' },
          `
for i, k in T.grid(8, 8):
    with T.block("C"):
        vi, vk = T.axis.remap("SR", [i, k])
        with T.init():
            C[vi] = ${init}
        C[vi] = C[vi] + A[vk]
`,
        ),
      );
    const [constant, computed] = [summed('T.float32(0)'), summed('B[vi]')];
    expect([constant.length, computed.length]).toEqual([1, 1]);
    expectRow(constant[0], { float_addsub: slog(64), 'B1.acc_type.kReadWrite': 1 });
    expectRow(constant[0], { 'B1.reuse_type.kLoopMultipleRead': 1 });
    expectRow(computed[0], { float_addsub: slog(64), 'B1.acc_type.kReadWrite': 1 });
  });

  it('have as many numbers as the options ask for', () => {
    const options = { buffersPerStore: 2, arithIntensityCurveNum: 4 };
    const func = program({ A: '40', C: '40' }, 'for i in range(10):\n    C[i] = A[i]');
    expect(featureNames()).toHaveLength(164);
    expect(new Set(featureNames()).size).toBe(164);
    expect(featureNames(options)).toHaveLength(57 + 36 + 4 + 7);
    expect(perStoreFeatures(func, options)).toMatchObject({ count: 1, width: 104 });
    const [all, some] = [at(rowsOf(func), 0), at(rowsOf(func, options), 0)];
    expect(some.slice(0, 93)).toEqual(all.slice(0, 93));
    expect(some.slice(-7)).toEqual(all.slice(-7));
  });
});
