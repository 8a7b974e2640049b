import { describe, expect, it } from 'vitest';
import { buffer, stridesOf } from '../../../shared/ir/buffer.js';
import {
  add,
  and,
  bool,
  cast,
  div,
  float,
  floordiv,
  floormod,
  int,
  isConst,
  load,
  mul,
  truncdiv,
  truncmod,
  variable,
} from '../../../shared/ir/build.js';
import { seq, store } from '../../../shared/ir/build-stmt.js';

const i = variable('i');

describe('integer constants', () => {
  it.each([
    [7, 2],
    [-7, 2],
    [7, -2],
    [-7, -2],
  ])('fold %d by %d: floor division and truncated division agree with their definitions', (a, b) => {
    expect(floordiv(int(a), b)).toEqual(int(Math.floor(a / b)));
    expect(floormod(int(a), b)).toEqual(int(a - Math.floor(a / b) * b));
    expect(truncdiv(int(a), b)).toEqual(int(Math.trunc(a / b)));
    expect(truncmod(int(a), b)).toEqual(int(a % b));
  });

  it('are not folded where the result has no value: division by zero, overflow', () => {
    expect(floordiv(int(1), 0).kind).toBe('Binary');
    expect(add(int(2 ** 31 - 1), 1).kind).toBe('Binary');
  });

  it('leave out neutral elements', () => {
    expect(add(i, 0)).toBe(i);
    expect(mul(1, i)).toBe(i);
    expect(isConst(mul(i, 0), 0)).toBe(true);
    expect(and(bool(true), bool(false))).toEqual(bool(false));
  });

  it('must be values of their type', () => {
    expect(() => int(256, 'uint8')).toThrow('256 is not a value of type uint8');
    expect(() => int(0.5)).toThrow('not a value of type int32');
  });
});

describe('types', () => {
  it('floats are rounded to their type and never folded', () => {
    expect(float(0.1).value).toBe(Math.fround(0.1));
    expect(add(float(1), float(2)).kind).toBe('Binary');
  });

  it('int32 next to int64 becomes int64; other mixtures are refused', () => {
    expect(add(i, variable('n', 'int64')).dtype).toBe('int64');
    expect(() => add(i, variable('x', 'float32'))).toThrow('operands of one type, not int32 and float32');
    expect(() => div(i, 2)).toThrow('div does not take operands of type int32');
  });

  it('casts fold only what the target represents', () => {
    expect(cast('int64', int(5))).toEqual(int(5, 'int64'));
    expect(cast('uint8', int(300)).kind).toBe('Cast');
  });
});

describe('buffers', () => {
  const b = buffer('A', [2, 3, 4]);

  it('are row-major', () => {
    expect(stridesOf(b)).toEqual([12, 4, 1]);
  });

  it('refuse a wrong rank, a zero extent and a value of another type', () => {
    expect(() => load(b, [i])).toThrow('A has 3 dimension(s), but is indexed by 1');
    expect(() => buffer('B', [3, 0])).toThrow('extent 0 of shape [3, 0]');
    expect(() => store(b, i, [0, 0, 0])).toThrow('a int32 cannot be stored in A, whose type is float32');
  });
});

it('sequences are flat', () => {
  const s = store(buffer('A', [1]), 1, [0]);
  expect(seq([seq([s, s]), s])).toEqual({ kind: 'Seq', stmts: [s, s, s] });
  expect(seq([s])).toBe(s);
});
