import { describe, expect, it } from 'vitest';
import { iteratorRanges } from '../../../shared/schedule/iterator-ranges.js';
import { createState, innerBlockEntry } from '../../../shared/schedule/state.js';
import { program } from './programs.js';

function rangesOf(loops: string, axes: string): (readonly [number, number])[] | null {
  const func = program(
    'A: T.Buffer((64,), "float32")',
    `
    for ${loops}:
        with T.block("A"):
            ${axes}
            A[vi] = T.float32(1)
`,
  );
  const ranges = iteratorRanges(innerBlockEntry(createState(func), 'A', 'test'));
  return ranges?.map(({ min, max }) => [min, max] as const) ?? null;
}

describe('the values that iterators take', () => {
  it.each([
    ['i in range(8)', 'vi = T.axis.spatial(8, i)', [[0, 7]]],
    ['i in range(4)', 'vi = T.axis.spatial(8, i)', [[0, 3]]],
    ['i in range(4)', 'vi = T.axis.spatial((2, 8), i + 3)', [[3, 6]]],
    [
      'i, j in T.grid(3, 4)',
      'vi = T.axis.spatial(10, i * 4 + j)\n            T.where(i * 4 + j < 10)',
      [[0, 9]],
    ],
    [
      'f in range(12)',
      'vi = T.axis.spatial(3, f // 4)\n            vj = T.axis.spatial(4, f % 4)',
      [
        [0, 2],
        [0, 3],
      ],
    ],
    ['i in range(4)', 'vi = T.axis.spatial(8, 5)', [[5, 5]]],
  ])('under %s with %s are %j', (loops, axes, ranges) => {
    expect(rangesOf(loops, axes)).toEqual(ranges);
  });

  it.each([
    ['gaps', 'i in range(4)', 'vi = T.axis.spatial(8, i * 2)'],
    ['iterators that depend on each other', 'i in range(4)', 'vi, vj = T.axis.remap("SS", [i, i])'],
    [
      'loops that depend on each other',
      'i in range(4):\n      for j in range(i + 1)',
      'vi = T.axis.spatial(4, j)',
    ],
    ['loops that start elsewhere', 'i in T.serial(2, 4)', 'vi = T.axis.spatial(8, i)'],
  ])('are not known with %s', (_what, loops, axes) => {
    expect(rangesOf(loops, axes)).toBeNull();
  });
});
