import { describe, expect, it } from 'vitest';
import { rewriteParallelVectorizeUnroll } from '../../../../server/tuning/postprocs/rewrite-parallel-vectorize-unroll.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { ScheduleError } from '../../../../shared/schedule/errors.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { createState, innerBlocks, loopsAbove } from '../../../../shared/schedule/state.js';
import { constInt } from '../../../../shared/ir/build.js';
import { buildWorkload } from '../../../../shared/te/workload-table.js';
import { expectSound } from '../../../shared/schedule/harness.js';
import { elementwise3d, matmul, matmulRelu, program } from '../../../shared/schedule/programs.js';

interface Notes {
  readonly parallel?: number;
  readonly vectorize?: number;
  readonly unroll_explicit?: number;
  readonly unroll_implicit?: number;
}

/** The program after some steps, the notes on the root and the postproc. */
function rewritten(func: PrimFunc, notes: Notes, steps: (sch: Schedule) => void = () => {}): Schedule {
  const sch = createSchedule(func, { verify: true });
  steps(sch);
  const root = sch.getBlock('root');
  for (const [key, value] of Object.entries(notes))
    sch.annotate(root, `meta_schedule.${key}`, value as number);
  expect(rewriteParallelVectorizeUnroll(sch, TARGETS['wasm-simd128'])).toBe(true);
  expect(sch.func.root.annotations).toEqual({});
  return sch;
}

/** The loops around each block: `C: 8p 4 16v`, a letter for each kind but serial. */
function kindsOf(func: PrimFunc): string[] {
  return innerBlocks(createState(func)).map((entry) => {
    const loops = loopsAbove(entry).map(({ node }) => {
      return `${constInt(node.extent) ?? '?'}${node.forKind === 'serial' ? '' : node.forKind.charAt(0)}`;
    });
    return `${entry.block.name}: ${loops.join(' ')}`;
  });
}

/** A 64 x 768 x 768 product by rows of both operands, tiled and written through a cache. */
function tileProduct(sch: Schedule): void {
  const [i, j, k] = sch.getLoops('C', 3);
  const [i0, i1, i2, i3] = sch.split(i, [1, 1, 8, 8]);
  const [j0, j1, j2, j3] = sch.split(j, [16, 3, 1, 16]);
  const [k0, k1] = sch.split(k, [48, 16]);
  sch.reorder(i0, j0, i1, j1, k0, i2, j2, k1, i3, j3);
  sch.reverseComputeAt(sch.cacheWrite(sch.getBlock('C'), 0, 'global'), j1, { preserveUnitLoops: true });
}

/** The product at a size that the interpreter runs quickly. */
function tileSmallProduct(sch: Schedule): void {
  const [i, j, k] = sch.getLoops('C', 3);
  const [i0, i1] = sch.split(i, [2, 4]);
  const [j0, j1] = sch.split(j, [4, 4]);
  sch.reorder(i0, j0, k, i1, j1);
  sch.reverseComputeAt(sch.cacheWrite(sch.getBlock('C'), 0, 'global'), j0, { preserveUnitLoops: true });
}

describe('rewrite-parallel-vectorize-unroll', () => {
  it('leaves programs alone on which nothing is noted', () => {
    const func = matmul(8);
    expect(rewritten(func, {}).func).toBe(func);
  });

  it('fuses outer loops until there are jobs enough, and makes vectors of inner loops', () => {
    const func = elementwise3d(4, 8, 16);
    const sch = rewritten(func, { parallel: 12, vectorize: 16 }, (s) => {
      const [i, j, k] = s.getLoops('B', 3);
      const [j0, j1] = s.split(j, [4, 2]);
      s.reorder(i, j0, k, j1);
    });
    // The inner loop of all may jump; the one around it would have to continue it.
    expect(kindsOf(sch.func)).toEqual(['B: 16p 16 2v']);
    expectSound(func, sch);
  });

  it('makes vectors of the innermost loops of a product and of the copy behind it', () => {
    const sch = rewritten(buildWorkload('mm_nt:m=64,n=768,k=768').func, { vectorize: 64 }, tileProduct);
    expect(kindsOf(sch.func)).toEqual(['C: 1 16 1 3 48 8 1 16 8 16v', 'C_global: 1 16 1 3 64 16v']);
  });

  it('cuts a nest all of whose loops are consecutive into vectors that run in parallel', () => {
    const func = elementwise3d(3, 5, 8);
    const sch = rewritten(func, { parallel: 4, vectorize: 16 });
    expect(kindsOf(sch.func)).toEqual(['B: 8p 16v']);
    expectSound(func, sch);
  });

  it('prefers vectors where both could have a loop', () => {
    const func = matmul(8, 16, 4);
    const sch = rewritten(func, { parallel: 1000, vectorize: 64 }, (s) => {
      const [i, j, k] = s.getLoops('C', 3);
      s.reorder(k, i, j);
    });
    expect(kindsOf(sch.func)).toEqual(['C: 4 8 16v']);
    const spatialFirst = rewritten(func, { parallel: 1000, vectorize: 64 });
    expect(kindsOf(spatialFirst.func)).toEqual(['C: 128p 4']);
    for (const result of [sch, spatialFirst]) expectSound(func, result);
  });

  it('does not go beyond a loop with several children, nor above a vector that is too long', () => {
    const func = matmul(8, 16, 4);
    const sch = rewritten(func, { parallel: 100, vectorize: 3 }, tileSmallProduct);
    expect(kindsOf(sch.func)).toEqual(['C: 8p 4 4 4', 'C_global: 8p 4 4']);
    expectSound(func, sch);
  });

  it('leaves loops of one iteration serial', () => {
    const sch = rewritten(matmul(1, 1, 4), { parallel: 8, vectorize: 8 });
    expect(kindsOf(sch.func)).toEqual(['C: 1 1 4']);
  });

  it.each([
    ['unroll_explicit', 1],
    ['unroll_implicit', 0],
  ] as const)('annotates the outermost loop for %s, of blocks that reduce alone', (key, explicit) => {
    const func = matmulRelu(8);
    const sch = rewritten(func, { parallel: 4, vectorize: 4, [key]: 16 });
    const loops = innerBlocks(sch.state).map((entry) => loopsAbove(entry)[0]);
    expect(loops.map((loop) => loop?.node.annotations)).toEqual([
      { pragma_auto_unroll_max_step: 16, pragma_unroll_explicit: explicit },
      {},
    ]);
    expectSound(func, sch);
  });

  it('annotates nothing when no steps are to be unrolled', () => {
    const sch = rewritten(matmul(8), { unroll_explicit: 0 });
    expect(
      [...sch.state.index.loops.values()].every(({ node }) => Object.keys(node.annotations).length === 0),
    ).toBe(true);
  });

  it('leaves loops with annotations as they are', () => {
    const sch = rewritten(elementwise3d(4), { parallel: 64, vectorize: 4 }, (s) => {
      const [i] = s.getLoops('B', 3);
      s.annotate(i, 'pragma', 1);
    });
    expect(kindsOf(sch.func)).toEqual(['B: 4 4 4v']);
  });

  it('runs loops in parallel under which blocks are computed again where they overlap', () => {
    const { func } = buildWorkload('conv1d_nlc:l=16,ci=4,co=4,k=3,s=1,p=1');
    const sch = rewritten(func, { parallel: 8, vectorize: 4, unroll_explicit: 16 }, (s) => {
      const [n, l, co, rl, rc] = s.getLoops('conv1d_nlc', 5);
      const [l0, l1] = s.split(l, [4, 4]);
      s.reorder(n, l0, rl, rc, l1, co);
      s.computeAt(s.getBlock('PadInput'), l0, { preserveUnitLoops: true });
    });
    expect(kindsOf(sch.func)).toEqual(['PadInput: 4p 1 6 4v', 'conv1d_nlc: 4p 3 4 4 4v']);
    expectSound(func, sch);
  });

  it('throws when a loop cannot run as it should', () => {
    const func = program(
      'A: T.Buffer((8,), "float32"), B: T.Buffer((8,), "float32")',
      `
    for i in range(8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            A[vi] = A[vi] + T.float32(1)
        with T.block("B"):
            vi = T.axis.spatial(8, i)
            B[vi] = A[vi]
`,
    );
    const sch = createSchedule(func);
    sch.annotate(sch.getBlock('root'), 'meta_schedule.parallel', 8);
    expect(() => rewriteParallelVectorizeUnroll(sch, TARGETS.wasm)).toThrow(ScheduleError);
  });
});
