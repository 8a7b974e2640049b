import { describe, expect, it } from 'vitest';
import { indexMap } from '../../../shared/arith/index-map.js';
import { add, floordiv, floormod, mul, sub } from '../../../shared/ir/build.js';
import { parseIndexMap, printIndexMap } from '../../../shared/script/index-map-text.js';
import { InputError } from '../../../shared/support/errors.js';

describe('index maps as text', () => {
  it.each([
    ['lambda i0, i1: (i0 // 16, i1, i0 % 16,)', indexMap((i, j) => [floordiv(i, 16), j, floormod(i, 16)])],
    ['lambda i0: ((i0 + 1) * 2 % 8, 3 - i0,)', indexMap((i) => [floormod(mul(add(i, 1), 2), 8), sub(3, i)])],
    ['lambda i0: ((i0 // 4 - 1) // 2,)', indexMap((i) => [floordiv(sub(floordiv(i, 4), 1), 2)])],
  ])('%s is printed and read back', (text, map) => {
    expect(printIndexMap(map)).toBe(text);
    expect(printIndexMap(parseIndexMap(text))).toBe(text);
  });

  it('keeps names, and reads lists and other spacing', () => {
    expect(printIndexMap(parseIndexMap('lambda n,c : [ c//4, n, -1+c%4 ]'))).toBe(
      'lambda n, c: (c // 4, n, -1 + c % 4,)',
    );
  });

  it.each([
    'lambda',
    'lambda : (1,)',
    'lambda i, i: (i,)',
    'lambda i: i',
    'lambda i: (i',
    'lambda i: (j,)',
    'lambda i: (i +,)',
    'lambda i: (i,) + 1',
    'lambda i: (i ** 2,)',
    'lambda i: (i.x,)',
    'lambda i: (99999999999,)',
    `lambda i: (${'('.repeat(3000)}`,
  ])('%.40s is refused', (text) => {
    expect(() => parseIndexMap(text)).toThrow(InputError);
  });
});
