import { expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { traceToText } from '../../../shared/schedule/trace.js';
import { matmulRelu, vectorAdd } from './programs.js';

it('prints every step as TVM does', () => {
  const sch = createSchedule(matmulRelu(16));
  const y = sch.getBlock('Y');
  const [i, j, k] = sch.getLoops(y, 3);
  const c = sch.getBlock('C');
  sch.getChildBlocks(i);
  sch.getConsumers(y);
  sch.getProducers(c);
  sch.annotate(y, 'meta_schedule.tiling_structure', 'SSRSRS');
  const [j0, j1] = sch.split(j, sch.samplePerfectTile(j, { n: 2, decision: [2, 8] }));
  const [k0, k1] = sch.split(k, [null, 4], { preserveUnitIters: false, disablePredication: true });
  sch.reorder(i, j0, k0, k1, j1);
  const fused = sch.fuse(i, j0);
  const local = sch.cacheWrite(y, 0, 'local');
  sch.reverseComputeAt(local, fused);
  sch.bind(fused, 'blockIdx.x');
  sch.unroll(k1);
  sch.annotate(fused, 'pragma', sch.sampleCategorical([3], [1]));
  sch.enterPostproc();
  sch.unannotate(fused, 'pragma');
  sch.decomposeReduction(y, k0);
  expect(traceToText(sch.trace)).toBe(
    `
# from tvm import s_tir
def apply_trace(sch: s_tir.Schedule) -> None:
  b0 = sch.get_sblock(name="Y", func_name="main")
  l1, l2, l3 = sch.get_loops(block=b0)
  b4 = sch.get_sblock(name="C", func_name="main")
  b5, = sch.get_child_blocks(l1)
  b6, = sch.get_consumers(block=b0)
  b7, = sch.get_producers(block=b4)
  sch.annotate(block_or_loop=b0, ann_key="meta_schedule.tiling_structure", ann_val="SSRSRS")
  v8, v9 = sch.sample_perfect_tile(loop=l2, n=2, max_innermost_factor=16, decision=[2, 8])
  l10, l11 = sch.split(loop=l2, factors=[v8, v9], preserve_unit_iters=True, disable_predication=False)
  l12, l13 = sch.split(loop=l3, factors=[None, 4], preserve_unit_iters=False, disable_predication=True)
  sch.reorder(l1, l10, l12, l13, l11)
  l14 = sch.fuse(l1, l10, preserve_unit_iters=True)
  b15 = sch.cache_write(block=b0, write_buffer_index=0, storage_scope="local")
  sch.reverse_compute_at(block=b15, loop=l14, preserve_unit_loops=False, index=-1)
  sch.bind(loop=l14, thread_axis="blockIdx.x")
  sch.unroll(loop=l13)
  v16 = sch.sample_categorical(candidates=[3], probs=[1], decision=0)
  sch.annotate(block_or_loop=l14, ann_key="pragma", ann_val=v16)
  sch.enter_postproc()
  sch.unannotate(block_or_loop=l14, ann_key="pragma")
  b17 = sch.decompose_reduction(block=b0, loop=l12)`.trimStart(),
  );
});

it('lists the consumers of a cache when it is for some only', () => {
  const sch = createSchedule(vectorAdd(8));
  const c = sch.getBlock('C');
  sch.cacheRead(c, 1, 'shared', [c]);
  expect(traceToText(sch.trace)).toContain(
    'b1 = sch.cache_read(block=b0, read_buffer_index=1, storage_scope="shared", consumer_blocks=[b0])',
  );
});

it('prints the empty trace', () => {
  expect(traceToText(createSchedule(vectorAdd(8)).trace)).toBe(
    '# from tvm import s_tir\ndef apply_trace(sch: s_tir.Schedule) -> None:\n  pass',
  );
});
