/** @file Rows that TVM's own tests expect of its PerStoreFeature, number by number. */
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { matmul } from '../../../support/sample-programs.js';
import { funcOf, rowsOf } from './rows.js';

function expectGroups(row: readonly number[], groups: { readonly [name: string]: readonly number[] }): void {
  let offset = 0;
  for (const [name, expected] of Object.entries(groups)) {
    const actual = row.slice(offset, offset + expected.length);
    expected.forEach((want, i) => {
      const got = at(actual, i);
      expect(Math.abs(got - want), `${name}[${i}] is ${got}, not ${want}`).toBeLessThanOrEqual(1e-4);
    });
    offset += expected.length;
  }
  expect(offset).toBe(row.length);
}

const NO_LOOP = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
const NO_BUFFER = Array.from({ length: 18 }, () => 0);
const NO_ARITHMETIC = Array.from({ length: 16 }, () => 0);
const NO_CURVE = Array.from({ length: 10 }, () => 0);
const NO_GPU = [0, 1, 1, 1, 1, 1, 1, 1];

describe('a matmul of 512 with tiles, a vector, parallel loops and an unrolled one', () => {
  const sch = createSchedule(matmul(512, 512, 512));
  const [i, j, k] = sch.getLoops(sch.getBlock('C'), 3);
  const [i0, i1] = sch.split(i, [null, 16]);
  const [j0, j1] = sch.split(j, [null, 8]);
  sch.reorder(i0, j0, k, j1, i1);
  sch.vectorize(j1);
  sch.parallel(i0);
  sch.parallel(j0);
  sch.unroll(k);
  const rows = rowsOf(sch.func);

  it('has the one row that TVM gives it', () => {
    expect(rows).toHaveLength(1);
    expectGroups(at(rows, 0), {
      floats: [0, 27, 27, 0, 0, 0, 0],
      integers: [0, 29, 29, 0, 0, 0, 0],
      choices: [0, 0],
      vectorize: [1, 3.169924, 3.169924, 0, 0, 0, 0, 0, 0, 0, 1],
      unroll: [1, 9.002815, 9.002815, 0, 0, 0, 0, 0, 0, 0, 1],
      parallel: [1.58496, 11.0007, 6.022368, 0, 0, 0, 0, 0, 0, 0, 1],
      gpu: NO_GPU,
      A: [1, 0, 0, 29, 20, 27, 14, 1, 0, 0, 4.087463, 7.0552826, 3.169925, 26, 17, 24, 11.0007038, 9.002815],
      C: [
        0, 0, 1, 29, 20.000002, 27, 14.000088, 1, 0, 0, 7.011227, 9.2502985, 9.002815, 20.000002, 11.0007038,
        18.0000057, 5.044394, 9.002815,
      ],
      B: [
        1, 0, 0, 29, 20.000002, 19.000002, 14.000088, 1, 0, 0, 1, 3.7004397, 4.087463, 25, 16.000023,
        15.000044, 10.001408, 0,
      ],
      none4: NO_BUFFER,
      none5: NO_BUFFER,
      curve: [
        3.812599, 4.464822, 4.912349, 5.253426, 5.529086, 5.76043, 5.959752, 6.134849, 6.290977, 6.431846,
      ],
      allocation: [20.000002, 18.0000057, 1, 27],
      loops: [27, 2.5849626, 0],
    });
  });
});

describe('two stores in one block', () => {
  const [first, second, ...others] = rowsOf(
    funcOf(`
@T.prim_func
def main(A: T.Buffer((64, 32), "float32"), B: T.Buffer((64, 32), "float32"), C: T.Buffer((64, 32), "float32")):
    for i, j in T.grid(64, 32):
        with T.block("both"):
            vi, vj = T.axis.remap("SS", [i, j])
            with T.block("B"):
                B[vi, vj] = A[vi, vj]
            with T.block("C"):
                C[vi, vj] = B[vi, vj]
`),
  );
  const around = {
    arithmetic: NO_ARITHMETIC,
    vectorize: NO_LOOP,
    unroll: NO_LOOP,
    parallel: NO_LOOP,
    gpu: NO_GPU,
  };
  const rest = {
    none3: NO_BUFFER,
    none4: NO_BUFFER,
    none5: NO_BUFFER,
    curve: NO_CURVE,
    allocation: [13.000176, 11.0007038, 1, 11.0007038],
    loops: [11.0007038, 1.5849625, 0],
  };
  const once = [
    13.000176, 13.000176, 7.0112271, 7.0112271, 0, 0, 1, 0, 0, 0, 14.0000877, 14.0000877, 8.0056248,
    8.0056248, 1,
  ];

  it('have a row each', () => {
    expect(others).toHaveLength(0);
    expectGroups(first ?? [], { ...around, A: [1, 0, 0, ...once], B: [0, 1, 0, ...once], ...rest });
  });

  it('the second finds what the first one wrote', () => {
    const again = [
      13.000176, 13.000176, 7.0112271, 7.0112271, 0, 1, 0, 1, 4.0874629, 1, 13.000176, 13.000176, 7.0112271,
      7.0112271, 1,
    ];
    expectGroups(second ?? [], { ...around, B: [1, 0, 0, ...again], C: [0, 1, 0, ...once], ...rest });
  });
});

describe('a store of a constant', () => {
  it('has no row', () => {
    const full = funcOf(`
@T.prim_func
def main(full: T.Buffer((2, 3), "float32")):
    for i, j in T.grid(2, 3):
        with T.block("full"):
            vi, vj = T.axis.remap("SS", [i, j])
            full[vi, vj] = T.float32(1)
`);
    expect(rowsOf(full)).toEqual([]);
  });
});
