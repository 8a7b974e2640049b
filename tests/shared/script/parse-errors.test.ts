/** @file What the parser refuses: always an `InputError` with a stable code, at the right place. */
import { describe, expect, test } from 'vitest';
import { around, refusal } from './refusal.js';

/** The lines before the statements of `around`. */
const LINES_BEFORE = 4;

describe('errors in statements', () => {
  // The place of the fault is marked by ‹…›, which are not part of the script.
  const ROWS: readonly (readonly [code: string, script: string])[] = [
    ['SCRIPT_SYNTAX', 'A[0, 0] = (1,\nA[0, 1] ‹= 2›'],
    ['SCRIPT_SYNTAX', 'A[0, 0] = 1\nA[0, 1] = 2 ‹3›'],
    ['SCRIPT_SYNTAX', 'N[0, 0] = i == ‹not i < 2›'],
    ['SCRIPT_UNDEFINED_NAME', 'A[0, 0] = ‹B›[0]'],
    ['SCRIPT_UNDEFINED_NAME', 'if i < ‹k›:\n  pass'],
    ['SCRIPT_BAD_RANK', '‹A[0]› = 1'],
    ['SCRIPT_BAD_RANK', 'A[0, 0] = 1 + ‹A[i]›'],
    ['SCRIPT_DTYPE_MISMATCH', '‹A[x, 0]› = 1'],
    ['SCRIPT_DTYPE_MISMATCH', 'N[0, 0] = ‹x + 1›'],
    ['SCRIPT_BAD_LITERAL', 'N[0, 0] = ‹0.5›'],
    ['SCRIPT_BAD_LITERAL', 'N[0, 0] = ‹1 // 0›'],
    ['SCRIPT_BAD_LITERAL', 'N[0, 0] = ‹9007199254740993›'],
    ['SCRIPT_BAD_LITERAL', 'N[0, 0] = ‹2 ** 60›'],
    ['SCRIPT_BAD_LITERAL', 'N[0, 0] = ‹1 << 99›'],
    ['SCRIPT_BAD_LITERAL', 'N[0, 0] = ‹1j›'],
    ['SCRIPT_BAD_LITERAL', 'A[0, 0] = ‹T.float32("big")›'],
    ['SCRIPT_DTYPE_MISMATCH', 'if ‹i›:\n  pass'],
    ['SCRIPT_DTYPE_MISMATCH', 'N[0, 0] = ‹i + (i < 1)›'],
    ['SCRIPT_DTYPE_MISMATCH', 'A[0, 0] = ‹T.exp(i)›'],
    ['SCRIPT_DTYPE_MISMATCH', 'A[0, 0] = T.exp(x, dtype=‹"float64"›)'],
    ['SCRIPT_BAD_DTYPE', 'A[0, 0] = ‹T.cast(i, "float16")›'],
    ['SCRIPT_BAD_ARGUMENT', 'A[0, 0] = ‹T.max(x)›'],
    ['SCRIPT_BAD_ARGUMENT', 'A[0, 0] = T.max(x, x, ‹x›)'],
    ['SCRIPT_BAD_ARGUMENT', 'A[0, 0] = T.max(x, b=x, c=‹x›)'],
    ['SCRIPT_BAD_ARGUMENT', 'A[0, 0] = T.max(x, a=‹x›)'],
    ['SCRIPT_BAD_ARGUMENT', 'A[0, 0] = ‹x›[0]'],
    ['SCRIPT_UNSUPPORTED', 'A[0, 0] = ‹T.tan›(x)'],
    ['SCRIPT_UNSUPPORTED', 'A[0, 0] = ‹print›(x)'],
    ['SCRIPT_UNSUPPORTED', 'A[0, 0] = ‹x is x›'],
    ['SCRIPT_UNSUPPORTED', 'A[0, 0] = ‹lambda a: a›'],
    ['SCRIPT_UNSUPPORTED', 'A[0, 0] = A[‹i›:j, 0]'],
    ['SCRIPT_UNSUPPORTED', 'A[0, 0] = ‹T.axis›'],
    ['SCRIPT_UNSUPPORTED', '‹x› += 1'],
    ['SCRIPT_UNSUPPORTED', 'A[0, 0] ‹@=› x'],
    ['SCRIPT_UNSUPPORTED', '‹return x›'],
    ['SCRIPT_UNSUPPORTED', '‹while i < 3:\n  pass›'],
    ['SCRIPT_UNSUPPORTED', '‹assert i < 3›'],
    ['SCRIPT_UNSUPPORTED', '‹a = b = i›'],
    ['SCRIPT_UNSUPPORTED', '‹T.call_extern("f", x)›'],
    ['SCRIPT_UNSUPPORTED', 'for a in ‹[1, 2]›:\n  pass'],
    ['SCRIPT_UNSUPPORTED', 'for a in range(0, 4, ‹2›):\n  pass'],
    ['SCRIPT_BAD_ARGUMENT', 'for a, b in ‹T.grid(4)›:\n  pass'],
    ['SCRIPT_BAD_ARGUMENT', 'for a, b in ‹range(4)›:\n  pass'],
    ['SCRIPT_BAD_ARGUMENT', 'for a in ‹T.thread_binding(4)›:\n  pass'],
    ['SCRIPT_DTYPE_MISMATCH', 'for a in T.serial(‹x›):\n  pass'],
    ['SCRIPT_UNSUPPORTED', '‹with open(i):\n  pass›'],
    ['SCRIPT_SYMBOLIC_SHAPE', 'n = ‹T.int32()›'],
    ['SCRIPT_SYMBOLIC_SHAPE', 'n = ‹T.var("int32")›'],
    ['SCRIPT_SYMBOLIC_SHAPE', 'B = T.alloc_buffer(‹(i, 4)›, "float32")'],
    ['SCRIPT_BAD_SHAPE', 'B = T.alloc_buffer(‹(0, 4)›, "float32")'],
    ['SCRIPT_BAD_DTYPE', 'B = T.alloc_buffer((4,), ‹"float16"›)'],
    ['SCRIPT_UNSUPPORTED', 'B = T.alloc_buffer((4,), "float32", strides=‹[4]›)'],
    ['SCRIPT_MISPLACED', '‹T.reads()›'],
    ['SCRIPT_MISPLACED', '‹T.where(i < 4)›'],
    ['SCRIPT_MISPLACED', '‹T.func_attr({})›'],
    ['SCRIPT_MISPLACED', 'with ‹T.init()›:\n  pass'],
    ['SCRIPT_MISPLACED', 'v = ‹T.axis.spatial(4, i)›'],
    ['SCRIPT_BAD_STRING', 'with T.block(‹b"bytes"›):\n  pass'],
    ['SCRIPT_BAD_STRING', 'with T.block(‹"\\U00110000"›):\n  pass'],
  ];

  test.each(ROWS)('%s: %s', (code, marked) => {
    const start = marked.indexOf('‹');
    const before = marked.slice(0, start).split('\n');
    const offending = marked.slice(start + 1, marked.indexOf('›'));
    const error = refusal(around(marked.replaceAll(/[‹›]/g, '')));
    expect({ code: error.code, ...error.place }).toEqual({
      code,
      line: LINES_BEFORE + before.length,
      column: 9 + (before[before.length - 1] ?? '').length,
      text: offending.split('\n')[0],
    });
  });
});

test('an incomplete line is shown whole', () => {
  const error = refusal(around('A[0, 0] = 1 +\nA[0, 0] = 2'));
  expect({ code: error.code, ...error.place }).toEqual({
    code: 'SCRIPT_SYNTAX',
    line: 5,
    column: 22,
    text: 'A[0, 0] = 1 +',
  });
  expect(refusal('x = (1,\n\n').place).toEqual({ line: 1, column: 8, text: 'x = (1,' });
});

describe('errors in blocks', () => {
  const ROWS: readonly (readonly [code: string, script: string])[] = [
    ['SCRIPT_BAD_ARGUMENT', 'vi, vj = ‹T.axis.remap("SS", [i])›'],
    ['SCRIPT_BAD_ARGUMENT', 'vi = T.axis.remap("S", ‹[i + 1]›)'],
    ['SCRIPT_BAD_ARGUMENT', 'vi = T.axis.remap(‹"X"›, [i])'],
    ['SCRIPT_BAD_ARGUMENT', 'vi, vj = ‹T.axis.spatial(16, i)›'],
    ['SCRIPT_BAD_ARGUMENT', 'vi = ‹T.axis.spatial(16)›'],
    ['SCRIPT_BAD_ARGUMENT', 'vi = ‹T.axis.spatial((1, 2, 3), i)›'],
    ['SCRIPT_UNSUPPORTED', 'vi = ‹T.axis.vector(16, i)›'],
    ['SCRIPT_DTYPE_MISMATCH', 'vi = ‹T.axis.spatial(16, x)›'],
    ['SCRIPT_BAD_ARGUMENT', 'T.reads(‹i›)'],
    ['SCRIPT_BAD_RANK', 'T.reads(‹A[i]›)'],
    ['SCRIPT_UNSUPPORTED', 'T.reads(A[‹0›:4:2, 0])'],
    ['SCRIPT_REPEATED', 'T.reads()\n‹T.reads()›'],
    ['SCRIPT_REPEATED', 'T.where(i < 4)\n‹T.where(i < 3)›'],
    ['SCRIPT_REPEATED', 'with T.init():\n  pass\nwith ‹T.init()›:\n  pass'],
    ['SCRIPT_DTYPE_MISMATCH', 'T.where(‹i›)'],
    ['SCRIPT_BAD_ARGUMENT', 'T.block_attr(‹[1]›)'],
    ['SCRIPT_BAD_ARGUMENT', 'T.block_attr(‹{"a": i}›)'],
    ['SCRIPT_BAD_ARGUMENT', 'T.block_attr({‹1›: 2})'],
    ['SCRIPT_MISPLACED', 'B = ‹T.match_buffer(A[0:4, 0], (4,))›'],
  ];

  test.each(ROWS)('%s: %s', (code, marked) => {
    const start = marked.indexOf('‹');
    const before = marked.slice(0, start).split('\n');
    const script = marked.replaceAll(/[‹›]/g, '').replaceAll(/^(?=.)/gm, '  ');
    const error = refusal(around(`with T.block("b"):\n${script}`));
    expect({
      code: error.code,
      ...error.place,
    }).toEqual({
      code,
      line: LINES_BEFORE + 1 + before.length,
      column: 11 + (before[before.length - 1] ?? '').length,
      text: marked.slice(start + 1, marked.indexOf('›')).split('\n')[0],
    });
  });

  test('a second block of a name is told where the first is', () => {
    const error = refusal(around('with T.block("b"):\n  pass\nwith T.block("b"):\n  pass'));
    expect(error.code).toBe('SCRIPT_DUPLICATE_BLOCK');
    expect(error.place).toMatchObject({ line: 7, text: 'T.block("b")' });
    expect(error.message).toContain('line 5');
  });

  test.each([
    'for a in range(3):\n  with T.block("root"):\n    pass',
    'with T.block("root"):\n  pass\nwith T.block("c"):\n  pass',
  ])('only the outermost block is the root', (stmts) => {
    expect(refusal(around(stmts)).code).toBe('SCRIPT_MISPLACED');
  });
});

describe('errors around functions', () => {
  test.each([
    ['SCRIPT_EMPTY', '', 1],
    ['SCRIPT_EMPTY', 'x = 1\n', 1],
    ['SCRIPT_EMPTY', 'def f():\n  pass\n', 1],
    ['SCRIPT_UNSUPPORTED', '@R.function\ndef f():\n  pass\n', 1],
    ['SCRIPT_UNSUPPORTED', '@I.ir_module\nclass M:\n  def f():\n    pass\n', 3],
    ['SCRIPT_BAD_PARAMETER', '@T.prim_func\ndef f(a):\n  pass\n', 2],
    ['SCRIPT_BAD_PARAMETER', '@T.prim_func\ndef f(\n  a: T.handle):\n  pass\n', 3],
    ['SCRIPT_BAD_PARAMETER', '@T.prim_func\ndef f(a: int):\n  pass\n', 2],
    ['SCRIPT_BAD_PARAMETER', '@T.prim_func\ndef f(*a):\n  pass\n', 2],
    ['SCRIPT_BAD_PARAMETER', '@T.prim_func\ndef f(A: T.Buffer(1), A: T.Buffer(1)):\n  pass\n', 2],
    ['SCRIPT_SYMBOLIC_SHAPE', '@T.prim_func\ndef f(n: T.int32):\n  pass\n', 2],
    [
      'SCRIPT_SYMBOLIC_SHAPE',
      '@T.prim_func\ndef f(a: T.handle):\n  n = T.int64()\n  A = T.match_buffer(a, (n,))\n',
      3,
    ],
    ['SCRIPT_BAD_ARGUMENT', 'n = foo()\n@T.prim_func\ndef f(A: T.Buffer((n, 4))):\n  pass\n', 3],
    [
      'SCRIPT_REPEATED',
      '@T.prim_func\ndef f(a: T.handle):\n  A = T.match_buffer(a, 4)\n  B = T.match_buffer(a, 4)\n',
      4,
    ],
    ['SCRIPT_DUPLICATE_NAME', '@T.prim_func\ndef f():\n  pass\n@T.prim_func\ndef f():\n  pass\n', 5],
  ])('%s: %j', (code, script, line) => {
    const error = refusal(script);
    expect([error.code, error.place.line]).toEqual([code, line]);
  });
});
