import { describe, it } from 'vitest';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { at } from '../../../../shared/support/errors.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectRefused } from '../harness.js';
import { matmul } from '../programs.js';

const conv = (spec: string): PrimFunc => buildWorkload(`conv2d_nhwc:${spec}`).func;

describe('winograd_conv2d is refused', () => {
  const refused = (
    func: PrimFunc,
    name: string,
    code: Parameters<typeof expectRefused>[1],
    tile = 2,
  ): void => {
    const sch = createSchedule(func);
    const block = sch.getBlock(name);
    expectRefused(sch, code, () => sch.winogradConv2d(block, tile));
  };

  it.each([0, 1, 3, 6])('for tiles of %i', (tile) => {
    refused(conv('n=1,h=8,w=8,ci=2,co=3'), 'conv2d_nhwc', 'BAD_ARGUMENT', tile);
  });

  it.each([
    ['strides', 'conv2d_nhwc:n=1,h=8,w=8,ci=2,co=2,s=2'],
    ['dilation', 'dilated_conv2d_nhwc:n=1,h=8,w=8,ci=2,co=2,d=2'],
    ['groups', 'group_conv2d_nhwc:n=1,h=8,w=8,ci=4,co=4,g=2'],
    ['kernels of 1 x 1', 'conv2d_nhwc:n=1,h=8,w=8,ci=2,co=2,k=1,p=0'],
    ['kernels of 5 x 5', 'conv2d_nhwc:n=1,h=8,w=8,ci=2,co=2,k=5'],
  ])('for %s', (_, spec) => {
    refused(buildWorkload(spec).func, 'conv2d_nhwc', 'WINOGRAD_NOT_APPLICABLE');
  });

  it.each([
    ['channels first', 'conv2d_nchw:n=1,h=8,w=8,ci=2,co=2', 'conv2d_nchw'],
    ['one kernel per channel', 'depthwise_conv2d_nhwc:n=1,h=8,w=8,c=2', 'depth_conv2d_nhwc'],
    ['three dimensions', 'conv3d_ndhwc:n=1,depth=4,h=4,w=4,ci=2,co=2', 'conv3d_ndhwc'],
  ])('for convolutions with %s', (_, spec, name) => {
    refused(buildWorkload(spec).func, name, 'WINOGRAD_NOT_APPLICABLE');
  });

  it('for other reductions, and for blocks that do not reduce', () => {
    refused(matmul(8), 'C', 'WINOGRAD_NOT_APPLICABLE');
    refused(conv('n=1,h=8,w=8,ci=2,co=3'), 'PadInput', 'NOT_REDUCTION_BLOCK');
  });

  it('for outputs smaller than a tile', () => {
    refused(conv('n=1,h=3,w=8,ci=2,co=3'), 'conv2d_nhwc', 'WINOGRAD_NOT_APPLICABLE', 4);
    refused(conv('n=1,h=3,w=8,ci=2,co=3,p=0'), 'conv2d_nhwc', 'WINOGRAD_NOT_APPLICABLE', 2);
  });

  it.each<[string, (sch: Schedule) => void]>([
    ['split', (sch) => void sch.split(at(sch.getLoops('conv2d_nhwc'), 1), [null, 2])],
    ['fused', (sch) => void sch.fuse(...sch.getLoops('conv2d_nhwc').slice(0, 2))],
    ['parallel', (sch) => sch.parallel(at(sch.getLoops('conv2d_nhwc'), 1))],
    [
      'annotated',
      (sch) => sch.annotate(at(sch.getLoops('conv2d_nhwc'), 1), 'pragma_auto_unroll_max_step', 4),
    ],
    ['shared', (sch) => sch.computeAt(sch.getBlock('PadInput'), at(sch.getLoops('conv2d_nhwc'), 1))],
  ])('once its loops are %s', (_, step) => {
    const sch = createSchedule(conv('n=1,h=8,w=8,ci=2,co=3'));
    step(sch);
    const block = sch.getBlock('conv2d_nhwc');
    expectRefused(sch, 'NOT_TRIVIAL_BINDING', () => sch.winogradConv2d(block, 2));
  });
});
