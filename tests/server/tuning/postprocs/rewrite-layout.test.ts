import { describe, expect, it } from 'vitest';
import { rewriteLayout } from '../../../../server/tuning/postprocs/rewrite-layout.js';
import { createStrategy } from '../../../../server/tuning/search.js';
import { withConstants } from '../../../../shared/ir/constants.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { applyTrace, traceFromJson } from '../../../../shared/schedule/trace.js';
import { printScript } from '../../../../shared/script/print.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { splitPrepacking } from '../../../../shared/ir/split-prepacking.js';
import { expectSameResults, expectSound } from '../../../shared/schedule/harness.js';
import { matmul, program } from '../../../shared/schedule/programs.js';
import { searchSpec } from '../search-specs.js';

/** A function after some steps and the postproc, which must change no result. */
function rewritten(func: PrimFunc, steps: (sch: Schedule) => void = () => {}): PrimFunc {
  const sch = createSchedule(func, { verify: true });
  steps(sch);
  expect(rewriteLayout(sch, TARGETS.wasm)).toBe(true);
  expectSound(func, sch);
  return sch.func;
}

/** The shape in which a constant is read, or null when it was left alone. */
function layoutOf(func: PrimFunc): readonly number[] | null {
  return splitPrepacking(func).packed[0]?.shape ?? null;
}

const func = withConstants(matmul(8, 16, 4), ['B']);

/** `i0, j0, k0, i1, k1, j1` */
function tile(sch: Schedule): void {
  const [i, j, k] = sch.getLoops('C', 3);
  const [i0, i1] = sch.split(i, [2, 4]);
  const [j0, j1] = sch.split(j, [2, 8]);
  const [k0, k1] = sch.split(k, [2, 2]);
  sch.reorder(i0, j0, k0, i1, k1, j1);
}

describe('rewrite-layout', () => {
  it('lays a constant out in the order of the loops that read it', () => {
    const made = rewritten(func, tile);
    expect(layoutOf(made)).toEqual([2, 2, 2, 8]);
    expect(printScript(made)).toContain('"meta_schedule.layout_rewrite_preproc": 1');
  });

  it('knows the parts of fused loops', () => {
    const made = rewritten(func, (sch) => {
      const [i, j, k] = sch.getLoops('C', 3);
      const [j0, j1] = sch.split(j, [4, 4]);
      sch.reorder(j0, i, k, j1);
      sch.fuse(j0, i);
    });
    expect(layoutOf(made)).toEqual([4, 4, 4]);
  });

  it('does nothing where the layout is right already', () => {
    const made = rewritten(func, (sch) => {
      const [i, j, k] = sch.getLoops('C', 3);
      sch.reorder(i, k, j);
    });
    expect(layoutOf(made)).toBeNull();
  });

  it('turns a transposed constant round', () => {
    const { func: linear } = buildWorkload('mm_nt:m=4,n=8,k=6');
    const made = rewritten(withConstants(linear, ['B']), (sch) => {
      const [i, j, k] = sch.getLoops('C', 3);
      sch.reorder(i, k, j);
    });
    expect(layoutOf(made)).toEqual([6, 8]);
  });

  it('leaves alone what may change, what is read twice, and tiles that do not divide', () => {
    expect(layoutOf(rewritten(matmul(8, 16, 4), tile))).toBeNull();
    const uneven = rewritten(func, (sch) => {
      const [i, j, k] = sch.getLoops('C', 3);
      const [j0, j1] = sch.split(j, [null, 5]);
      sch.reorder(i, j0, k, j1);
    });
    expect(layoutOf(uneven)).toBeNull();
    const transpose = (name: string): string => `
    for j, i in T.grid(3, 4):
        with T.block("${name}"):
            vj, vi = T.axis.remap("SS", [j, i])
            ${name}[vj, vi] = A[vi, vj]`;
    const params = [
      'A: T.Buffer((4, 3), "float32")',
      ...['C', 'D'].map((b) => `${b}: T.Buffer((3, 4), "float32")`),
    ];
    const once = program(params.slice(0, 2).join(', '), transpose('C'));
    const twice = program(params.join(', '), `${transpose('C')}${transpose('D')}`);
    expect(layoutOf(rewritten(withConstants(once, ['A'])))).toEqual([3, 4]);
    expect(layoutOf(rewritten(withConstants(twice, ['A'])))).toBeNull();
  });

  it("comes last in TVM's space, and its candidates compute the same", () => {
    const product = withConstants(buildWorkload('matmul:m=8,n=16,k=12').func, ['B']);
    const script = printScript(product);
    const strategy = createStrategy(searchSpec({ script, space: 'tvm-llvm', strategy: 'replay-trace' }));
    const request = { round: 0, firstTrial: 0, size: 8, spent: 0, history: [], model: null };
    const scheduled = strategy
      .proposeRound(request)
      .proposals.map(({ trace }) => applyTrace(product, traceFromJson(trace)).func);
    for (const made of scheduled) expectSameResults(product, made);
    expect(scheduled.filter((made) => layoutOf(made) !== null).length).toBeGreaterThan(4);
  });
});
