import { expect, test } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import {
  add,
  and,
  binary,
  call,
  cast,
  eq,
  float,
  floordiv,
  ge,
  int,
  load,
  lt,
  max,
  mul,
  not,
  or,
  select,
  sub,
  truncdiv,
  variable,
} from '../../../shared/ir/build.js';
import {
  EMPTY,
  forLoop,
  ifStmt,
  irModule,
  letStmt,
  primFunc,
  range,
  seq,
  store,
} from '../../../shared/ir/build-stmt.js';
import type { Expr } from '../../../shared/ir/expr.js';
import type { Stmt } from '../../../shared/ir/stmt.js';
import { parseScript } from '../../../shared/script/parse.js';
import { printExpr, printScript, printStmt } from '../../../shared/script/print.js';
import { at } from '../../../shared/support/errors.js';

const [i, j] = [variable('i'), variable('j')];
const A = buffer('A', [8, 8]);
const S = buffer('S', []);

const EXPRESSIONS: readonly (readonly [text: string, e: Expr])[] = [
  ['i + j * 2', add(i, mul(j, 2))],
  ['(i + j) * 2', mul(add(i, j), 2)],
  ['i - (j - 1)', sub(i, sub(j, 1))],
  ['i - j - 1', sub(sub(i, j), 1)],
  ['i * -1 + -3', add(mul(i, -1), -3)],
  ['i * j // 4 % 3', binary('floormod', floordiv(mul(i, j), 4), 3)],
  ['i * (j // 4)', mul(i, floordiv(j, 4))],
  ['T.truncdiv(i, 4)', truncdiv(i, 4)],
  ['T.max(i, j + 1)', max(i, add(j, 1))],
  ['i | j & 3 << i', binary('bitor', i, binary('bitand', j, binary('shl', 3, i)))],
  ['i >= 0 and i < 8', and(ge(i, 0), lt(i, 8))],
  ['not (i < 8 or j == 0)', not(or(lt(i, 8), eq(j, 0)))],
  ['(i < 8) == (j < 8)', eq(lt(i, 8), lt(j, 8))],
  ['i < 8 and (j < 8 or i == j)', and(lt(i, 8), or(lt(j, 8), eq(i, j)))],
  ['A[i, j + 1] * T.float32(0.5)', mul(load(A, [i, add(j, 1)]), float(0.5))],
  ['S[()]', load(S, [])],
  ['T.Cast("float32", i)', cast('float32', i)],
  ['T.exp(A[i, i])', call('exp', [load(A, [i, i])])],
  [
    'T.Select(i < 1, T.float64("-inf"), T.float64(-0.0))',
    select(lt(i, 1), float(-Infinity, 'float64'), float(-0, 'float64')),
  ],
  ['T.int32(6) & 3', binary('bitand', int(6), int(3))],
  ['T.int64(6)', int(6, 'int64')],
];

test.each(EXPRESSIONS)('prints %s', (text, e) => {
  expect(printExpr(e)).toBe(text);
});

test('a function with all its parts', () => {
  const text = `from tvm.script import tir as T

@T.prim_func
def main(A: T.Buffer((8, 4), "float32"), C: T.Buffer((8,), "float32"), E: T.Buffer((), "int64", scope="shared")):
    T.func_attr({"global_symbol": "main", "tir.noalias": True})
    D = T.alloc_buffer((8, 4), "float32", scope="local")
    for i, j in T.grid(8, 4):
        with T.block("D"):
            vi, vj = T.axis.remap("SS", [i, j])
            T.reads(A[vi, vj])
            T.writes(D[vi, vj])
            v: T.float32 = A[vi, vj] * A[vi, vj]
            if v < T.float32(1):
                D[vi, vj] = v
            else:
                D[vi, vj] = T.float32(1)
    for i_0 in T.thread_binding(3, thread="blockIdx.x"):
        for i_1 in T.vectorized(1, 4, annotations={"pragma": [1, None, "x"]}):
            for k in T.serial(4):
                with T.block("C"):
                    vi_1 = T.axis.spatial(8, i_0 * 3 + i_1)
                    vk = T.axis.reduce((1, 4), k)
                    T.where(i_0 * 3 + i_1 < 8)
                    T.reads(D[vi_1, vk], C[vi_1])
                    T.writes(C[vi_1:vi_1 + 2], E[()])
                    T.block_attr({"meta_schedule.tiling_structure": "SSRSRS"})
                    with T.init():
                        C[vi_1] = T.float32(0)
                    C[vi_1] = C[vi_1] + D[vi_1, vk]
                    E[()] = T.int64(3)
`;
  expect(printScript(at(parseScript(text).functions, 0))).toBe(text);
});

test('a root block that says more than its body is written out', () => {
  const text = `from tvm.script import tir as T

@T.prim_func
def main(A: T.Buffer((4,), "float32")):
    with T.block("root"):
        T.reads()
        T.writes(A[0:4])
        T.block_attr({"meta_schedule.parallel": 16})
        B = T.alloc_buffer((4,), "float32")
        T.evaluate(0)
`;
  expect(printScript(at(parseScript(text).functions, 0))).toBe(text);
});

test('a module', () => {
  const functions = ['f', 'f-g', 'f.g'].map((name) => primFunc(name, { params: [A], body: EMPTY }));
  expect(printScript(irModule(functions))).toBe(`from tvm.script import ir as I
from tvm.script import tir as T

@I.ir_module
class Module:
    @T.prim_func
    def f(A: T.Buffer((8, 8), "float32")):
        pass

    @T.prim_func
    def f_g(A: T.Buffer((8, 8), "float32")):
        pass

    @T.prim_func
    def f_g_1(A: T.Buffer((8, 8), "float32")):
        pass
`);
  expect(parseScript(printScript(irModule([]))).functions).toEqual([]);
});

test('names become identifiers of their own', () => {
  const vars = ['i', 'i', 'i.outer', 'for', 'T', '1st', ''].map((name) => variable(name));
  const target = buffer('i', [9]);
  const sum = vars.reduce<Expr>((total, v) => add(total, v), int(1));
  const body = vars.reduceRight<Stmt>(
    (inner, v) => forLoop(v, int(2), inner, { forKind: 'unrolled' }),
    store(target, 0, [sum]),
  );
  const text = printScript(primFunc('f', { params: [target], body }));
  expect(text).toContain('i[1 + i_1 + i_2 + i_outer + for_ + T_ + _1st + _] = T.float32(0)');
});

test('a binding that ends before its list does gets a body of its own', () => {
  const v = variable('v');
  const use = store(A, 0, [v, 0]);
  const text = printStmt(seq([letStmt(v, int(1), use), ifStmt(lt(i, 1), letStmt(v, int(2), use), EMPTY)]));
  expect(text).toBe(`with T.LetStmt(1) as v:
    A[v, 0] = T.float32(0)
if i < 1:
    v: T.int32 = 2
    A[v, 0] = T.float32(0)
else:
    pass`);
});

test('ranges print so that they read back', () => {
  const loop = forLoop(i, int(4), EMPTY, { min: j });
  expect(printStmt(loop)).toBe('for i in T.serial(j, j + 4):\n    pass');
  const odd = { ...loop, ...range(2 ** 31 - 1, 2) };
  expect(printStmt(odd)).toBe('for i in T.serial(2147483647, T.int32(2147483647) + 2):\n    pass');
});
