import { describe, expect, it } from 'vitest';
import { constantParams, LAYOUT_FREE_BUFFERS, withConstants } from '../../../shared/ir/constants.js';
import { structuralEqual, structuralHash } from '../../../shared/ir/structural.js';
import type { AttrValue } from '../../../shared/ir/stmt.js';
import { verifyFunc } from '../../../shared/ir/verify.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printScript } from '../../../shared/script/print.js';
import { at } from '../../../shared/support/errors.js';
import { matmul } from '../schedule/programs.js';

const func = matmul(8);
const nameOf = (b: { readonly name: string }): string => b.name;

describe('constant parameters', () => {
  it('are declared by name, in any order, and add up', () => {
    const marked = withConstants(func, ['B']);
    expect(constantParams(func)).toEqual([]);
    expect(constantParams(marked).map(nameOf)).toEqual(['B']);
    expect(constantParams(withConstants(marked, ['A', 'B'])).map(nameOf)).toEqual(['A', 'B']);
    expect(withConstants(func, [])).toBe(func);
  });

  it('stand in the script as the attribute that TVM knows', () => {
    const marked = withConstants(func, ['B']);
    const script = printScript(marked);
    expect(script).toContain('T.func_attr({"layout_free_buffers": [1]})');
    const back = at(parseScript(script).functions, 0);
    verifyFunc(back);
    expect(constantParams(back).map(nameOf)).toEqual(['B']);
    expect(structuralEqual(back, marked)).toBe(true);
  });

  it('make another program', () => {
    const marked = withConstants(func, ['B']);
    expect(structuralEqual(func, marked)).toBe(false);
    expect(structuralHash(func)).not.toBe(structuralHash(marked));
    expect(structuralEqual(marked, withConstants(func, ['A']))).toBe(false);
  });

  it('are no outputs, and have names that there are', () => {
    expect(() => withConstants(func, ['C'])).toThrow(expect.objectContaining({ code: 'IR_CONSTANTS' }));
    expect(() => withConstants(func, ['W'])).toThrow(expect.objectContaining({ code: 'UNKNOWN_CONSTANT' }));
    expect(() => withConstants(func, ['W'])).toThrow('A, B, C');
  });

  it.each<[string, AttrValue]>([
    ['a number', 1],
    ['a position that there is not', [3]],
    ['a name', ['B']],
    ['a position twice', [1, 1]],
    ['an output', [2]],
  ])('are refused when the attribute is %s', (_, value) => {
    const faulty = { ...func, attrs: { [LAYOUT_FREE_BUFFERS]: value } };
    expect(() => verifyFunc(faulty)).toThrow(expect.objectContaining({ code: 'IR_CONSTANTS' }));
  });
});
