import { describe, expect, it } from 'vitest';
import { SPACES } from '../../../../server/tuning/spaces/space-table.js';
import { withConstants } from '../../../../shared/ir/constants.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { splitPrepacking } from '../../../../shared/ir/split-prepacking.js';
import { verifyFunc } from '../../../../shared/ir/verify.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { roundsAnew } from '../../../../shared/schedule/rounding.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { integerInputs, runInterpreter, toNumbers } from '../../../support/inputs.js';
import { runWasm } from '../../../support/run-wasm.js';
import { expectTraceRoundTrip } from '../../../shared/schedule/harness.js';

const TARGET = TARGETS['wasm-simd128'];

const designsOf = (func: PrimFunc): readonly Schedule[] =>
  SPACES.default.generate(func, { target: TARGET, rng: createRng(0) });

/** The tile that a design filters with; 0 for direct sums. */
function tileOf({ trace }: Schedule): number {
  return trace.insts.flatMap((inst) => (inst.kind === 'WinogradConv2d' ? [inst.args.tile] : []))[0] ?? 0;
}

const tilesOf = (spec: string): number[] => [
  ...new Set(designsOf(buildWorkload(spec).func).map((design) => tileOf(design))),
];

/** What the space makes of a design in the end; `null` when it is rejected. */
function finished(design: Schedule): PrimFunc | null {
  const accepted = Object.values(SPACES.default.postprocs).every((postproc) => postproc(design, TARGET));
  return accepted ? design.func : null;
}

describe("designs by Winograd's filtering", () => {
  it.each<[string, string, number[]]>([
    ['of any convolution it is for', 'conv2d_nhwc:n=1,h=8,w=8,ci=8,co=8', [0, 2, 4]],
    ['with what is fused to it', 'conv2d_bias_bn_relu:n=1,h=8,w=8,ci=8,co=8,s=1', [0, 2, 4]],
    ['not of few input channels', 'conv2d_nhwc:n=1,h=8,w=8,ci=3,co=8', [0]],
    ['not of few output channels', 'conv2d_nhwc:n=1,h=8,w=8,ci=8,co=4', [0]],
    ['not of images less than a tile', 'conv2d_nhwc:n=1,h=3,w=3,ci=8,co=8', [0, 2]],
    ['not of strides', 'conv2d_nhwc:n=1,h=8,w=8,ci=8,co=8,s=2', [0]],
    ['not of kernels of 1 x 1', 'conv2d_nhwc:n=1,h=8,w=8,ci=8,co=8,k=1,p=0', [0]],
  ])('are made %s', (_, spec, tiles) => {
    expect(tilesOf(spec)).toEqual(tiles);
  });

  it('are as many for each tile, within the limit', () => {
    const designs = designsOf(buildWorkload('conv2d_nhwc:n=1,h=8,w=8,ci=8,co=8').func);
    expect(designs.length).toBeLessThanOrEqual(64);
    const count = (tile: number): number => designs.filter((design) => tileOf(design) === tile).length;
    expect([count(0), count(2), count(4)]).toEqual([8, 4, 4]);
  });

  it('transform constant weights once, and pack what comes of it once', () => {
    const { func } = buildWorkload('conv2d_nhwc:n=1,h=8,w=8,ci=8,co=8');
    const preparedBy = (original: PrimFunc): string[] =>
      designsOf(original).flatMap((design) => {
        const made = tileOf(design) === 0 ? null : finished(design);
        return made === null ? [] : splitPrepacking(made).packed.map(({ name }) => name);
      });
    expect(new Set(preparedBy(func))).toEqual(new Set());
    expect(new Set(preparedBy(withConstants(func, ['weight'])))).toEqual(
      new Set(['conv2d_nhwc_weight', 'conv2d_nhwc_weight_global']),
    );
  });

  it.each([
    ['that tiles divide', 'conv2d_nhwc:n=2,h=8,w=8,ci=8,co=8', []],
    ['with constant weights', 'conv2d_nhwc:n=1,h=8,w=4,ci=9,co=12', ['weight']],
    ['that tiles do not divide', 'conv2d_nhwc:n=2,h=7,w=9,ci=11,co=10,p=0', []],
    ['with what is fused to them', 'conv2d_bias_bn_relu:n=1,h=5,w=6,ci=9,co=13,s=1', ['weight']],
  ])('compute convolutions %s', (_, spec, constants) => {
    const func = withConstants(buildWorkload(spec).func, constants);
    const inputs = integerInputs(func);
    const expected = toNumbers(at(runInterpreter(func, inputs), 0));
    const largest = Math.max(...expected.map(Math.abs));
    let compared = 0;
    for (const design of designsOf(func)) {
      if (tileOf(design) === 0) continue;
      expectTraceRoundTrip(func, design);
      const made = finished(design);
      if (made === null) continue;
      verifyFunc(made);
      expect(roundsAnew(made)).toBe(tileOf(design) === 4);
      const got = toNumbers(at(runWasm(made, 'wasm-simd128', inputs), 0));
      if (tileOf(design) === 2) expect(got).toEqual(expected);
      else {
        got.forEach((x, i) => expect(Math.abs(x - at(expected, i))).toBeLessThan(1e-5 * largest));
      }
      compared++;
    }
    expect(compared).toBeGreaterThan(2);
  });
});
