/** @file The boxes that blocks touch, as compute_at sees them: where blocks go to shows whether they are exact. */
import { describe, expect, it } from 'vitest';
import { createSchedule, type Schedule } from '../../../shared/schedule/schedule.js';
import type { PrimFunc } from '../../../shared/ir/prim-func.js';
import { loopsAbove, blockEntry } from '../../../shared/schedule/state.js';
import { constInt } from '../../../shared/ir/build.js';
import { printExpr } from '../../../shared/script/print.js';
import { expectSound } from './harness.js';
import { program } from './programs.js';

/** `P = A + 1`; C reads it at a place that depends on a quotient, as grouped convolutions do. */
function grouped(): PrimFunc {
  return program(
    'A: T.Buffer((16,), "float32"), C: T.Buffer((32, 2), "float32")',
    `
    P = T.alloc_buffer((16,), "float32")
    for i in range(16):
        with T.block("P"):
            vi = T.axis.spatial(16, i)
            P[vi] = A[vi] + T.float32(1)
    for i, j in T.grid(32, 2):
        with T.block("C"):
            vi, vj = T.axis.remap("SS", [i, j])
            C[vi, vj] = P[vi // 4 * 2 + vj]
`,
  );
}

/** The extent of P's innermost loop and the value of its iterator. */
function placeOfP(sch: Schedule): [number | null, string] {
  const entry = blockEntry(sch.state, 'P', 'test');
  const inner = loopsAbove(entry).at(-1);
  return [
    inner === undefined ? null : constInt(inner.node.extent),
    (entry.realize?.iterValues ?? []).map(printExpr).join(', '),
  ];
}

describe('the part of a buffer that is read under a loop', () => {
  it('is exact for quotients of tiles', () => {
    const func = grouped();
    const sch = createSchedule(func, { verify: true });
    const [i] = sch.getLoops('C', 2);
    const [i0] = sch.split(i, [4, 8]);
    sch.computeAt(sch.getBlock('P'), i0);
    expect(placeOfP(sch)).toEqual([4, 'i_0 * 4 + ax0']);
    expectSound(func, sch);
  });

  it('is exact for quotients of tiles that are smaller than the divisor', () => {
    const func = grouped();
    const sch = createSchedule(func, { verify: true });
    const [i] = sch.getLoops('C', 2);
    const [, i1] = sch.split(i, [4, 4, 2]);
    sch.computeAt(sch.getBlock('P'), i1);
    expect(placeOfP(sch)).toEqual([2, 'i_0 * 4 + i_1 // 2 * 2 + ax0']);
    expectSound(func, sch);
  });

  it('does not depend on loops of one iteration', () => {
    const func = grouped();
    const sch = createSchedule(func, { verify: true });
    const [i] = sch.getLoops('C', 2);
    const [, i1] = sch.split(i, [4, 1, 8]);
    sch.computeAt(sch.getBlock('P'), i1);
    expect(placeOfP(sch)).toEqual([4, 'i_0 * 4 + ax0']);
    expectSound(func, sch);
  });

  it('stays covered when the loops around are fused', () => {
    const func = grouped();
    const sch = createSchedule(func, { verify: true });
    const [i] = sch.getLoops('C', 2);
    const [i0, i1] = sch.split(i, [4, 4, 2]);
    sch.computeAt(sch.getBlock('P'), i1);
    const fused = sch.fuse(i0, i1);
    sch.parallel(fused);
    expect(placeOfP(sch)).toEqual([2, 'ax0 + i_0_i_1_fused // 2 * 2']);
    expectSound(func, sch);
  });
});
