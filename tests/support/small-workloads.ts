/** @file Every built-in workload, small enough to interpret, with extents that have several divisors. */
import type { PrimFunc } from '../../shared/ir/prim-func.js';
import { buildWorkload, type WorkloadName } from '../../shared/te/workload-table.js';

const SPECS: { readonly [N in WorkloadName]: string } = {
  vecadd: 'n=130',
  add: 'm=4,n=12',
  relu: 'm=6,n=30',
  gelu: 'm=3,n=30',
  window_sum: 'n=11',
  matmul: 'm=12,n=16,k=8',
  matmul_relu: 'm=6,n=8,k=4',
  mm_nt: 'm=8,n=6,k=12',
  linear: 'b=2,i=12,o=6',
  batch_matmul: 'b=2,m=8,n=4,k=6',
  transpose_batch_matmul: 'b=1,l=6,h=2,d=4',
  conv1d_nlc: 'n=1,l=12,ci=4,co=8,k=3,s=1,p=1,g=2',
  conv2d_nhwc: 'n=1,h=6,w=6,ci=3,co=8,k=3,s=2,p=1',
  group_conv2d_nhwc: 'n=1,h=6,w=6,ci=4,co=8,k=3,s=1,p=1,g=2',
  dilated_conv2d_nhwc: 'n=1,h=7,w=7,ci=2,co=4,k=3,s=1,p=2,d=2',
  conv2d_nchw: 'n=1,h=6,w=6,ci=3,co=4,k=3,s=1,p=1',
  conv3d_ndhwc: 'n=1,depth=4,h=4,w=4,ci=2,co=4,k=3,s=1,p=1',
  depthwise_conv2d_nhwc: 'n=1,h=8,w=8,c=4,k=3,s=1,p=1',
  conv2d_transpose_nhwc: 'n=1,h=3,w=3,ci=4,co=4,k=4,s=2,p=1',
  conv2d_capsule_nhwijc: 'n=1,h=4,w=4,ci=2,co=2,k=3,s=1,p=1,cap=2',
  conv2d_bias_bn_relu: 'n=1,h=6,w=6,ci=3,co=4,k=3,s=1,p=1',
  max_pool2d_nchw: 'n=1,c=3,h=6,w=6,k=2,s=2,p=0',
  avg_pool2d_nchw: 'n=1,c=3,h=6,w=6,k=2,s=2,p=0',
  softmax: 'm=6,n=12',
  norm: 'b=2,m=6,n=4',
  layer_norm: 'm=4,n=12',
};

export function smallWorkload(name: WorkloadName): PrimFunc {
  return buildWorkload(`${name}:${SPECS[name]}`).func;
}

/** Workloads whose sums are not exact even when the inputs are small integers: in another order they round differently. */
export const SUMS_FRACTIONS: ReadonlySet<string> = new Set(['softmax']);
