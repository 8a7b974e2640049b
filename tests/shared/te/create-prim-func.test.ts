import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buffer } from '../../../shared/ir/buffer.js';
import { add, cast, float, load, max as maximum, mul, variable } from '../../../shared/ir/build.js';
import type { Block, Stmt } from '../../../shared/ir/stmt.js';
import { structuralEqual } from '../../../shared/ir/structural.js';
import { walkStmt } from '../../../shared/ir/visit.js';
import { parseScript } from '../../../shared/script/parse.js';
import { createPrimFunc } from '../../../shared/te/create-prim-func.js';
import { max, min, reduceAxis, sum, type Reduction } from '../../../shared/te/reduction.js';
import { compute, placeholder, type Tensor } from '../../../shared/te/tensor.js';
import { filled, runInterpreter, toNumbers } from '../../support/inputs.js';

function blocksOf(body: Stmt): Block[] {
  const blocks: Block[] = [];
  walkStmt(body, {
    stmt: (s) => {
      if (s.kind === 'BlockRealize') blocks.push(s.block);
    },
  });
  return blocks;
}

const x = placeholder([4], { name: 'X' });
const plusOne = (t: Tensor, name: string): Tensor => compute(t.shape, (i) => add(load(t, [i]), 1), name);

describe('stages', () => {
  it('listed become parameters in the order listed, others temporaries; producers come first', () => {
    const y = plusOne(x, 'Y');
    const z = compute([4], (i) => mul(load(y, [i]), load(x, [i])), 'Z');
    const hidden = createPrimFunc('f', [z, x]);
    expect(hidden.params.map((p) => p.name)).toEqual(['Z', 'X']);
    expect(hidden.root.allocBuffers.map((b) => b.name)).toEqual(['Y']);
    expect(blocksOf(hidden.root.body).map((b) => b.name)).toEqual(['Y', 'Z']);

    const shown = createPrimFunc('f', [x, z, y]);
    expect(shown.params.map((p) => p.name)).toEqual(['X', 'Z', 'Y']);
    expect(shown.root.allocBuffers).toEqual([]);
    expect(blocksOf(shown.root.body).map((b) => b.name)).toEqual(['Y', 'Z']);
  });

  it('that nothing asks for are left out, and shared ones come once', () => {
    const y = plusOne(x, 'Y');
    plusOne(y, 'unused');
    const z = compute([4], (i) => add(load(y, [i]), load(y, [i])), 'Z');
    expect(blocksOf(createPrimFunc('f', [x, z]).root.body).map((b) => b.name)).toEqual(['Y', 'Z']);
  });

  it('of one name give blocks of different names, none of them the root', () => {
    const chain = plusOne(plusOne(plusOne(x, 'Y'), 'Y'), 'root');
    const names = blocksOf(createPrimFunc('f', [x, chain]).root.body).map((b) => b.name);
    expect(names).toEqual(['Y', 'Y_1', 'root_1']);
  });

  it('can be used again: functions share no buffers or variables', () => {
    const y = plusOne(x, 'Y');
    const [first, second] = [createPrimFunc('f', [x, y]), createPrimFunc('g', [x, y])];
    expect(structuralEqual(first, second)).toBe(true);
    expect(first.params.some((p) => second.params.includes(p))).toBe(false);
    expect(first.params.every((p) => !('stage' in p))).toBe(true);
  });
});

describe('a block', () => {
  it('names its loops by the axes given, i0, i1, ... otherwise, and its iterators after the loops', () => {
    const k = reduceAxis(3, 'k');
    const a = placeholder([2, 3], { name: 'A' });
    const total = compute([2], (i) => sum(load(a, [i, k]), [k]), 'S', ['row']);
    const copy = compute([2, 3], (i, j) => load(a, [i, j]), 'T');
    const loops: string[] = [];
    const { body } = createPrimFunc('f', [a, total, copy]).root;
    walkStmt(body, {
      stmt: (s) => {
        if (s.kind === 'For') loops.push(s.loopVar.name);
      },
    });
    expect(loops).toEqual(['row', 'k', 'i0', 'i1']);
    const iters = blocksOf(body).map((b) => b.iterVars.map((iter) => `${iter.var.name}:${iter.iterType}`));
    expect(iters).toEqual([
      ['v_row:spatial', 'v_k:reduce'],
      ['v_i0:spatial', 'v_i1:spatial'],
    ]);
  });

  it('is what a person would write, regions included', () => {
    const k = reduceAxis(5, 'k');
    const a = placeholder([3, 5], { name: 'A' });
    const largest = compute([3], (i) => max(load(a, [i, k]), [k]), 'M');
    const out = compute([2], (i) => add(load(largest, [i]), load(largest, [add(i, 1)])), 'D');
    const script = `
from tvm.script import tir as T

@T.prim_func
def f(A: T.Buffer((3, 5), "float32"), D: T.Buffer((2,), "float32")):
    T.func_attr({"global_symbol": "f", "tir.noalias": True})
    M = T.alloc_buffer((3,), "float32")
    for i, k in T.grid(3, 5):
        with T.block("M"):
            vi, vk = T.axis.remap("SR", [i, k])
            T.reads(A[vi, vk])
            T.writes(M[vi])
            with T.init():
                M[vi] = T.float32(-3.4028234663852886e38)
            M[vi] = T.max(M[vi], A[vi, vk])
    for i in range(2):
        with T.block("D"):
            vi = T.axis.spatial(2, i)
            T.reads(M[vi : vi + 2])
            T.writes(D[vi])
            D[vi] = M[vi] + M[vi + 1]
`;
    const [expected] = parseScript(script).functions;
    expect(expected !== undefined && structuralEqual(createPrimFunc('f', [a, out]), expected)).toBe(true);
  });

  it('of a scalar has no loops', () => {
    const k = reduceAxis(4, 'k');
    const func = createPrimFunc('f', [x, compute([], () => sum(load(x, [k]), [k]), 'S')]);
    const [output] = runInterpreter(func, [Float32Array.of(1, 2, 3, 4)]);
    expect(output).toEqual(Float32Array.of(10));
  });
});

describe('reductions', () => {
  const COMBINE = {
    sum: [sum, (a: number, b: number) => a + b],
    max: [max, Math.max],
    min: [min, Math.min],
  } as const;
  const DTYPES = ['int8', 'uint8', 'int32', 'int64', 'float32', 'float64'] as const;

  it.each(['sum', 'max', 'min'] as const)('%s starts from its identity in every type', (name) => {
    const [reduce, combine] = COMBINE[name];
    fc.assert(
      fc.property(
        fc.constantFrom(...DTYPES),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        (dtype, values, negative) => {
          const data = negative && dtype !== 'uint8' ? values.map((v) => 0 - v) : values;
          const a = placeholder([2, 3], { name: 'A', dtype });
          const [i, j] = [reduceAxis(2, 'i'), reduceAxis(3, 'j')];
          const out = compute([1], () => reduce(load(a, [i, j]), [i, j]), 'R');
          const input = filled(dtype, 6, (at) => data[at] ?? 0);
          const [output] = runInterpreter(createPrimFunc('f', [a, out]), [input]);
          expect(output === undefined ? [] : toNumbers(output)).toEqual([
            data.reduce((p, v) => combine(p, v)),
          ]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('are the whole value of a stage by their type', () => {
    const k = reduceAxis(4, 'k');
    const total: Reduction = sum(load(x, [k]), [k]);
    // @ts-expect-error a reduction is no operand
    const misuse = (): unknown => add(total, 1);
    // @ts-expect-error nor may reductions be nested
    const nested = (): unknown => sum(total, [k]);
    expect([typeof misuse, typeof nested, total.kind]).toEqual(['function', 'function', 'Reduction']);
  });

  it('need axes, none twice, and values that are not bool', () => {
    const k = reduceAxis(4, 'k');
    expect(() => sum(load(x, [k]), [])).toThrow(expect.objectContaining({ code: 'BAD_AXIS' }));
    expect(() => max(load(x, [k]), [k, k])).toThrow('not [k, k]');
    expect(() => sum(cast('bool', load(x, [k])), [k])).toThrow('sum does not take a bool');
    expect(() => reduceAxis(0, 'k')).toThrow(expect.objectContaining({ code: 'BAD_SHAPE' }));
  });
});

describe('refusals', () => {
  const y = plusOne(x, 'Y');

  it.each<[string, () => unknown]>([
    ['UNBOUND_AXIS', () => compute([4], () => load(x, [variable('k')]), 'Y')],
    ['UNBOUND_AXIS', () => compute([4], () => load(x, [reduceAxis(4, 'k')]), 'Y')],
    ['BAD_RANK', () => compute([4], (i) => load(x, [i]), 'Y', ['i', 'j'])],
    ['BAD_RANK', () => compute([4, 4], (i, j) => load(x, [i, j]), 'Y')],
    ['BAD_SHAPE', () => compute([0], (i) => load(x, [i]), 'Y')],
    ['BAD_SHAPE', () => placeholder([2.5], { name: 'X' })],
    ['MISSING_PARAMETER', () => createPrimFunc('f', [y])],
    ['DUPLICATE_PARAMETER', () => createPrimFunc('f', [x, y, x])],
    ['NO_OUTPUT', () => createPrimFunc('f', [x])],
    ['NOT_A_TENSOR', () => createPrimFunc('f', [compute([4], (i) => load(buffer('B', [4]), [i]), 'Y')])],
    ['DTYPE_MISMATCH', () => compute([4], (i) => maximum(load(x, [i]), float(0, 'float64')), 'Y')],
  ])('%s: %s', (expected, build) => {
    expect(build).toThrow(expect.objectContaining({ name: 'InputError', code: expected }));
  });

  it('say what is missing', () => {
    expect(() => createPrimFunc('f', [y])).toThrow('X is read but is not among the parameters');
  });
});
