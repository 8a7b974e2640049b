import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import {
  collectReductions,
  registerTile,
  type RegisterTile,
} from '../../../shared/schedule/register-tile.js';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { at } from '../../../shared/support/errors.js';
import { buildWorkload } from '../../../shared/te/workload-table.js';
import { matmul, program, vectorAdd } from './programs.js';

interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly copies: number;
}

/** A matrix product of which a tile is unrolled and vectorized, and the reduction is unrolled. */
function tiled({ rows, columns, copies }: Tile): PrimFunc {
  const sch = createSchedule(matmul(2 * rows, 2 * columns, 2 * copies));
  const [i, j, k] = sch.getLoops('C', 3);
  const [i0, i1] = sch.split(i, [null, rows]);
  const [j0, j1] = sch.split(j, [null, columns]);
  const [k0, k1] = sch.split(k, [null, copies]);
  sch.reorder(i0, j0, k0, k1, i1, j1);
  sch.unroll(k1);
  sch.unroll(i1);
  sch.vectorize(j1);
  return sch.func;
}

/** The tiles of all reductions. */
function tilesOf(func: PrimFunc, lanes: number): RegisterTile[] {
  return collectReductions(func).map(({ loops }) => registerTile(loops, lanes));
}

describe('a register tile', () => {
  it('has the sizes of the loops that make it, in whole vectors', () => {
    const size = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(fc.record({ rows: size, columns: size, copies: size }), size, (tile, lanes) => {
        const { rows, columns, copies } = tile;
        expect(tilesOf(tiled(tile), lanes)).toEqual([{ rows, vectors: Math.ceil(columns / lanes), copies }]);
      }),
    );
  });

  it('is a single element where no loop is unrolled or vectorized', () => {
    expect(tilesOf(matmul(8), 4)).toEqual([{ rows: 1, vectors: 1, copies: 1 }]);
  });
});

describe('the reductions of a function', () => {
  it('are the blocks that reduce, in program order', () => {
    expect(collectReductions(vectorAdd(8))).toEqual([]);
    const { func } = buildWorkload('softmax:m=4,n=4');
    const reducing = collectReductions(func).map(({ realize }) => realize.block);
    expect(reducing).toHaveLength(2);
    for (const { iterVars } of reducing) {
      expect(iterVars.map(({ iterType }) => iterType)).toContain('reduce');
    }
  });

  it('tell loops that drive the output from others', () => {
    const [reduction] = collectReductions(tiled({ rows: 2, columns: 3, copies: 4 }));
    const loops = reduction?.loops.map(({ extent, isSpatial }) => [extent, isSpatial]);
    expect(loops).toEqual([
      [2, true],
      [2, true],
      [2, false],
      [4, false],
      [2, true],
      [3, true],
    ]);
  });

  it('count a loop of unknown extent as one iteration', () => {
    const triangle = program(
      'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8,), "float32")',
      `
    for i in range(8):
        for k in range(i + 1):
            with T.block("C"):
                vi = T.axis.spatial(8, i)
                vk = T.axis.reduce(8, k)
                with T.init():
                    C[vi] = T.float32(0)
                C[vi] = C[vi] + A[vi, vk]
`,
    );
    expect(at(collectReductions(triangle), 0).loops.map(({ extent }) => extent)).toEqual([8, 1]);
  });
});
