import { describe, expect, it } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import { add, cast, gt, ifThenElse, load, lt, mul, select, sub, variable } from '../../../shared/ir/build.js';
import {
  block,
  blockRealize,
  evaluate,
  forLoop,
  ifStmt,
  iterVar,
  letStmt,
  primFunc,
  range,
  seq,
  store,
} from '../../../shared/ir/build-stmt.js';
import type { DType } from '../../../shared/ir/dtype.js';
import type { Expr } from '../../../shared/ir/expr.js';
import { interpret } from '../../../shared/ir/interpret.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { Stmt } from '../../../shared/ir/stmt.js';
import { matmul, program } from '../schedule/programs.js';

const A = buffer('A', [4], 'float32');
const B = buffer('B', [4], 'float32');
const i = variable('i');

const refused = (code: string) => expect.objectContaining({ name: 'InputError', code });

/** Runs `body` on A = 1, 2, 3, 4 and B = 0; returns B. */
function run(body: Stmt, options?: Parameters<typeof interpret>[2]): number[] {
  const out = new Float32Array(4);
  interpret(primFunc('main', { params: [A, B], body }), [Float32Array.of(1, 2, 3, 4), out], options);
  return [...out];
}

describe('indices', () => {
  const copyFrom = (index: Expr): Stmt => forLoop(i, 4, store(B, load(A, [index]), [i]));

  it.each<[string, Expr, number]>([
    ['below the first element', sub(i, 1), -1],
    ['one past the last element', add(i, 1), 4],
  ])('%s are refused, with the buffer and the index', (_, index, at) => {
    expect(() => run(copyFrom(index))).toThrow(refused('INTERPRET_OUT_OF_BOUNDS'));
    expect(() => run(copyFrom(index))).toThrow(`A[4]: index ${at} in dimension 0 is out of bounds`);
  });

  it('of stores are checked as well', () => {
    expect(() => run(forLoop(i, 5, store(B, 0, [i])))).toThrow('B[4]: index 4 in dimension 0');
  });

  it('are checked in every dimension, though the element would be inside of the array', () => {
    const M = buffer('M', [2, 3], 'float32');
    const func = primFunc('main', { params: [M], body: store(M, 1, [0, 3]) });
    expect(() => interpret(func, [new Float32Array(6)])).toThrow('M[2, 3]: index 3 in dimension 1');
  });

  it('of int64 name the same elements', () => {
    expect(run(forLoop(i, 4, store(B, load(A, [cast('int64', i)]), [cast('int64', i)])))).toEqual([
      1, 2, 3, 4,
    ]);
    const wide = variable('j', 'int64');
    expect(run(forLoop(wide, 4, store(B, load(A, [wide]), [wide])))).toEqual([1, 2, 3, 4]);
    expect(() => run(forLoop(wide, 5, store(B, 0, [wide])))).toThrow(refused('INTERPRET_OUT_OF_BOUNDS'));
  });

  it('are row-major', () => {
    const M = buffer('M', [2, 3], 'int32');
    const j = variable('j');
    const body = forLoop(i, 2, forLoop(j, 3, store(M, add(mul(i, 10), j), [i, j])));
    const out = new Int32Array(6);
    interpret(primFunc('main', { params: [M], body }), [out]);
    expect([...out]).toEqual([0, 1, 2, 10, 11, 12]);
  });

  it('may be out of bounds on the side of an if_then_else that is not chosen, and on no side of a select', () => {
    const shifted = load(A, [sub(i, 1)]);
    expect(run(forLoop(i, 4, store(B, ifThenElse(gt(i, 0), shifted, 0), [i])))).toEqual([0, 1, 2, 3]);
    expect(() => run(forLoop(i, 4, store(B, select(gt(i, 0), shifted, 0), [i])))).toThrow(
      refused('INTERPRET_OUT_OF_BOUNDS'),
    );
  });
});

describe('the step budget', () => {
  const fill = forLoop(i, 4, store(B, 1, [i]));

  it('lets a program execute as many stores, and not one more', () => {
    expect(run(fill, { maxSteps: 4 })).toEqual([1, 1, 1, 1]);
    expect(() => run(fill, { maxSteps: 3 })).toThrow(refused('INTERPRET_BUDGET'));
  });

  it('counts the stores of inits', () => {
    const args = () => [new Float32Array(4), new Float32Array(4), new Float32Array(4)];
    interpret(matmul(2), args(), { maxSteps: 4 + 8 });
    expect(() => interpret(matmul(2), args(), { maxSteps: 4 + 7 })).toThrow(refused('INTERPRET_BUDGET'));
  });
});

describe('arguments', () => {
  const func = (dtype: DType): PrimFunc => {
    const X = buffer('X', [4], dtype);
    return primFunc('main', { params: [X], body: store(X, load(X, [1]), [0]) });
  };

  it.each<[string, DType, Parameters<typeof interpret>[1], string]>([
    ['too few', 'float32', [], 'main takes 1 arguments, not 0'],
    ['too many', 'float32', [new Float32Array(4), new Float32Array(4)], 'main takes 1 arguments, not 2'],
    ['too short', 'float32', [new Float32Array(3)], 'X must be an array of 4 float32'],
    ['too long', 'float32', [new Float32Array(5)], 'X must be an array of 4 float32'],
    ['another float', 'float32', [new Float64Array(4)], 'X must be an array of 4 float32'],
    ['another sign', 'uint8', [new Int8Array(4)], 'X must be an array of 4 uint8'],
    ['another width', 'int64', [new Int32Array(4)], 'X must be an array of 4 int64'],
  ])('%s are refused', (_, dtype, args, message) => {
    expect(() => interpret(func(dtype), args)).toThrow(refused('INTERPRET_ARGUMENTS'));
    expect(() => interpret(func(dtype), args)).toThrow(message);
  });

  it('of type bool are bytes', () => {
    const bytes = Uint8Array.of(0, 1, 0, 0);
    interpret(func('bool'), [bytes]);
    expect([...bytes]).toEqual([1, 1, 0, 0]);
  });
});

describe('statements', () => {
  it('loops of every kind run in order, from their start', () => {
    for (const forKind of ['serial', 'parallel', 'vectorized', 'unrolled'] as const) {
      const body = store(B, add(load(B, [sub(i, 1)]), load(A, [i])), [i]);
      const start = { min: add(0, 1), forKind };
      expect(run(forLoop(i, 3, body, start))).toEqual([0, 2, 5, 9]);
    }
  });

  it('loops without iterations do nothing, and extents may depend on outer loops', () => {
    const j = variable('j');
    const body = forLoop(i, 4, forLoop(j, i, store(B, add(load(B, [i]), 1), [i])));
    expect(run(body)).toEqual([0, 1, 2, 3]);
  });

  it('conditions choose, and need no other side', () => {
    const [one, two] = [store(B, 1, [i]), store(B, 2, [i])];
    expect(run(forLoop(i, 4, ifStmt(lt(i, 2), one, two)))).toEqual([1, 1, 2, 2]);
    expect(run(forLoop(i, 4, ifStmt(lt(i, 2), one)))).toEqual([1, 1, 0, 0]);
  });

  it('variables keep the value that they had when they were bound', () => {
    const x = variable('x', 'float32');
    const body = letStmt(x, load(A, [i]), seq([store(A, 9, [i]), store(B, x, [i])]));
    expect(run(forLoop(i, 4, body))).toEqual([1, 2, 3, 4]);
  });

  it('an expression that is evaluated alone is checked like any other', () => {
    expect(() => run(evaluate(load(A, [4])))).toThrow(refused('INTERPRET_OUT_OF_BOUNDS'));
  });
});

describe('blocks', () => {
  const v = variable('v');

  it('run only where their predicate holds', () => {
    const where = blockRealize(
      [i],
      block('B', { iterVars: [iterVar(v, range(0, 4), 'spatial')], body: store(B, load(A, [v]), [v]) }),
      lt(i, 3),
    );
    expect(run(forLoop(i, 6, where))).toEqual([1, 2, 3, 0]);
  });

  it('initialise when every reduction is at its start, wherever the loops stand', () => {
    const func = program(
      'A: T.Buffer((2, 3, 2), "float32"), B: T.Buffer((2,), "float32")',
      `
    for k, i, l in T.grid(3, 2, 2):
        with T.block("B"):
            vi, vk, vl = T.axis.remap("SRR", [i, k, l])
            with T.init():
                B[vi] = T.float32(100)
            B[vi] = B[vi] + A[vi, vk, vl]
`,
    );
    const out = new Float32Array(2);
    interpret(func, [Float32Array.from({ length: 12 }, (_, n) => n), out]);
    expect([...out]).toEqual([115, 151]);
  });

  it('see nothing in temporaries that they have not written, in any run of the block', () => {
    const T = buffer('T', [1], 'float32');
    const body = seq([store(B, load(T, [0]), [v]), store(T, 1, [0])]);
    const realize = blockRealize(
      [i],
      block('B', { iterVars: [iterVar(v, range(0, 4), 'spatial')], allocBuffers: [T], body }),
    );
    expect(run(forLoop(i, 4, realize))).toEqual([NaN, NaN, NaN, NaN]);
  });

  it.each<[DType, number]>([
    ['int8', 101],
    ['uint8', 101],
    ['int32', -(2 ** 30)],
    ['int64', -(2 ** 62)],
  ])('find %d in temporaries of %s', (dtype, poison) => {
    const T = buffer('T', [1], dtype);
    const X = buffer('X', [1], 'float64');
    const body = store(X, cast('float64', load(T, [0])), [0]);
    const out = new Float64Array(1);
    interpret(primFunc('main', { params: [X], allocBuffers: [T], body }), [out]);
    expect(out[0]).toBe(poison);
  });
});

describe('a whole program', () => {
  it('multiplies matrices like the loops that one would write', () => {
    const [n, m, l] = [3, 4, 5];
    const [a, b] = [n * l, l * m].map((size) => Float32Array.from({ length: size }, (_, k) => (k % 7) - 3));
    const out = new Float32Array(n * m);
    if (a === undefined || b === undefined) throw new Error('unreachable');
    interpret(matmul(n, m, l), [a, b, out]);
    const expected = Array.from({ length: n * m }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < l; k++) sum += (a[Math.floor(at / m) * l + k] ?? 0) * (b[k * m + (at % m)] ?? 0);
      return sum;
    });
    expect([...out]).toEqual(expected);
  });
});
