import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { applyTrace, traceFromJson, traceToJson } from '../../../shared/schedule/trace.js';
import { expectSameProgram, expectSound, nestOf } from './harness.js';
import { elementwise3d, matmul, program } from './programs.js';

const TWO_LOOPS = program(
  'A: T.Buffer((4, 4), "float32")',
  `
    for i, j in T.grid(4, 4):
        with T.block("block"):
            vi, vj = T.axis.remap("SS", [i, j])
            A[vi, vj] = T.float32(1)
`,
);

describe('traceToJson', () => {
  it('writes what TVM writes for a lookup', () => {
    const sch = createSchedule(TWO_LOOPS);
    sch.getLoops('block');
    expect(JSON.stringify(traceToJson(sch.trace))).toBe(
      '[[["GetSBlock",[],["block","main"],["b0"]],["GetLoops",["b0"],[],["l1","l2"]]],[]]',
    );
  });

  it('writes every kind in TVM’s form', () => {
    const original = matmul(16);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C', 'main');
    const [i, j, k] = sch.getLoops(block, 3);
    sch.annotate(block, 'meta_schedule.tiling_structure', 'SSRSRS');
    const [j0, j1] = sch.split(
      j,
      sch.samplePerfectTile(j, { n: 2, maxInnermostFactor: 64, decision: [4, 4] }),
    );
    const [i0, i1] = sch.split(i, [null, 4], { preserveUnitIters: false, disablePredication: true });
    sch.reorder(i0, j0, k, i1, j1);
    const fused = sch.fuse(i0, j0);
    sch.bind(fused, 'blockIdx.x');
    sch.unroll(i1);
    sch.vectorize(j1);
    const step = sch.sampleCategorical([0, 16], [0.25, 0.75], 1);
    sch.enterPostproc();
    sch.annotate(fused, 'pragma_auto_unroll_max_step', step);
    sch.annotate(fused, 'list', [1, null, ['x'], { a: step }]);
    sch.unannotate(fused, 'list');
    sch.decomposeReduction(block, k);
    expect(traceToJson(sch.trace)).toEqual([
      [
        ['GetSBlock', [], ['C', 'main'], ['b0']],
        ['GetLoops', ['b0'], [], ['l1', 'l2', 'l3']],
        ['Annotate', ['b0', '"SSRSRS"'], ['meta_schedule.tiling_structure'], []],
        ['SamplePerfectTile', ['l2'], [2, 64], ['v4', 'v5']],
        ['Split', ['l2', 'v4', 'v5'], [1, 0], ['l6', 'l7']],
        ['Split', ['l1', 'None', 4], [0, 1], ['l8', 'l9']],
        ['Reorder', ['l8', 'l6', 'l3', 'l9', 'l7'], [], []],
        ['Fuse', ['l8', 'l6'], [1], ['l10']],
        ['Bind', ['l10'], ['blockIdx.x'], []],
        ['Unroll', ['l9'], [], []],
        ['Vectorize', ['l7'], [], []],
        [
          'SampleCategorical',
          [],
          [
            [0, 16],
            [0.25, 0.75],
          ],
          ['v11'],
        ],
        ['EnterPostproc', [], [], []],
        ['Annotate', ['l10', 'v11'], ['pragma_auto_unroll_max_step'], []],
        ['Annotate', ['l10', [1, 'None', ['"x"'], { a: 'v11' }]], ['list'], []],
        ['Unannotate', ['l10'], ['list'], []],
        ['DecomposeReduction', ['b0', 'l3'], [], ['b12']],
      ],
      [
        [3, [4, 4]],
        [11, 1],
      ],
    ]);
    expectSound(original, sch);
  });
});

describe('traceFromJson', () => {
  it('reads traces of older releases, and writes them in the new form', () => {
    const old = [
      [
        ['GetBlock', [], ['B', 'main'], ['b0']],
        ['GetLoops', ['b0'], [], ['l1', 'l2', 'l3']],
        ['SamplePerfectTile', ['l1'], [2, 64], ['v4', 'v5']],
        ['Split', ['l1', 'v4', 'v5'], [1], ['l6', 'l7']],
        ['Fuse', ['l6', 'l7'], [true], ['l8']],
        ['Split', ['l2', 'None', 2], [1, false], ['l9', 'l10']],
      ],
      [[2, [4, 2]]],
    ];
    const trace = traceFromJson(old);
    const sch = applyTrace(elementwise3d(8), trace);
    expect(nestOf(sch.func)).toEqual(['i_0_i_1_fused:8', 'j_0:4', 'j_1:2', 'k:8']);
    const [insts, decisions] = traceToJson(trace);
    expect(insts.map(([kind, , attrs]) => [kind, attrs])).toEqual([
      ['GetSBlock', ['B', 'main']],
      ['GetLoops', []],
      ['SamplePerfectTile', [2, 64]],
      ['Split', [1, 0]],
      ['Fuse', [1]],
      ['Split', [1, 0]],
    ]);
    expect(decisions).toEqual([[2, [4, 2]]]);
  });

  it('takes any fresh names for outputs', () => {
    const json = [
      [
        ['GetSBlock', [], ['B', 'main'], ['b7']],
        ['GetLoops', ['b7'], [], ['l3', 'l2', 'l1']],
        ['Reorder', ['l1', 'l3'], [], []],
      ],
      [],
    ];
    const trace = traceFromJson(json);
    const expected = createSchedule(elementwise3d(4));
    const [i, , k] = expected.getLoops('B', 3);
    expected.reorder(k, i);
    expectSameProgram(applyTrace(elementwise3d(4), trace).func, expected.func);
    expect(traceToJson(trace)[0][2]).toEqual(['Reorder', ['l3', 'l1'], [], []]);
  });
});
