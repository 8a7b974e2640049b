import { describe, expect, it } from 'vitest';
import { createState, innerBlockEntry } from '../../../shared/schedule/state.js';
import { writesBox } from '../../../shared/schedule/written-box.js';
import { at } from '../../../shared/support/errors.js';
import { program } from './programs.js';

/** Whether `store`, under the loops i and j, writes a box, seen from the root or from loop i. */
function box(axes: string, store: string, from: 'root' | 'i' = 'root'): boolean {
  const func = program(
    'C: T.Buffer((16, 16), "float32"), D: T.Buffer((16, 16), "float32")',
    `
    for i in range(3):
        for j in range(4):
            with T.block("C"):
                ${axes}
                ${store}
`,
  );
  const { index } = createState(func);
  const entry = innerBlockEntry({ func, index }, 'C', 'test');
  return writesBox(
    entry,
    at(func.params, 0),
    from === 'root' ? index.root : at([...index.loops.values()], 0),
  );
}

const PLAIN = 'vi, vj = T.axis.remap("SS", [i, j])';
const tile = (domain: number): string =>
  `vi = T.axis.spatial(${domain}, i * 4 + j)\n                T.where(i * 4 + j < ${domain})`;

describe('what a block writes', () => {
  it.each([
    ['an element for each pair of iterators', PLAIN, 'C[vi, vj] = T.float32(1)'],
    ['a shifted part, transposed', PLAIN, 'C[vj + 2, vi + 1] = T.float32(1)'],
    ['a row', PLAIN, 'C[5, vj * 3 + vi] = T.float32(1)'],
    [
      'after writing another buffer',
      PLAIN,
      'D[vi, vj] = T.float32(2)\n                C[vi, vj] = D[vi, vj]',
    ],
    ['a tile that overhangs nothing', 'vi = T.axis.spatial(12, i * 4 + j)', 'C[vi, 0] = T.float32(1)'],
  ])('is a box: %s', (_what, axes, store) => {
    expect(box(axes, store)).toBe(true);
  });

  it.each([
    ['every second row', PLAIN, 'C[vi * 2, vj] = T.float32(1)'],
    ['a diagonal', PLAIN, 'C[vi, vi] = T.float32(1)'],
    ['two parts', PLAIN, 'C[vi, vj] = T.float32(1)\n                C[vi, vj + 6] = T.float32(1)'],
    ['under a condition', PLAIN, 'if vi < vj:\n                    C[vi, vj] = T.float32(1)'],
    ['a part that ends before the tiles do', tile(10), 'C[vi, 0] = T.float32(1)'],
    ['a shifted part that ends before the tiles do', tile(11), 'C[vi + 5, 0] = T.float32(1)'],
  ])('is not known to be a box: %s', (_what, axes, store) => {
    expect(box(axes, store)).toBe(false);
  });

  it('may be a box as a whole and none in each iteration', () => {
    const strided = 'vi = T.axis.spatial(12, j * 3 + i)';
    expect(box(strided, 'C[vi, 0] = T.float32(1)')).toBe(true);
    expect(box(strided, 'C[vi, 0] = T.float32(1)', 'i')).toBe(false);
    expect(box(PLAIN, 'C[vi, vj] = T.float32(1)', 'i')).toBe(true);
  });
});
