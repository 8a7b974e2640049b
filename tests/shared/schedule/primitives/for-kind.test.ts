import { describe, expect, it } from 'vitest';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { THREAD_TAGS } from '../../../../shared/schedule/primitives/for-kind.js';
import type { LoopRV } from '../../../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSound, nestOf } from '../harness.js';
import { elementwise3d, matmul, program } from '../programs.js';

type Step = (sch: Schedule, loop: LoopRV) => void;

const KINDS: readonly (readonly [string, Step])[] = [
  ['parallel', (sch, loop) => sch.parallel(loop)],
  ['vectorized', (sch, loop) => sch.vectorize(loop)],
  ['unrolled', (sch, loop) => sch.unroll(loop)],
  ['blockIdx.x', (sch, loop) => sch.bind(loop, 'blockIdx.x')],
  ['threadIdx.y', (sch, loop) => sch.bind(loop, 'threadIdx.y')],
  ['vthread.x', (sch, loop) => sch.bind(loop, 'vthread.x')],
];

/** Those that need the iterations to be independent. */
const CHECKED = KINDS.filter(([kind]) => kind !== 'unrolled');

describe.each(KINDS)('%s', (kind, step) => {
  it('marks a spatial loop and changes no result', () => {
    const original = matmul(4, 6, 5);
    const sch = createSchedule(original, { verify: true });
    const [, j] = sch.getLoops('C', 3);
    step(sch, j);
    expect(nestOf(sch.func)).toEqual(['i:4', `j:6 ${kind}`, 'k:5']);
    expectSound(original, sch);
  });

  it('replaces the kind or binding that the loop had', () => {
    for (const [, before] of KINDS) {
      const sch = createSchedule(elementwise3d(4));
      const [i] = sch.getLoops('B', 3);
      before(sch, i);
      step(sch, i);
      expect(nestOf(sch.func)[0]).toBe(`i:4 ${kind}`);
    }
  });
});

describe('on a reduction loop', () => {
  it.each(['parallel', 'vectorized', 'blockIdx.x', 'vthread.x'])('%s is refused', (kind) => {
    const sch = createSchedule(matmul(4));
    const [, , k] = sch.getLoops('C', 3);
    const step = KINDS.find(([name]) => name === kind)?.[1];
    expectRefused(sch, 'WRONG_BLOCK_ITER_TYPE', () => step?.(sch, k));
  });

  it('threads and unrolling are accepted', () => {
    const sch = createSchedule(matmul(4));
    const [, , k] = sch.getLoops('C', 3);
    sch.bind(k, 'threadIdx.x');
    expect(nestOf(sch.func)[2]).toBe('k:4 threadIdx.x');
    sch.unroll(k);
    expect(nestOf(sch.func)[2]).toBe('k:4 unrolled');
  });
});

/** Stores of a value at `[i, i + j]`, whose two iterators depend on each other. */
function diagonals(value: string): PrimFunc {
  return program(
    'A: T.Buffer((8, 16), "float32")',
    `
    for i, j in T.grid(8, 8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            vj = T.axis.spatial(16, i + j)
            A[vi, vj] = ${value}
`,
  );
}

describe.each(CHECKED)('%s is accepted', (_, step) => {
  it('for a complete block that is not bound quasi-affinely: run again, it does the same', () => {
    const original = diagonals('T.float32(1)');
    const sch = createSchedule(original);
    const [i] = sch.getLoops('A', 2);
    step(sch, i);
    expectSound(original, sch);
  });
});

describe.each(CHECKED)('%s is refused', (_, step) => {
  it('when a binding is not quasi-affine and the block uses the loop itself', () => {
    const sch = createSchedule(diagonals('T.cast(i, "float32")'));
    const [i] = sch.getLoops('A', 2);
    expectRefused(sch, 'NOT_AFFINE_BINDING', () => step(sch, i));
  });

  it('when a block below is neither complete nor a reduction', () => {
    const sch = createSchedule(matmul(4));
    const [i, , k] = sch.getLoops('C', 3);
    const block = sch.getBlock('C');
    sch.decomposeReduction(block, k);
    expectRefused(sch, 'NOT_COMPACT_DATA_FLOW', () => step(sch, i));
  });

  it('when a block reads more than was produced for it', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32")',
        `
    B = T.alloc_buffer((8,), "float32")
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
        with T.block("C"):
            vi = T.axis.spatial(8, i)
            C[vi] = B[7 - vi]
`,
      ),
    );
    const [i] = sch.getLoops('C', 1);
    expectRefused(sch, 'NOT_STAGE_PIPELINE', () => step(sch, i));
  });

  it('when a block overwrites what another one before it reads', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")',
        `
    for i in range(8):
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = T.float32(0)
`,
      ),
    );
    const [i] = sch.getLoops('A', 1);
    expectRefused(sch, 'NOT_STAGE_PIPELINE', () => step(sch, i));
  });

  it('when a statement below stands in no block', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8,), "float32"), B: T.Buffer((1,), "float32")',
        `
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = T.float32(1)
        B[0] = B[0] + T.float32(1)
`,
      ),
    );
    const [i] = sch.getLoops('A', 1);
    expectRefused(sch, 'NOT_STAGE_PIPELINE', () => step(sch, i));
  });
});

describe('bind', () => {
  it('knows the thread axes and no others', () => {
    const sch = createSchedule(elementwise3d(4));
    const [i] = sch.getLoops('B', 3);
    for (const tag of THREAD_TAGS) {
      sch.bind(i, tag);
      expect(sch.get(i).threadTag).toBe(tag);
    }
    for (const tag of ['threadIdx.w', 'threadIdx', '', 'warp']) {
      expectRefused(sch, 'UNKNOWN_THREAD_TAG', () => sch.bind(i, tag));
    }
  });
});
