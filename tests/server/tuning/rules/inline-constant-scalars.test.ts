import { describe, expect, it } from 'vitest';
import { inlineConstantScalars } from '../../../../server/tuning/rules/inline-constant-scalars.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { expectSound } from '../../../shared/schedule/harness.js';
import { program } from '../../../shared/schedule/programs.js';
import { blockNames, onlyDesignOf } from './harness.js';

/** `B = A + c`, where c is filled in by a block of its own. */
function plusConstant(value: string): PrimFunc {
  return program(
    'A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")',
    `
    c = T.alloc_buffer((), "float32")
    with T.block("c"):
        c[()] = ${value}
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi] + c[()]
`,
  );
}

describe('inline-constant-scalars', () => {
  it('puts a constant where it is used', () => {
    const func = plusConstant('T.float32(59)');
    const design = onlyDesignOf(func, inlineConstantScalars);
    expect(blockNames(design.func)).toEqual(['B']);
    expectSound(func, design);
  });

  it('leaves a scalar alone that is computed from something', () => {
    const func = plusConstant('A[0] * T.float32(2)');
    expect(onlyDesignOf(func, inlineConstantScalars).func).toBe(func);
  });

  it('leaves a constant alone that is a result of the function', () => {
    const func = program(
      'c: T.Buffer((), "float32")',
      `
    with T.block("c"):
        vi = T.axis.spatial(1, 0)
        c[()] = T.float32(1)
`,
    );
    expect(onlyDesignOf(func, inlineConstantScalars).func).toBe(func);
  });
});
