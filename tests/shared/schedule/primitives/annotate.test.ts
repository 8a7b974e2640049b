import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSound } from '../harness.js';
import { matmul } from '../programs.js';

describe('annotate', () => {
  it('notes values on blocks and loops, sampled ones by their value', () => {
    const original = matmul(4);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i] = sch.getLoops(block, 3);
    const sampled = sch.sampleCategorical([0, 16, 64], [0.2, 0.3, 0.5], 1);
    sch.annotate(block, 'meta_schedule.tiling_structure', 'SSRSRS');
    sch.annotate(block, 'list', [1, [sampled, 'x'], { deep: sampled }]);
    sch.annotate(i, 'pragma_auto_unroll_max_step', sampled);
    sch.annotate(i, 'flag', true);
    expect(sch.get(block).annotations).toEqual({
      'meta_schedule.tiling_structure': 'SSRSRS',
      list: [1, [16, 'x'], { deep: 16 }],
    });
    expect(sch.get(i).annotations).toEqual({ pragma_auto_unroll_max_step: 16, flag: true });
    expectSound(original, sch);
  });

  it('annotates the root block', () => {
    const sch = createSchedule(matmul(4));
    sch.annotate(sch.getBlock('root'), 'meta_schedule.parallel', 64);
    expect(sch.func.root.annotations).toEqual({ 'meta_schedule.parallel': 64 });
  });

  it('keeps the value that a key has, as TVM does', () => {
    const sch = createSchedule(matmul(4));
    const block = sch.getBlock('C');
    sch.annotate(block, 'key', 1);
    sch.annotate(block, 'key', 2);
    expect(sch.get(block).annotations).toEqual({ key: 1 });
  });

  it('is not confused by keys that every object has', () => {
    const sch = createSchedule(matmul(4));
    const block = sch.getBlock('C');
    expectRefused(sch, 'NO_SUCH_ANNOTATION', () => sch.unannotate(block, 'toString'));
    for (const key of ['toString', '__proto__', 'constructor']) sch.annotate(block, key, key);
    expect(Object.entries(sch.get(block).annotations)).toHaveLength(3);
    sch.unannotate(block, '__proto__');
    expect(Object.keys(sch.get(block).annotations)).toEqual(['toString', 'constructor']);
  });
});

describe('unannotate', () => {
  it('undoes annotate', () => {
    const sch = createSchedule(matmul(4));
    const [i] = sch.getLoops('C', 3);
    sch.annotate(i, 'a', 1);
    sch.annotate(i, 'b', null);
    sch.unannotate(i, 'a');
    expect(sch.get(i).annotations).toEqual({ b: null });
    sch.unannotate(i, 'b');
    expect(sch.get(i).annotations).toEqual({});
  });

  it('refuses a key that is not there', () => {
    const sch = createSchedule(matmul(4));
    const block = sch.getBlock('C');
    expectRefused(sch, 'NO_SUCH_ANNOTATION', () => sch.unannotate(block, 'key'));
  });
});
