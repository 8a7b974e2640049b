import { describe, expect, it } from 'vitest';
import { defaultSpace } from '../../../../server/tuning/spaces/default-space.js';
import { withConstants } from '../../../../shared/ir/constants.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { verifyFunc } from '../../../../shared/ir/verify.js';
import { TARGET_IDS, TARGETS, type TargetId } from '../../../../shared/protocol/target.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { traceToText } from '../../../../shared/schedule/trace.js';
import { printScript } from '../../../../shared/script/print.js';
import { createRng } from '../../../../shared/support/rng.js';
import { buildWorkload, WORKLOAD_NAMES } from '../../../../shared/te/workload-table.js';
import { smallWorkload, SUMS_FRACTIONS } from '../../../support/small-workloads.js';
import {
  expectCloseResults,
  expectSameResults,
  expectSound,
  expectTraceRoundTrip,
} from '../../../shared/schedule/harness.js';
import {
  matmul,
  matmulRelu,
  program,
  rowSumsAdded,
  twoElementwise,
  vectorAdd,
} from '../../../shared/schedule/programs.js';

const designsOf = (func: PrimFunc, target: TargetId = 'wasm-simd128', seed = 0): readonly Schedule[] =>
  defaultSpace(func, { target: TARGETS[target], rng: createRng(seed) });

const blocksOf = (sch: Schedule): string[] =>
  [...sch.state.index.blocks.keys()].filter((name) => name !== 'root');
const texts = (designs: readonly Schedule[]): string[] => designs.map(({ trace }) => traceToText(trace));

describe.each(WORKLOAD_NAMES)('the designs of %s', (name) => {
  const func = smallWorkload(name);

  it('compute what the program computes, replay, and are valid', () => {
    const designs = designsOf(func);
    expect(designs.length).toBeGreaterThan(0);
    for (const design of designs) {
      if (SUMS_FRACTIONS.has(name)) expectCloseResults(func, design.func);
      else expectSameResults(func, design.func);
      expectTraceRoundTrip(func, design);
      verifyFunc(design.func);
    }
  });

  it('are schedules: every one has steps, and no two have the same', () => {
    const drawn = texts(designsOf(func));
    expect(drawn.every((text) => text !== '')).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });
});

describe('designs', () => {
  it('depend on the seed alone', () => {
    const func = matmul(64);
    expect(texts(designsOf(func))).toEqual(texts(designsOf(func)));
    expect(texts(designsOf(func, 'wasm-simd128', 1))).not.toEqual(texts(designsOf(func)));
  });

  it('of a matmul tile it in every order, with a cache and without, in vectors', () => {
    const designs = designsOf(matmul(64));
    expect(designs).toHaveLength(4);
    expect(designs.filter((design) => blocksOf(design).length === 2)).toHaveLength(2);
    for (const { func } of designs) {
      expect(printScript(func)).toContain('T.vectorized');
      expect(printScript(func)).toContain('T.unroll');
    }
  });

  it('of a window that moves by two have vectors, and may unroll the window as a whole', () => {
    const { func } = buildWorkload('max_pool2d_nchw:n=1,c=4,h=16,w=16,k=2,s=2,p=0');
    for (const { trace, func: scheduled } of designsOf(func)) {
      expect(printScript(scheduled)).toContain('T.vectorized');
      expect(traceToText(trace).match(/candidates=\[1, 2\]/g)).toHaveLength(2);
    }
  });

  it.each([
    ['norm:b=1,m=8,n=64', 1],
    ['mm_nt:m=16,n=16,k=64', 1],
    // Two reductions, each in parts or not.
    ['softmax:m=16,n=64', 5],
  ])('of %s keep partial results in the lanes of vectors', (spec, count) => {
    const scripts = designsOf(buildWorkload(spec).func).map(({ func }) => printScript(func));
    const inParts = scripts.filter(
      (script) => /T.vectorized[^]*_rf\[/.test(script) && /_rf = T.alloc/.test(script),
    );
    expect(inParts).toHaveLength(count);
  });

  it('of constant weights always have vectors, where the outputs fill one', () => {
    const drawn = (spec: string, constants: readonly string[]): string[] =>
      designsOf(withConstants(buildWorkload(spec).func, constants)).map(({ func }) => printScript(func));
    const vectors = (scripts: readonly string[]): number =>
      scripts.filter((script) => /for j_1 in T.vectorized/.test(script) && !/_rf/.test(script)).length;
    expect(drawn('linear:b=1,i=8,o=16', ['W'])).toHaveLength(2);
    expect(vectors(drawn('linear:b=1,i=8,o=16', ['W']))).toBe(2);
    expect(vectors(drawn('linear:b=1,i=8,o=16', []))).toBe(0);
    expect(vectors(drawn('linear:b=1,i=8,o=3', ['W']))).toBe(0);
  });

  it('have no vectors where the target has none, or where the elements are not consecutive', () => {
    const strided = program(
      'A: T.Buffer((64, 64), "float32"), B: T.Buffer((64, 64), "float32")',
      `
    for i, j in T.grid(64, 64):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vj, vi]
`,
    );
    const designs = [
      ...[matmul(64), vectorAdd(64), matmulRelu(16)].flatMap((func) => designsOf(func, 'wasm')),
      ...designsOf(strided),
    ];
    for (const { func } of designs) {
      expect(printScript(func)).not.toContain('T.vectorized');
      expect(printScript(func)).toContain('T.unroll');
    }
  });

  it.each<[string, PrimFunc, string[]]>([
    ['cheap blocks', twoElementwise(16), ['C']],
    ['cheap blocks into reductions', smallWorkload('transpose_batch_matmul'), ['C']],
    ['not reductions', rowSumsAdded(16), ['S', 'C']],
    ['not padding', smallWorkload('conv2d_bias_bn_relu'), ['PadInput', 'conv2d_nhwc', 'relu']],
    ['not calls', smallWorkload('layer_norm'), ['x_sum', 'x_square_sum', 'x_rstd', 'T_layer_norm']],
  ])('inline %s', (_, func, blocks) => {
    for (const design of designsOf(func)) {
      expect(blocksOf(design).filter((name) => !/_(global|rf)$/.test(name))).toEqual(blocks);
    }
  });

  it('of several reductions are all combinations, up to a limit', () => {
    expect(designsOf(chainOf(2))).toHaveLength(4 ** 2);
    expect(designsOf(chainOf(3))).toHaveLength(4 ** 3);
    expect(designsOf(chainOf(4))).toHaveLength(4 ** 3);
  });
});

/** Matrix products one after another. */
function chainOf(products: number): PrimFunc {
  const names = Array.from({ length: products + 1 }, (_, n) => `M${n}`);
  const params = [...names, 'W'].map((name) => `${name}: T.Buffer((4, 4), "float32")`).join(', ');
  const stages = names.slice(1).map(
    (name, n) => `
    for i, j, k in T.grid(4, 4, 4):
        with T.block("${name}"):
            vi, vj, vk = T.axis.remap("SSR", [i, j, k])
            with T.init():
                ${name}[vi, vj] = T.float32(0)
            ${name}[vi, vj] = ${name}[vi, vj] + M${n}[vi, vk] * W[vk, vj]
`,
  );
  return program(params, stages.join(''));
}

const SUM = `with T.block("S"):
                vi, vk = T.axis.remap("SR", [i, k])
                with T.init():
                    S[vi] = T.float32(0)
                S[vi] = S[vi] + A[vi, vk]`;

/** Programs as people write them, not as operators are built. */
const BY_HAND: readonly (readonly [string, string])[] = [
  [
    'whose loops have branches',
    `
    for i in range(8):
        for k in range(8):
            ${SUM}
        for j in range(8):
            with T.block("B"):
                vi, vj = T.axis.remap("SS", [i, j])
                B[vi, vj] = A[vi, vj] * T.float32(2)
`,
  ],
  [
    'that add to what an argument holds',
    `
    for i, k in T.grid(8, 8):
        with T.block("S"):
            vi, vk = T.axis.remap("SR", [i, k])
            S[vi] = S[vi] + A[vi, vk]
`,
  ],
  [
    'that initialise in a block of its own',
    `
    for i in range(8):
        with T.block("first"):
            vi = T.axis.spatial(8, i)
            S[vi] = T.float32(1)
    for i, k in T.grid(8, 8):
        with T.block("S"):
            vi, vk = T.axis.remap("SR", [i, k])
            S[vi] = S[vi] + A[vi, vk]
`,
  ],
  [
    'whose iterators come from several loops',
    `
    for i0, i1, k in T.grid(3, 4, 8):
        with T.block("S"):
            vi = T.axis.spatial(8, i0 * 4 + i1)
            vk = T.axis.reduce(8, k)
            T.where(i0 * 4 + i1 < 8)
            with T.init():
                S[vi] = T.float32(0)
            S[vi] = S[vi] + A[vi, vk]
`,
  ],
  [
    'with blocks in blocks',
    `
    for io in range(2):
        with T.block("outer"):
            vo = T.axis.spatial(2, io)
            for i, k in T.grid(4, 8):
                with T.block("S"):
                    vi = T.axis.spatial(8, vo * 4 + i)
                    vk = T.axis.reduce(8, k)
                    with T.init():
                        S[vi] = T.float32(0)
                    S[vi] = S[vi] + A[vi, vk]
`,
  ],
  [
    'whose reduction is outermost',
    `
    for k, i in T.grid(8, 8):
        ${SUM.replaceAll('\n    ', '\n')}
`,
  ],
  [
    'with loops that are scheduled already',
    `
    for i in T.parallel(8):
        for k in T.unroll(8):
            ${SUM}
`,
  ],
  [
    'without blocks',
    `
    for i, j in T.grid(8, 8):
        B[i, j] = A[i, j] + T.float32(1)
`,
  ],
];

describe('programs written by hand', () => {
  const params = [
    'A: T.Buffer((8, 8), "float32")',
    'S: T.Buffer((8,), "float32")',
    'B: T.Buffer((8, 8), "float32")',
  ].join(', ');

  it.each(BY_HAND)('%s have sound designs', (_, body) => {
    const func = program(params, body);
    verifyFunc(func);
    for (const target of TARGET_IDS) {
      const designs = designsOf(func, target);
      expect(designs.length).toBeGreaterThan(0);
      for (const design of designs) expectSound(func, design);
    }
  });
});
