/**
 * @file What the parser accepts as functions and around them: every spelling is compared with the plain one that the
 * printer uses.
 */
import { describe, expect, test } from 'vitest';
import { parseScript } from '../../../shared/script/parse.js';
import { expectSame, indent, onlyFunction } from './spelling.js';

describe('functions and modules', () => {
  const PLAIN = `@T.prim_func
def f(A: T.Buffer((8, 8), "float32"), B: T.Buffer((8,), "int32")):
    T.func_attr({"global_symbol": "f", "tir.noalias": True})
    for i in T.serial(8):
        with T.block("b"):
            vi = T.axis.spatial(8, i)
            T.reads()
            T.writes(B[vi])
            B[vi] = vi
`;
  const PARAMS = 'A: T.Buffer((8, 8), "float32"), B: T.Buffer((8,), "int32")';

  test.each([
    ['old parameter types', PARAMS, 'A: T.Buffer[(8, 8), "float32"], B: T.Buffer[8, "int32"]'],
    [
      'defaults',
      PARAMS,
      'A: T.Buffer((8, 8)), B: T.Buffer(8, dtype="int32", scope="global", align=64, offset_factor=1)',
    ],
    ['return type', `${PARAMS})`, `${PARAMS}) -> None`],
    ['decorator with arguments', '@T.prim_func', '@T.prim_func(private=True, s_tir=True)'],
    ['long decorator', '@T.prim_func', '@tvm.script.tir.prim_func'],
    ['renamed namespace', '@T.prim_func', 'from tvm.script import s_tir as S\n@S.prim_func'],
    ['docstring', '    T.func_attr', '    """Does things."""\n    T.func_attr'],
    ['handles', PARAMS, 'a: T.handle, b: T.handle'],
    [
      'written root',
      '    for i in',
      '    with T.block("root"):\n     T.reads()\n     T.writes()\n     for i in',
    ],
  ])('%s', (what, from, to) => {
    expect(PLAIN).toContain(from);
    const matches = `    B = T.match_buffer(b, 8, "int32", strides=[], elem_offset=0)\n    A = T.match_buffer(a, (8, 8), dtype="float32")\n`;
    let script = PLAIN.replace(from, to);
    if (what === 'handles') script = script.replace('    T.func_attr', `${matches}    T.func_attr`);
    if (what === 'written root') {
      const [head = '', body = ''] = script.split('     for i in');
      script = `${head}     for i in${indent(body, ' ').trimStart().replace(/^/, ' ')}`;
    }
    expectSame(script, PLAIN);
  });

  test('what stands beside the functions does not matter', () => {
    const script = `#!/usr/bin/env python
"""A script."""
import numpy as np, tvm
from tvm.ir.module import IRModule
from tvm.script import ir as I, tir as TT

N = 8
shape = (N, N)
name = "float32"
rng = np.random.default_rng(0)

def reference(a):
    for i in range(8):
        yield a[i] @ a

class Helper:
    pass

@tvm.script.ir_module
class MyModule:
    """The module."""
    I.module_attrs({"x": 1})
    M = N

    @TT.prim_func
    def f(A: TT.Buffer(shape, name), B: TT.Buffer((M,), "int32")):
        TT.func_attr({"global_symbol": "f"})
        TT.func_attr({"tir.noalias": True})
        for i in TT.serial(N):
            with TT.block("b"):
                vi = TT.axis.spatial(N, i)
                B[vi] = vi

if __name__ == "__main__":
    sch = tvm.tir.Schedule(MyModule)
    print(sch.mod.script())
`;
    expectSame(script, PLAIN);
  });

  test('functions keep their order and names', () => {
    const script = `@I.ir_module\nclass M:\n${indent(PLAIN, '  ')}\n${indent(PLAIN.replace('def f', 'def g'), '  ')}\n${PLAIN.replace('def f', 'def h')}`;
    expect(parseScript(script).functions.map((f) => f.name)).toEqual(['f', 'g', 'h']);
  });

  test('line ends and a byte order mark', () => {
    expectSame(`\uFEFF${PLAIN.replaceAll('\n', '\r\n')}`, PLAIN);
  });

  test('attributes of every kind', () => {
    const attrs = `{"a": -1, "b": 1.5, "c": [1, (2, "x")], "d": {"__proto__": None}, "e": T.bool(False), 'f': r"\\n" "\\x41\\u00e9\\101\\
\\q", "g": T.int64(7), "h": T.float32("inf")}`;
    const f = onlyFunction(`@T.prim_func\ndef f():\n    T.func_attr(${attrs})\n    pass\n`);
    expect(f.attrs).toEqual({
      a: -1,
      b: 1.5,
      c: [1, [2, 'x']],
      d: Object.fromEntries([['__proto__', null]]),
      e: false,
      f: '\\nAéA\\q',
      g: 7,
      h: Infinity,
    });
  });
});
