import { describe, expect, it } from 'vitest';
import { autoInline, type AutoInlineConfig } from '../../../../server/tuning/rules/auto-inline.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSound } from '../../../shared/schedule/harness.js';
import { program } from '../../../shared/schedule/programs.js';
import { blockNames, onlyDesignOf } from './harness.js';

/** As TVM has it for CPUs. */
const CPU: AutoInlineConfig = {
  intoProducer: false,
  intoConsumer: true,
  inlineConstTensor: true,
  disallowIfThenElse: true,
  requireInjective: true,
  requireOrdered: true,
  disallowOps: ['exp'],
};

/** As TVM has it for GPUs: whatever can be inlined. */
const GPU: AutoInlineConfig = {
  intoProducer: true,
  intoConsumer: true,
  inlineConstTensor: true,
  disallowIfThenElse: false,
  requireInjective: false,
  requireOrdered: false,
  disallowOps: [],
};

/** `S[i] = sum over k of P[i, k]`, where P is computed from A by `definition`. */
function summed(definition: string): PrimFunc {
  return program(
    'A: T.Buffer((8, 8), "float32"), S: T.Buffer((8,), "float32")',
    `
    P = T.alloc_buffer((8, 8), "float32")
    for i, j in T.grid(8, 8):
        with T.block("P"):
            vi, vj = T.axis.remap("SS", [i, j])
            P[vi, vj] = ${definition}
    for i, k in T.grid(8, 8):
        with T.block("S"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                S[vi] = T.float32(0)
            S[vi] = S[vi] + P[vi, vk]
`,
  );
}

/** The blocks that are left, after a check that the program means the same. */
function left(func: PrimFunc, config: AutoInlineConfig): string[] {
  const design = onlyDesignOf(func, autoInline(config));
  expectSound(func, design);
  return blockNames(design.func);
}

describe('auto-inline', () => {
  it('inlines a chain of elementwise blocks after a convolution into the last', () => {
    const { func } = buildWorkload('conv2d_bias_bn_relu:h=6,w=6,ci=3,co=4,k=3,s=1,p=1');
    expect(blockNames(func)).toHaveLength(6);
    expect(left(func, CPU)).toEqual(['PadInput', 'conv2d_nhwc', blockNames(func).at(-1)]);
  });

  it('inlines what a reduction reads, if that is computed element by element', () => {
    expect(left(summed('A[vi, vj] * T.float32(2)'), CPU)).toEqual(['S']);
  });

  it.each([
    ['exp', 'T.exp(A[vi, vj])', { disallowOps: [] }],
    ['a choice', 'T.if_then_else(vi < 3, A[vi, vj], T.float32(0))', { disallowIfThenElse: false }],
    ['a selection', 'T.Select(vi < 3, A[vi, vj], T.float32(0))', { disallowIfThenElse: false }],
    ['a transposition', 'A[vj, vi]', { requireOrdered: false }],
    ['a diagonal', 'A[vi, vi]', { requireInjective: false }],
    ['another index', 'A[vi, vj // 2]', { requireInjective: false, requireOrdered: false }],
  ])('leaves %s alone as long as it is told to', (_, definition, allowed) => {
    const func = summed(definition);
    const design = onlyDesignOf(func, autoInline(CPU));
    expect(blockNames(design.func)).toEqual(['P', 'S']);
    expect(blockNames(onlyDesignOf(func, autoInline({ ...CPU, ...allowed })).func)).toEqual(['S']);
  });

  it('inlines whatever it can in functions that reduce nothing', () => {
    const func = program(
      'A: T.Buffer((4, 8), "float32"), C: T.Buffer((8, 4), "float32")',
      `
    B = T.alloc_buffer((8, 4), "float32")
    for i, j in T.grid(8, 4):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = T.if_then_else(vi < 3, A[vj, vi], T.float32(0))
    for i, j in T.grid(8, 4):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = B[vi, vj] + T.float32(1)
`,
    );
    expect(left(func, CPU)).toEqual(['C']);
  });

  it('inlines constant tensors whatever they look like, unless told not to', () => {
    const func = summed('T.if_then_else(vi < 3, T.float32(1), T.float32(2))');
    expect(left(func, CPU)).toEqual(['S']);
    expect(left(func, { ...CPU, inlineConstTensor: false })).toEqual(['P', 'S']);
  });

  it('inlines into every consumer: of a softmax, only the sums and the last block are left', () => {
    const { func } = buildWorkload('softmax:m=4,n=6');
    const names = blockNames(onlyDesignOf(func, autoInline(GPU)).func);
    expect(names).toEqual(['T_softmax_maxelem', 'T_softmax_expsum', 'T_softmax_norm']);
  });

  it('leaves blocks alone that are annotated to stay', () => {
    const sch = createSchedule(summed('A[vi, vj]'));
    sch.annotate(sch.getBlock('P'), 'meta_schedule.inline_rule', 'disable');
    expect(blockNames(onlyDesignOf(sch.func, autoInline(CPU)).func)).toEqual(['P', 'S']);
  });

  it('inlines into producers if asked to, where these are complete', () => {
    const { func } = buildWorkload('matmul_relu:m=4,n=4,k=4');
    expect(left(func, { ...GPU, intoConsumer: false })).toEqual(['Y', 'C']);
    const copied = summed('A[vi, vj]');
    const sch = createSchedule(copied);
    const cache = sch.cacheWrite(sch.getBlock('P'), 0, 'global');
    expect(sch.get(cache).name).toBe('P_global');
    const design = onlyDesignOf(sch.func, autoInline({ ...GPU, intoConsumer: false }));
    expect(blockNames(design.func)).toEqual(['P', 'S']);
    expect(blockNames(onlyDesignOf(sch.func, autoInline({ ...CPU, intoConsumer: false })).func)).toHaveLength(
      3,
    );
  });
});
