/**
 * @file What the parser accepts in the body of a function: every spelling is compared with the plain one that the
 * printer uses.
 */
import { describe, expect, test } from 'vitest';
import { printScript } from '../../../shared/script/print.js';
import { expectSame, indent, onlyFunction } from './spelling.js';

const HEAD = `@T.prim_func
def f(A: T.Buffer((16, 16), "float32"), B: T.Buffer((16,), "float64"), N: T.Buffer((16, 16), "int32"), L: T.Buffer((8,), "int64"), P: T.Buffer((4,), "bool")):
`;

/** A function around statements that may use `i` and `j` (int32), `l` (int64) and the buffers A B N L P. */
function around(stmts: string): string {
  return `${HEAD}    for i, j, l in T.grid(16, 16, T.int64(8)):\n${indent(stmts, '        ')}\n`;
}

describe('expressions', () => {
  const ROWS: readonly (readonly [script: string, plain: string])[] = [
    // Python's numbers take the type of what they meet.
    ['A[i, j] = 2', 'A[i, j] = T.float32(2)'],
    ['A[i, j] = A[i, j] * 2 + 0.5', 'A[i, j] = A[i, j] * T.float32(2) + T.float32(0.5)'],
    ['B[i] = B[i] / 3', 'B[i] = B[i] / T.float64(3)'],
    ['L[l] = l + 1', 'L[l] = l + T.int64(1)'],
    ['A[i, j] = 1 / 4 + 2 ** -1', 'A[i, j] = T.float32(0.75)'],
    ['N[i, j] = 7 // 2 * 10 + -7 % 3', 'N[i, j] = 32'],
    ['N[i, j] = 1_000 + 0x10 + 0b11 + 0o7', 'N[i, j] = 1026'],
    ['N[i, j] = (6 & 3) | (1 << 4) ^ 5 >> 1', 'N[i, j] = 18'],
    ['P[0] = 1 < 2 <= 2', 'P[0] = T.bool(True)'],
    // Types widen as in TVM.
    ['L[l] = i + l', 'L[l] = T.Cast("int64", i) + l'],
    ['A[i, j] = A[i, j] + i', 'A[i, j] = A[i, j] + T.Cast("float32", i)'],
    ['A[i, j] = i', 'A[i, j] = T.Cast("float32", i)'],
    ['A[i, j] = i + 0.5', 'A[i, j] = T.Cast("float32", i) + T.float32(0.5)'],
    ['B[i] = A[i, j] * B[i]', 'B[i] = T.Cast("float64", A[i, j]) * B[i]'],
    // Casts.
    ['A[i, j] = T.cast(i, "float32")', 'A[i, j] = T.Cast("float32", i)'],
    ['A[i, j] = i.astype("float32")', 'A[i, j] = T.Cast("float32", i)'],
    ['A[i, j] = (i + 1).astype(dtype="float32")', 'A[i, j] = T.Cast("float32", i + 1)'],
    ['A[i, j] = T.float32(i)', 'A[i, j] = T.Cast("float32", i)'],
    ['L[l] = T.int64(i)', 'L[l] = T.Cast("int64", i)'],
    ['A[i, j] = T.float32("inf")', 'A[i, j] = T.infinity("float32")'],
    ['A[i, j] = float("-inf")', 'A[i, j] = T.float32("-inf")'],
    ['A[i, j] = T.min_value("float32")', 'A[i, j] = T.float32(-3.4028234663852886e38)'],
    ['N[i, j] = T.max_value("int32")', 'N[i, j] = 2147483647'],
    // Operators.
    ['N[i, j] = i / j', 'N[i, j] = T.truncdiv(i, j)'],
    ['N[i, j] = T.floordiv(i, j) + T.floormod(i, j)', 'N[i, j] = i // j + i % j'],
    ['N[i, j] = T.FloorDiv(a=i, b=j)', 'N[i, j] = i // j'],
    ['N[i, j] = T.div(i, j) + T.truncmod(i, j)', 'N[i, j] = i / j + T.Mod(i, j)'],
    ['N[i, j] = -i', 'N[i, j] = i * -1'],
    ['N[i, j] = ~i', 'N[i, j] = i ^ -1'],
    ['N[i, j] = T.shift_left(i, j) + T.shift_right(i, 2)', 'N[i, j] = (i << j) + (i >> 2)'],
    ['N[i, j] = T.bitwise_and(i, T.bitwise_or(j, T.bitwise_xor(i, 3)))', 'N[i, j] = i & (j | (i ^ 3))'],
    ['N[i, j] = min(i, max(j, abs(i)))', 'N[i, j] = T.min(i, T.max(j, T.abs(i)))'],
    ['A[i, j] = A[i, j] ** 2', 'A[i, j] = T.pow(A[i, j], T.float32(2))'],
    ['A[i, j] = T.power(A[i, j], 2.0)', 'A[i, j] = T.pow(A[i, j], T.float32(2))'],
    ['A[i, j] = T.fabs(A[i, j])', 'A[i, j] = T.abs(A[i, j])'],
    ['A[i, j] = T.nearbyint(A[i, j])', 'A[i, j] = T.round(A[i, j])'],
    // Conditions.
    ['A[i, j] = T.Select(i < 1, 1.0, A[i, j])', 'A[i, j] = T.Select(i < 1, T.float32(1), A[i, j])'],
    [
      'A[i, j] = T.if_then_else(i < 1, A[i, j], 0, dtype="float32")',
      'A[i, j] = A[i, j] if i < 1 else T.float32(0)',
    ],
    ['P[0] = 0 <= i < 8 and not j == 1', 'P[0] = 0 <= i and i < 8 and (not (j == 1))'],
    ['P[0] = not i < 1 and j < 2 or i < 3', 'P[0] = ((not (i < 1)) and j < 2) or i < 3'],
    ['P[0] = i < 1 or not i < 2 and j < 3', 'P[0] = i < 1 or ((not (i < 2)) and j < 3)'],
    ['P[0] = T.And(i < 1, T.Or(j < 2, T.Not(j < 3)))', 'P[0] = i < 1 and (j < 2 or not j < 3)'],
    ['P[0] = T.all(i < 1, j < 2, i < 3)', 'P[0] = i < 1 and j < 2 and i < 3'],
    ['P[0] = T.any(i < 1, j < 2)', 'P[0] = i < 1 or j < 2'],
    ['P[0] = T.likely(i < 1)', 'P[0] = i < 1'],
    ['P[0] = (i < 1) & (j < 2) | ~(i < 3)', 'P[0] = (i < 1 and j < 2) or not i < 3'],
    ['P[0] = True', 'P[0] = T.bool(True)'],
    ['P[0] = P[1] == T.bool(False)', 'P[0] = P[1] == False'],
    // Stores.
    ['A[i, j] += 1', 'A[i, j] = A[i, j] + T.float32(1)'],
    ['N[i, j] //= 2', 'N[i, j] = N[i, j] // 2'],
    ['A[(i, j)] = A[i, j,]', 'A[i, j] = A[i, j]'],
  ];

  test.each(ROWS)('%s', (script, plain) => {
    expectSame(around(script), around(plain));
  });

  test.each([
    'ceil',
    'cos',
    'erf',
    'exp',
    'exp2',
    'floor',
    'log',
    'log2',
    'rsqrt',
    'sigmoid',
    'sin',
    'sqrt',
    'tanh',
    'trunc',
  ])('T.%s', (name) => {
    const f = onlyFunction(around(`A[i, j] = T.${name}(A[i, j])`));
    expect(printScript(f)).toContain(`A[i, j] = T.${name}(A[i, j])`);
  });
});

describe('statements', () => {
  const ROWS: readonly (readonly [what: string, script: string, plain: string])[] = [
    [
      'elif',
      'if i < 1:\n  pass\nelif i < 2:\n  N[0, 0] = 1\nelse:\n  N[0, 0] = 2',
      'if i < 1:\n  pass\nelse:\n  if i < 2:\n    N[0, 0] = 1\n  else:\n    N[0, 0] = 2',
    ],
    ['one line', 'if i < 1: N[0, 0] = 1; N[0, 1] = 2', 'if i < 1:\n  N[0, 0] = 1\n  N[0, 1] = 2'],
    ['comments', '# c\nN[0, 0] = ( # d\n  1 +\n  i) # e', 'N[0, 0] = 1 + i'],
    ['docstrings', '"""text"""\nN[0, 0] = 1', 'N[0, 0] = 1'],
    ['binding', 'v = i + 1\nN[v, 0] = v', 'v: T.int32 = i + 1\nN[v, 0] = v'],
    ['T.let', 'v = T.let(i + 1)\nN[v, 0] = v', 'v: T.int32 = i + 1\nN[v, 0] = v'],
    ['T.bind', 'v = T.bind(i + 1)\nN[v, 0] = v', 'v: T.int32 = i + 1\nN[v, 0] = v'],
    ['annotated T.let', 'v: T.let = i + 1\nN[v, 0] = v', 'v: T.int32 = i + 1\nN[v, 0] = v'],
    ['annotated T.let of a type', 'v: T.let[T.int64] = 1\nL[v] = v', 'v: T.int64 = 1\nL[v] = v'],
    ['typed binding', 'v: T.float32 = 1\nA[0, 0] = v', 'v: T.float32 = T.float32(1)\nA[0, 0] = v'],
    ['LetStmt', 'with T.LetStmt(i + 1) as v:\n  N[v, 0] = v', 'v: T.int32 = i + 1\nN[v, 0] = v'],
    ['constants', 'n, m = 3, 4\nN[n, m] = n + m', 'N[3, 4] = 7'],
    ['rebinding', 'v = i + 1\nv = v + 1\nN[v, 0] = v', 'v: T.int32 = i + 1\nw: T.int32 = v + 1\nN[w, 0] = w'],
    ['range', 'for a in range(4):\n  N[a, 0] = 1', 'for a in T.serial(4):\n  N[a, 0] = 1'],
    ['range with a start', 'for a in range(1, 4):\n  N[a, 0] = 1', 'for a in T.serial(1, 4):\n  N[a, 0] = 1'],
    [
      'T.grid',
      'for a, b in T.grid(4, i):\n  N[a, b] = 1',
      'for a in T.serial(4):\n  for b in T.serial(i):\n    N[a, b] = 1',
    ],
    [
      'targets in parentheses',
      'for (a, b) in T.grid(4, 4):\n  N[a, b] = 1',
      'for a, b in T.grid(4, 4):\n  N[a, b] = 1',
    ],
    [
      'thread by position',
      'for a in T.thread_binding(4, "threadIdx.x"):\n  pass',
      'for a in T.thread_binding(0, 4, thread="threadIdx.x"):\n  pass',
    ],
    [
      'int64 loops',
      'for a in T.serial(T.int64(0), T.int64(4)):\n  L[a] = a',
      'for a in T.serial(T.int64(4)):\n  L[a] = a',
    ],
    ['parallel', 'for a in T.parallel(start=0, stop=4):\n  pass', 'for a in T.parallel(4):\n  pass'],
  ];

  test.each(ROWS)('%s', (_, script, plain) => {
    expectSame(around(script), around(plain));
  });
});

describe('blocks', () => {
  const PLAIN = `with T.block("b"):
    vi, vk = T.axis.remap("SR", [i, j])
    T.where(i < 8)
    T.reads(A[vi, vk])
    T.writes(N[vi, 0:4])
    T.block_attr({"x": 1})
    t = T.alloc_buffer((128,), "float32", scope="local")
    with T.init():
        t[0] = T.float32(0)
    t[0] = t[0] + A[vi, vk]`;
  const ROWS: readonly (readonly [what: string, from: string, to: string])[] = [
    ['sblock', 'T.block(', 'T.sblock('],
    ['sblock_attr', 'T.block_attr', 'T.sblock_attr'],
    ['sblock_alloc_buffer', 'T.alloc_buffer', 'T.sblock_alloc_buffer'],
    ['a bare shape', '(128,), "float32"', '128'],
    ['a list as shape', '(128,)', '[128]'],
    [
      'separate axes',
      'vi, vk = T.axis.remap("SR", [i, j])',
      'vi = T.axis.spatial(16, i)\n    vk = T.axis.reduce(16, j)',
    ],
    [
      'short axes',
      'vi, vk = T.axis.remap("SR", [i, j])',
      'vi = T.axis.S((0, 16), i)\n    vk = T.axis.R(16, binding=j)',
    ],
    ['a list of regions', 'T.reads(A[vi, vk])', 'T.reads([A[vi, vk]])'],
    ['a point as a slice', 'A[vi, vk])\n', 'A[vi:vi + 1, vk:vk + 1])\n'],
    ['an open slice', '0:4', ':4'],
    ['a difference that has to be computed', 'N[vi, 0:4]', 'N[vi, 0:2 * 2]'],
    ['an unnamed block', '"b"', '""'],
    ['a block without a name', '"b"', ''],
    ['a name with dashes', '"b"', '"tmm-16x16"'],
    ['predicates', 'i < 8', '8 > i if False else i < 8'],
  ];

  test.each(ROWS)('%s', (_, from, to) => {
    expect(PLAIN).toContain(from);
    expectSame(around(PLAIN.replace(from, to)), around(PLAIN));
  });

  test('whole buffers and slices from the start', () => {
    expectSame(
      around('with T.block("b"):\n  T.reads(A, B[:], N[2:, i:i + j])\n  T.writes()\n  pass'),
      around('with T.block("b"):\n  T.reads(A[0:16, 0:16], B[0:16], N[2:16, i:i + j])\n  T.writes()\n  pass'),
    );
  });

  test('extents of slices are simplified', () => {
    expectSame(
      around(
        'with T.block("b"):\n  vi = T.axis.spatial(4, i)\n  T.reads(B[vi * 4:(vi + 1) * 4])\n  T.writes()\n  pass',
      ),
      around(
        'with T.block("b"):\n  vi = T.axis.spatial(4, i)\n  T.reads(B[vi * 4:vi * 4 + 4])\n  T.writes()\n  pass',
      ),
    );
  });

  test('unnamed blocks get names that no other block has', () => {
    const f = onlyFunction(
      around('with T.block(""):\n  pass\nwith T.block():\n  pass\nwith T.block("block_1"):\n  pass'),
    );
    const names = [...printScript(f).matchAll(/T\.block\("(.*)"\)/g)].map((match) => match[1]);
    expect(names).toEqual(['block', 'block_2', 'block_1']);
  });

  test('iterators bound to int64 are int64', () => {
    expectSame(
      around('with T.block("b"):\n  v = T.axis.spatial(8, l)\n  L[v] = v'),
      around('with T.block("b"):\n  v = T.axis.spatial(T.int64(8), l)\n  L[v] = v'),
    );
  });

  test('scan and opaque iterators', () => {
    const text = printScript(
      onlyFunction(
        around('with T.block("b"):\n  a = T.axis.opaque(16, i)\n  b = T.axis.scan((1, 9), j)\n  pass'),
      ),
    );
    expect(text).toContain('a = T.axis.opaque(16, i)');
    expect(text).toContain('b = T.axis.scan((1, 9), j)');
  });
});
