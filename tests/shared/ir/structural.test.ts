import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import { add, float, int, load, lt, sub, variable } from '../../../shared/ir/build.js';
import {
  block,
  blockRealize,
  forLoop,
  letStmt,
  primFunc,
  seq,
  store,
} from '../../../shared/ir/build-stmt.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import type { Stmt } from '../../../shared/ir/stmt.js';
import { structuralEqual, structuralHash, type IRNode } from '../../../shared/ir/structural.js';
import { parseScript } from '../../../shared/script/parse.js';
import { at } from '../../../shared/support/errors.js';
import { arbitraryFunc } from '../../support/arbitrary-func.js';
import { arbitrarySyntax } from '../script/arbitrary-syntax.js';

function expectEqual(a: IRNode, b: IRNode): void {
  expect(structuralEqual(a, b)).toBe(true);
  expect(structuralEqual(b, a)).toBe(true);
  expect(structuralHash(a)).toBe(structuralHash(b));
}

function expectDifferent(a: IRNode, b: IRNode): void {
  expect(structuralEqual(a, b)).toBe(false);
  expect(structuralEqual(b, a)).toBe(false);
}

function onlyFunction(script: string): PrimFunc {
  return at(parseScript(script).functions, 0);
}

function realize(body: Stmt): Stmt {
  return blockRealize([], block('b', { body }));
}

/** The same program with a new name for every variable, buffer, block and function. */
function renamed(f: PrimFunc): PrimFunc {
  let count = 0;
  const visited = new Set<object>();
  const copy = structuredClone(f);
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || visited.has(value)) return;
    visited.add(value);
    if ('kind' in value && 'name' in value) Object.assign(value, { name: `n${count++}` });
    Object.values(value).forEach(visit);
  };
  visit(copy);
  return { ...copy, attrs: f.attrs };
}

describe('equality up to names', () => {
  test('a program equals its renamed copy', () => {
    fc.assert(
      fc.property(arbitrarySyntax(), (f) => expectEqual(f, renamed(f))),
      { numRuns: 300 },
    );
  });

  test('programs with one hash are equal, and the hash tells many programs apart', () => {
    const programs = fc.sample(arbitraryFunc(), { numRuns: 1500, seed: 7 });
    const buckets = new Map<string, PrimFunc>();
    for (const f of programs) {
      const known = buckets.get(structuralHash(f)) ?? f;
      buckets.set(structuralHash(f), known);
      expect(structuralEqual(known, f)).toBe(true);
    }
    expect(buckets.size).toBeGreaterThan(500);
  });

  test('the hash is the same in every process', () => {
    expect(structuralHash(onlyFunction(BASE))).toBe('f2aebd855323cd70');
  });
});

const BASE = `
@T.prim_func
def main(A: T.Buffer((8, 4), "float32"), B: T.Buffer((8, 4), "float32"), C: T.Buffer((8,), "float32")):
    T.func_attr({"global_symbol": "main", "tir.noalias": True})
    D = T.alloc_buffer((8, 4), "float32", scope="local")
    for i, j in T.grid(8, 4):
        with T.block("D"):
            vi, vj = T.axis.remap("SS", [i, j])
            T.reads(A[vi, vj], B[vi, vj])
            T.writes(D[vi, vj])
            D[vi, vj] = A[vi, vj] + B[vi, vj]
    for i in T.serial(8):
        for k in T.serial(4, annotations={"pragma": 1}):
            with T.block("C"):
                vi = T.axis.spatial(8, i)
                vk = T.axis.reduce(4, k)
                T.where(i < 7)
                T.reads(D[vi, 0:4])
                T.writes(C[vi])
                T.block_attr({"x": [1, None], "y": "z"})
                with T.init():
                    C[vi] = T.float32(0)
                C[vi] = C[vi] + D[vi, vk]
`;

/** Each row changes one thing that is part of the program. */
const DIFFERENCES: readonly (readonly [what: string, from: string, to: string])[] = [
  ['attributes', '"tir.noalias": True', '"tir.noalias": False'],
  ['missing attributes', ', "tir.noalias": True', ''],
  ['scope', 'scope="local"', 'scope="shared"'],
  ['shape', 'C: T.Buffer((8,), "float32")', 'C: T.Buffer((9,), "float32")'],
  ['which buffer', 'A[vi, vj] + B[vi, vj]', 'A[vi, vj] + A[vi, vj]'],
  ['operand order', 'A[vi, vj] + B[vi, vj]', 'B[vi, vj] + A[vi, vj]'],
  ['operator', 'A[vi, vj] + B[vi, vj]', 'A[vi, vj] - B[vi, vj]'],
  ['indices', 'D[vi, vj] = A[vi, vj]', 'D[vi, vj] = A[vi, 0]'],
  ['loop kind', 'for i in T.serial(8)', 'for i in T.parallel(8)'],
  ['thread', 'for i in T.serial(8)', 'for i in T.thread_binding(8, thread="threadIdx.x")'],
  ['extent', 'for i in T.serial(8)', 'for i in T.serial(7)'],
  ['start', 'for i in T.serial(8)', 'for i in T.serial(1, 9)'],
  ['annotation', '{"pragma": 1}', '{"pragma": 2}'],
  ['annotation type', '{"pragma": 1}', '{"pragma": "1"}'],
  ['annotation boolean', '{"pragma": 1}', '{"pragma": True}'],
  ['annotation key', '{"pragma": 1}', '{"Pragma": 1}'],
  ['block attribute', '[1, None]', '[None, 1]'],
  ['iterator type', 'T.axis.reduce(4, k)', 'T.axis.spatial(4, k)'],
  ['domain', 'T.axis.reduce(4, k)', 'T.axis.reduce(5, k)'],
  ['binding', 'T.axis.reduce(4, k)', 'T.axis.reduce(4, k * 2)'],
  ['predicate', 'T.where(i < 7)', 'T.where(i < 6)'],
  ['reads', 'T.reads(D[vi, 0:4])', 'T.reads(D[vi, 0:3])'],
  ['writes', 'T.writes(C[vi])', 'T.writes()'],
  ['init', 'C[vi] = T.float32(0)', 'C[vi] = T.float32(-0.0)'],
  ['no init', '                with T.init():\n                    C[vi] = T.float32(0)\n', ''],
];

describe('what is compared', () => {
  const base = onlyFunction(BASE);

  test.each(DIFFERENCES)('%s', (_, from, to) => {
    expect(BASE).toContain(from);
    const changed = onlyFunction(BASE.replace(from, to));
    expectDifferent(base, changed);
    expect(structuralHash(changed)).not.toBe(structuralHash(base));
  });

  test('names are not, nor the global symbol, nor the order of keys', () => {
    const other = BASE.replaceAll('vi', 'x')
      .replaceAll('D', 'temp')
      .replace('def main', 'def other')
      .replace('"global_symbol": "main"', '"global_symbol": "other"')
      .replace('{"x": [1, None], "y": "z"}', '{"y": "z", "x": [1, None]}')
      .replace('T.block("C")', 'T.block("anything")');
    expectEqual(base, onlyFunction(other));
  });
});

describe('variables and buffers', () => {
  const [x, y] = [variable('x'), variable('x')];

  test('a free variable equals itself only', () => {
    expectEqual(add(x, 1), add(x, 1));
    expectDifferent(add(x, 1), add(y, 1));
    expectDifferent(lt(x, y), lt(x, x));
    expectDifferent(sub(x, y), sub(y, x));
  });

  test('bound variables are matched by their binder', () => {
    const b = buffer('B', [4]);
    const loop = (v: typeof x, used: typeof x): Stmt => forLoop(v, 4, store(b, 0, [used]));
    expectEqual(loop(x, x), loop(y, y));
    expectDifferent(loop(x, x), loop(y, x));
    const twice = (first: typeof x, second: typeof x): Stmt =>
      seq([loop(first, first), loop(second, second)]);
    expectEqual(twice(x, y), twice(y, x));
  });

  test('a variable is out of scope after its binder', () => {
    const b = buffer('B', [4]);
    const use = store(b, 0, [x]);
    expectDifferent(letStmt(x, int(1), seq([use, use])), seq([letStmt(x, int(1), use), use]));
  });

  test('buffers are matched one to one', () => {
    const [a, b, c] = [buffer('A', [4]), buffer('B', [4]), buffer('C', [4])];
    const sum = (p: typeof a, q: typeof a): Stmt => store(c, add(load(p, [0]), load(q, [0])), [0]);
    expectEqual(sum(a, b), sum(b, a));
    expectDifferent(sum(a, b), sum(a, a));
    const copy = (from: typeof a, params: (typeof a)[]): PrimFunc =>
      primFunc('f', { params, body: store(c, load(from, [0]), [0]) });
    expectDifferent(copy(a, [a, b, c]), copy(b, [a, b, c]));
    expectEqual(copy(a, [a, b, c]), copy(b, [b, a, c]));
  });

  test('floats are compared by their bits, but every NaN is one', () => {
    expectEqual(float(Number.NaN), float(Number.NaN));
    expectDifferent(float(0), float(-0));
    expectDifferent(float(1), float(1, 'float64'));
    expectDifferent(int(1), int(1, 'int64'));
  });

  test('statements of one shape but other grouping differ', () => {
    const b = buffer('B', [4]);
    const s = store(b, 0, [0]);
    expectDifferent(seq([realize(seq([s, s])), s]), seq([realize(s), s, s]));
  });
});
