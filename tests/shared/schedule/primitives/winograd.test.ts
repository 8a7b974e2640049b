import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withConstants } from '../../../../shared/ir/constants.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { verifyFunc } from '../../../../shared/ir/verify.js';
import { roundsAnew } from '../../../../shared/schedule/rounding.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { traceToJson, traceToText } from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSameProgram, expectSound, expectTraceRoundTrip, resultsOf } from '../harness.js';
import { program } from '../programs.js';

const conv = (spec: string): PrimFunc => buildWorkload(`conv2d_nhwc:${spec}`).func;

function filtered(func: PrimFunc, tile: number, name = 'conv2d_nhwc'): Schedule {
  const sch = createSchedule(func, { verify: true });
  sch.winogradConv2d(sch.getBlock(name), tile);
  return sch;
}

/** The largest difference of the outputs, as part of the largest output. */
function relativeError(func: PrimFunc, scheduled: PrimFunc): number {
  const outputOf = (f: PrimFunc): Float32Array =>
    new Float32Array(at(resultsOf(f).slice(-1), 0).slice().buffer);
  const [want, got] = [outputOf(func), outputOf(scheduled)];
  const largest = want.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return want.reduce((most, x, i) => Math.max(most, Math.abs(x - (got[i] ?? NaN))), 0) / Math.max(1, largest);
}

/** A convolution as somebody may have written it: other names, factors the other way round, loops in another order. */
const BY_HAND = program(
  'A: T.Buffer((1, 5, 6, 3), "float32"), K: T.Buffer((3, 3, 3, 2), "float32"), B: T.Buffer((1, 3, 4, 2), "float32")',
  `
    for y, x, f, q, c, s, i in T.grid(3, 4, 2, 3, 3, 3, 1):
        with T.block("sums"):
            vi, vf, vy, vx, vq, vs, vc = T.axis.remap("SSSSRRR", [i, f, y, x, q, s, c])
            with T.init():
                B[vi, vy, vx, vf] = T.float32(0)
            B[vi, vy, vx, vf] = B[vi, vy, vx, vf] + K[vq, vs, vc, vf] * A[vi, vq + vy, vx + vs, vc]
`,
);

/** F(2 x 2, 3 x 3) of an output of 2 x 3: the second tile is moved back over the first. */
const GOLDEN = program(
  'inputs: T.Buffer((1, 4, 5, 2), "float32"), weight: T.Buffer((3, 3, 2, 3), "float32"), conv2d_nhwc: T.Buffer((1, 2, 3, 3), "float32")',
  `
    conv2d_nhwc_weight = T.alloc_buffer((16, 2, 3), "float32")
    conv2d_nhwc_input = T.alloc_buffer((16, 2, 2), "float32")
    conv2d_nhwc_products = T.alloc_buffer((16, 2, 3), "float32")
    for ax0, ax1 in T.grid(2, 3):
        with T.block("conv2d_nhwc_weight"):
            ci, co = T.axis.remap("SS", [ax0, ax1])
            T.reads(weight[0:3, 0:3, ci, co])
            T.writes(conv2d_nhwc_weight[0:16, ci, co])
            t: T.float32 = weight[0, 0, ci, co]
            t_1: T.float32 = weight[1, 0, ci, co]
            t_2: T.float32 = weight[2, 0, ci, co]
            t_3: T.float32 = (t + t_2) * T.float32(0.5)
            t_4: T.float32 = t_1 * T.float32(0.5)
            t_5: T.float32 = t_3 + t_4
            t_6: T.float32 = t_3 - t_4
            t_7: T.float32 = weight[0, 1, ci, co]
            t_8: T.float32 = weight[1, 1, ci, co]
            t_9: T.float32 = weight[2, 1, ci, co]
            t_10: T.float32 = (t_7 + t_9) * T.float32(0.5)
            t_11: T.float32 = t_8 * T.float32(0.5)
            t_12: T.float32 = t_10 + t_11
            t_13: T.float32 = t_10 - t_11
            t_14: T.float32 = weight[0, 2, ci, co]
            t_15: T.float32 = weight[1, 2, ci, co]
            t_16: T.float32 = weight[2, 2, ci, co]
            t_17: T.float32 = (t_14 + t_16) * T.float32(0.5)
            t_18: T.float32 = t_15 * T.float32(0.5)
            t_19: T.float32 = t_17 + t_18
            t_20: T.float32 = t_17 - t_18
            with T.LetStmt((t + t_14) * T.float32(0.5)) as t_21:
                t_22: T.float32 = t_7 * T.float32(0.5)
                conv2d_nhwc_weight[0, ci, co] = t
                conv2d_nhwc_weight[1, ci, co] = t_21 + t_22
                conv2d_nhwc_weight[2, ci, co] = t_21 - t_22
                conv2d_nhwc_weight[3, ci, co] = t_14
            with T.LetStmt((t_5 + t_19) * T.float32(0.5)) as t_23:
                t_24: T.float32 = t_12 * T.float32(0.5)
                conv2d_nhwc_weight[4, ci, co] = t_5
                conv2d_nhwc_weight[5, ci, co] = t_23 + t_24
                conv2d_nhwc_weight[6, ci, co] = t_23 - t_24
                conv2d_nhwc_weight[7, ci, co] = t_19
            with T.LetStmt((t_6 + t_20) * T.float32(0.5)) as t_25:
                t_26: T.float32 = t_13 * T.float32(0.5)
                conv2d_nhwc_weight[8, ci, co] = t_6
                conv2d_nhwc_weight[9, ci, co] = t_25 + t_26
                conv2d_nhwc_weight[10, ci, co] = t_25 - t_26
                conv2d_nhwc_weight[11, ci, co] = t_20
            t_27: T.float32 = (t_2 + t_16) * T.float32(0.5)
            t_28: T.float32 = t_9 * T.float32(0.5)
            conv2d_nhwc_weight[12, ci, co] = t_2
            conv2d_nhwc_weight[13, ci, co] = t_27 + t_28
            conv2d_nhwc_weight[14, ci, co] = t_27 - t_28
            conv2d_nhwc_weight[15, ci, co] = t_16
    for ax0_1, ax1_1, ax2, ax3 in T.grid(1, 1, 2, 2):
        with T.block("conv2d_nhwc_input"):
            n, h, w, ci_1 = T.axis.remap("SSSS", [ax0_1, ax1_1, ax2, ax3])
            T.reads(inputs[n, h * 2:h * 2 + 4, T.min(w * 2, 1):T.min(w * 2, 1) + 4, ci_1])
            T.writes(conv2d_nhwc_input[0:16, n * 2 + h * 2 + w, ci_1])
            t_29: T.float32 = inputs[n, h * 2, T.min(w * 2, 1), ci_1]
            t_30: T.float32 = inputs[n, h * 2 + 1, T.min(w * 2, 1), ci_1]
            t_31: T.float32 = inputs[n, h * 2 + 2, T.min(w * 2, 1), ci_1]
            t_32: T.float32 = inputs[n, h * 2 + 3, T.min(w * 2, 1), ci_1]
            t_33: T.float32 = t_29 - t_31
            t_34: T.float32 = t_30 + t_31
            t_35: T.float32 = t_31 - t_30
            t_36: T.float32 = t_30 - t_32
            t_37: T.float32 = inputs[n, h * 2, T.min(w * 2, 1) + 1, ci_1]
            t_38: T.float32 = inputs[n, h * 2 + 1, T.min(w * 2, 1) + 1, ci_1]
            t_39: T.float32 = inputs[n, h * 2 + 2, T.min(w * 2, 1) + 1, ci_1]
            t_40: T.float32 = inputs[n, h * 2 + 3, T.min(w * 2, 1) + 1, ci_1]
            t_41: T.float32 = t_37 - t_39
            t_42: T.float32 = t_38 + t_39
            t_43: T.float32 = t_39 - t_38
            t_44: T.float32 = t_38 - t_40
            t_45: T.float32 = inputs[n, h * 2, T.min(w * 2, 1) + 2, ci_1]
            t_46: T.float32 = inputs[n, h * 2 + 1, T.min(w * 2, 1) + 2, ci_1]
            t_47: T.float32 = inputs[n, h * 2 + 2, T.min(w * 2, 1) + 2, ci_1]
            t_48: T.float32 = inputs[n, h * 2 + 3, T.min(w * 2, 1) + 2, ci_1]
            t_49: T.float32 = t_45 - t_47
            t_50: T.float32 = t_46 + t_47
            t_51: T.float32 = t_47 - t_46
            t_52: T.float32 = t_46 - t_48
            t_53: T.float32 = inputs[n, h * 2, T.min(w * 2, 1) + 3, ci_1]
            t_54: T.float32 = inputs[n, h * 2 + 1, T.min(w * 2, 1) + 3, ci_1]
            t_55: T.float32 = inputs[n, h * 2 + 2, T.min(w * 2, 1) + 3, ci_1]
            t_56: T.float32 = inputs[n, h * 2 + 3, T.min(w * 2, 1) + 3, ci_1]
            t_57: T.float32 = t_53 - t_55
            t_58: T.float32 = t_54 + t_55
            t_59: T.float32 = t_55 - t_54
            t_60: T.float32 = t_54 - t_56
            conv2d_nhwc_input[0, n * 2 + h * 2 + w, ci_1] = t_33 - t_49
            conv2d_nhwc_input[1, n * 2 + h * 2 + w, ci_1] = t_41 + t_49
            conv2d_nhwc_input[2, n * 2 + h * 2 + w, ci_1] = t_49 - t_41
            conv2d_nhwc_input[3, n * 2 + h * 2 + w, ci_1] = t_41 - t_57
            conv2d_nhwc_input[4, n * 2 + h * 2 + w, ci_1] = t_34 - t_50
            conv2d_nhwc_input[5, n * 2 + h * 2 + w, ci_1] = t_42 + t_50
            conv2d_nhwc_input[6, n * 2 + h * 2 + w, ci_1] = t_50 - t_42
            conv2d_nhwc_input[7, n * 2 + h * 2 + w, ci_1] = t_42 - t_58
            conv2d_nhwc_input[8, n * 2 + h * 2 + w, ci_1] = t_35 - t_51
            conv2d_nhwc_input[9, n * 2 + h * 2 + w, ci_1] = t_43 + t_51
            conv2d_nhwc_input[10, n * 2 + h * 2 + w, ci_1] = t_51 - t_43
            conv2d_nhwc_input[11, n * 2 + h * 2 + w, ci_1] = t_43 - t_59
            conv2d_nhwc_input[12, n * 2 + h * 2 + w, ci_1] = t_36 - t_52
            conv2d_nhwc_input[13, n * 2 + h * 2 + w, ci_1] = t_44 + t_52
            conv2d_nhwc_input[14, n * 2 + h * 2 + w, ci_1] = t_52 - t_44
            conv2d_nhwc_input[15, n * 2 + h * 2 + w, ci_1] = t_44 - t_60
    for ax0_2, ax1_2, ax2_1, ax3_1 in T.grid(16, 2, 3, 2):
        with T.block("conv2d_nhwc_products"):
            e, p, co_1, ci_2 = T.axis.remap("SSSR", [ax0_2, ax1_2, ax2_1, ax3_1])
            T.reads(conv2d_nhwc_input[e, p, ci_2], conv2d_nhwc_weight[e, ci_2, co_1])
            T.writes(conv2d_nhwc_products[e, p, co_1])
            with T.init():
                conv2d_nhwc_products[e, p, co_1] = T.float32(0)
            conv2d_nhwc_products[e, p, co_1] = conv2d_nhwc_products[e, p, co_1] + conv2d_nhwc_input[e, p, ci_2] * conv2d_nhwc_weight[e, ci_2, co_1]
    for ax0_3, ax1_3, ax2_2, ax3_2 in T.grid(1, 1, 2, 3):
        with T.block("conv2d_nhwc"):
            n_1, h_1, w_1, co_2 = T.axis.remap("SSSS", [ax0_3, ax1_3, ax2_2, ax3_2])
            T.reads(conv2d_nhwc_products[0:16, n_1 * 2 + h_1 * 2 + w_1, co_2])
            T.writes(conv2d_nhwc[n_1, h_1 * 2:h_1 * 2 + 2, T.min(w_1 * 2, 1):T.min(w_1 * 2, 1) + 2, co_2])
            t_61: T.float32 = conv2d_nhwc_products[0, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_62: T.float32 = conv2d_nhwc_products[4, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_63: T.float32 = conv2d_nhwc_products[8, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_64: T.float32 = conv2d_nhwc_products[12, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_65: T.float32 = t_61 + t_62 + t_63
            t_66: T.float32 = t_62 - t_63 - t_64
            t_67: T.float32 = conv2d_nhwc_products[1, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_68: T.float32 = conv2d_nhwc_products[5, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_69: T.float32 = conv2d_nhwc_products[9, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_70: T.float32 = conv2d_nhwc_products[13, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_71: T.float32 = t_67 + t_68 + t_69
            t_72: T.float32 = t_68 - t_69 - t_70
            t_73: T.float32 = conv2d_nhwc_products[2, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_74: T.float32 = conv2d_nhwc_products[6, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_75: T.float32 = conv2d_nhwc_products[10, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_76: T.float32 = conv2d_nhwc_products[14, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_77: T.float32 = t_73 + t_74 + t_75
            t_78: T.float32 = t_74 - t_75 - t_76
            t_79: T.float32 = conv2d_nhwc_products[3, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_80: T.float32 = conv2d_nhwc_products[7, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_81: T.float32 = conv2d_nhwc_products[11, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_82: T.float32 = conv2d_nhwc_products[15, n_1 * 2 + h_1 * 2 + w_1, co_2]
            t_83: T.float32 = t_79 + t_80 + t_81
            t_84: T.float32 = t_80 - t_81 - t_82
            if T.min(w_1 * 2, 1) >= w_1 * 2:
                conv2d_nhwc[n_1, h_1 * 2, T.min(w_1 * 2, 1), co_2] = t_65 + t_71 + t_77
            if T.min(w_1 * 2, 1) + 1 >= w_1 * 2:
                conv2d_nhwc[n_1, h_1 * 2, T.min(w_1 * 2, 1) + 1, co_2] = t_71 - t_77 - t_83
            if T.min(w_1 * 2, 1) >= w_1 * 2:
                conv2d_nhwc[n_1, h_1 * 2 + 1, T.min(w_1 * 2, 1), co_2] = t_66 + t_72 + t_78
            if T.min(w_1 * 2, 1) + 1 >= w_1 * 2:
                conv2d_nhwc[n_1, h_1 * 2 + 1, T.min(w_1 * 2, 1) + 1, co_2] = t_72 - t_78 - t_84
`,
);

describe('winograd_conv2d', () => {
  it('makes transforms and products of a convolution', () => {
    const original = conv('n=1,h=4,w=5,ci=2,co=3,p=0');
    const sch = filtered(original, 2);
    expectSameProgram({ ...sch.func, name: GOLDEN.name, attrs: GOLDEN.attrs }, GOLDEN);
    expectSound(original, sch);
  });

  it('gives the blocks of its stages; the last has the name of the convolution', () => {
    const sch = createSchedule(conv('n=1,h=4,w=4,ci=2,co=3'));
    const block = sch.getBlock('conv2d_nhwc');
    const stages = sch.winogradConv2d(block, 4);
    const names = ['conv2d_nhwc_weight', 'conv2d_nhwc_input', 'conv2d_nhwc_products', 'conv2d_nhwc'];
    expect(stages.map((stage) => sch.get(stage).name)).toEqual(names);
    expect(sch.get(block).name).toBe('conv2d_nhwc');
    const [first] = traceToJson(sch.trace)[0].slice(-1);
    expect(first).toEqual(['WinogradConv2d', ['b0'], [4], ['b1', 'b2', 'b3', 'b4']]);
    expect(traceToText(sch.trace)).toContain('b1, b2, b3, b4 = sch.winograd_conv2d(block=b0, tile=4)');
  });

  it('keeps every bit of integers with tiles of 2, and nearly all with tiles of 4', () => {
    const extent = fc.integer({ min: 4, max: 9 });
    const few = fc.integer({ min: 1, max: 5 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        extent,
        extent,
        few,
        few,
        fc.nat(1),
        (n, h, w, ci, co, p) => {
          const original = conv(`n=${n},h=${h},w=${w},ci=${ci},co=${co},p=${p}`);
          expectSound(original, filtered(original, 2));
          if (Math.min(h, w) + 2 * p < 6) return;
          const sch = filtered(original, 4);
          verifyFunc(sch.func);
          expectTraceRoundTrip(original, sch);
          expect(relativeError(original, sch.func)).toBeLessThan(1e-5);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('knows a convolution by its form', () => {
    expectSound(BY_HAND, filtered(BY_HAND, 2, 'sums'));
  });

  it('leaves what stands before and after the convolution alone', () => {
    const original = buildWorkload('conv2d_bias_bn_relu:n=2,h=5,w=6,ci=3,co=5,s=1').func;
    const sch = filtered(original, 2);
    expect([...sch.state.index.blocks.keys()]).toContain('bn_add');
    expectSound(original, sch);
  });

  it('says whether it rounds anew', () => {
    const rounds = (spec: string, tile: number): boolean => roundsAnew(filtered(conv(spec), tile).func);
    expect(rounds('n=1,h=4,w=4,ci=2,co=3', 2)).toBe(false);
    expect(rounds('n=1,h=4,w=4,ci=2,co=3', 4)).toBe(true);
    expect(rounds('n=1,h=2,w=2,ci=4096,co=1', 2)).toBe(true);
  });

  it('expects small numbers of inputs alone, not of what was computed from them', () => {
    const squares = program(
      'A: T.Buffer((1, 4, 4, 1), "float32"), K: T.Buffer((3, 3, 1, 1), "float32"), B: T.Buffer((1, 2, 2, 1), "float32")',
      `
    S = T.alloc_buffer((1, 4, 4, 1), "float32")
    for y, x in T.grid(4, 4):
        with T.block("S"):
            vy, vx = T.axis.remap("SS", [y, x])
            S[0, vy, vx, 0] = A[0, vy, vx, 0] * A[0, vy, vx, 0]
    for i, y, x, f, q, s, c in T.grid(1, 2, 2, 1, 3, 3, 1):
        with T.block("B"):
            vi, vy, vx, vf, vq, vs, vc = T.axis.remap("SSSSRRR", [i, y, x, f, q, s, c])
            with T.init():
                B[vi, vy, vx, vf] = T.float32(0)
            B[vi, vy, vx, vf] = B[vi, vy, vx, vf] + S[vi, vy + vq, vx + vs, vc] * K[vq, vs, vc, vf]
`,
    );
    const sch = filtered(squares, 2, 'B');
    expectSound(squares, sch);
    expect(roundsAnew(sch.func)).toBe(true);
  });

  it('keeps constants what they are', () => {
    const original = withConstants(conv('n=1,h=4,w=4,ci=2,co=3'), ['weight']);
    expect(filtered(original, 4).func.attrs).toEqual(original.attrs);
  });
});
