import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSameProgram, expectSound } from '../harness.js';
import { elementwise3d, matmul, program, rowSumsAdded } from '../programs.js';

const BUFFERS =
  'A: T.Buffer((8, 8), "float32"), B: T.Buffer((8, 8), "float32"), C: T.Buffer((8, 8), "float32")';

describe('decompose_reduction', () => {
  it('puts the init before the reduction loop, under copies of the spatial loops inside of it', () => {
    const original = matmul(8);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, j, k] = sch.getLoops(block, 3);
    const [j0, j1] = sch.split(j, [null, 4]);
    sch.reorder(i, j0, k, j1);
    const init = sch.decomposeReduction(block, k);
    expectSameProgram(
      sch.func,
      program(
        BUFFERS,
        `
    for i, j0 in T.grid(8, 2):
        for j1_init in range(4):
            with T.block("C_init"):
                vi = T.axis.spatial(8, i)
                vj = T.axis.spatial(8, j0 * 4 + j1_init)
                T.reads()
                T.writes(C[vi, vj])
                C[vi, vj] = T.float32(0)
        for k, j1 in T.grid(8, 4):
            with T.block("C_update"):
                vi = T.axis.spatial(8, i)
                vj = T.axis.spatial(8, j0 * 4 + j1)
                vk = T.axis.reduce(8, k)
                T.reads(C[vi, vj], A[vi, vk], B[vk, vj])
                T.writes(C[vi, vj])
                C[vi, vj] = C[vi, vj] + A[vi, vk] * B[vk, vj]
`,
      ),
    );
    expect(sch.get(init).name).toBe('C_init');
    expect(sch.get(block).name).toBe('C_update');
    expect(sch.get(block).reads.map((r) => r.buffer.name)).toEqual(['C', 'A', 'B']);
    expect(sch.getProducers(block).map((rv) => sch.get(rv).name)).toEqual(['C_init']);
    expectSound(original, sch);
  });

  it('makes a nest of its own at the outermost loop', () => {
    const original = matmul(4, 5, 6);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i] = sch.getLoops(block, 3);
    const init = sch.decomposeReduction(block, i);
    expect(sch.getLoops(init).map((loop) => sch.get(loop).loopVar.name)).toEqual(['i_init', 'j_init']);
    expectSound(original, sch);
  });

  it('keeps the guard of a split that overshoots', () => {
    const original = matmul(16, 4, 10);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, j, k] = sch.getLoops(block, 3);
    const [i0, i1] = sch.split(i, [3, 7]);
    const [k0, k1] = sch.split(k, [null, 4]);
    sch.reorder(i0, j, k0, i1, k1);
    const init = sch.decomposeReduction(block, k0);
    expectSameProgram(
      sch.func,
      program(
        'A: T.Buffer((16, 10), "float32"), B: T.Buffer((10, 4), "float32"), C: T.Buffer((16, 4), "float32")',
        `
    for i0, j in T.grid(3, 4):
        for i1_init in range(7):
            with T.block("C_init"):
                vi = T.axis.spatial(16, i0 * 7 + i1_init)
                vj = T.axis.spatial(4, j)
                T.where(i0 * 7 + i1_init < 16)
                T.reads()
                T.writes(C[vi, vj])
                C[vi, vj] = T.float32(0)
        for k0, i1, k1 in T.grid(3, 7, 4):
            with T.block("C_update"):
                vi = T.axis.spatial(16, i0 * 7 + i1)
                vj = T.axis.spatial(4, j)
                vk = T.axis.reduce(10, k0 * 4 + k1)
                T.where(i0 * 7 + i1 < 16 and k0 * 4 + k1 < 10)
                T.reads(C[vi, vj], A[vi, vk], B[vk, vj])
                T.writes(C[vi, vj])
                C[vi, vj] = C[vi, vj] + A[vi, vk] * B[vk, vj]
`,
      ),
    );
    expect(sch.get(init).iterVars.map((iter) => iter.iterType)).toEqual(['spatial', 'spatial']);
    expectSound(original, sch);
  });

  it('copies kinds, bindings and annotations of loops and of the block', () => {
    const original = matmul(4, 8, 4);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, j, k] = sch.getLoops(block, 3);
    const [j0, j1] = sch.split(j, [2, 4]);
    sch.reorder(i, k, j0, j1);
    sch.annotate(j0, 'note', 7);
    sch.annotate(block, 'structure', 'SR');
    sch.bind(i, 'blockIdx.x');
    sch.bind(j0, 'threadIdx.x');
    sch.vectorize(j1);
    const init = sch.decomposeReduction(block, k);
    const loops = sch.getLoops(init).map((loop) => sch.get(loop));
    expect(loops.map((loop) => loop.threadTag ?? loop.forKind)).toEqual([
      'blockIdx.x',
      'threadIdx.x',
      'vectorized',
    ]);
    expect(loops.map((loop) => loop.annotations)).toEqual([{}, { note: 7 }, {}]);
    expect(sch.get(init).annotations).toEqual({ structure: 'SR' });
    expect(sch.get(block).annotations).toEqual({ structure: 'SR' });
    expectSound(original, sch);
  });

  it('runs the init of a loop that drives both kinds of iterators only where the reduction starts', () => {
    const original = matmul(3, 4, 5);
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i, j, k] = sch.getLoops(block, 3);
    const fused = sch.fuse(j, k);
    sch.decomposeReduction(block, fused);
    expect(sch.getLoops(block).length).toBe(2);
    expectSound(original, sch);
    expectRefused(sch, 'UNKNOWN_LOOP', () => sch.get(k));
    expect(sch.get(i).loopVar.name).toBe('i');
  });

  it('keeps the meaning under any tiling and at any legal loop', () => {
    const size = fc.integer({ min: 1, max: 5 });
    const tile = fc.integer({ min: 1, max: 4 });
    fc.assert(
      fc.property(size, size, size, tile, tile, fc.nat(4), (n, m, l, ti, tk, at) => {
        const original = matmul(n, m, l);
        const sch = createSchedule(original, { verify: true });
        const block = sch.getBlock('C');
        const [i, j, k] = sch.getLoops(block, 3);
        const [i0, i1] = sch.split(i, [null, ti]);
        const [k0, k1] = sch.split(k, [null, tk]);
        sch.reorder(i0, j, k0, i1, k1);
        const loop = [i0, j, k0, i1, k1][at];
        if (loop === undefined) return;
        if (at <= 2) {
          sch.decomposeReduction(block, loop);
          expectSound(original, sch);
        } else {
          expectRefused(sch, 'LOOP_HEIGHT', () => sch.decomposeReduction(block, loop));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('reads in the init what the init reads', () => {
    const original = program(
      'A: T.Buffer((8, 8), "float32"), bias: T.Buffer((8,), "float32"), C: T.Buffer((8,), "float32")',
      `
    for i, k in T.grid(8, 8):
        with T.block("C"):
            vi, vk = T.axis.remap("SR", [i, k])
            T.reads(A[vi, vk], bias[vi])
            T.writes(C[vi])
            with T.init():
                C[vi] = bias[vi]
            C[vi] = C[vi] + A[vi, vk]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [i] = sch.getLoops(block, 2);
    const init = sch.decomposeReduction(block, i);
    expect(sch.get(init).reads.map((r) => r.buffer.name)).toEqual(['bias']);
    expectSound(original, sch);
  });

  it('finds names that are free', () => {
    const original = program(
      'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")',
      `
    for i in range(8):
        with T.block("C_init"):
            vi = T.axis.spatial(8, i)
            D[vi] = T.float32(1)
    for i, k in T.grid(8, 8):
        with T.block("C"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + A[vi, vk]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const block = sch.getBlock('C');
    const [, k] = sch.getLoops(block, 2);
    expect(sch.get(sch.decomposeReduction(block, k)).name).toBe('C_init_1');
    expectSound(original, sch);
  });

  it('refuses a loop elsewhere, and blocks that are no reduction', () => {
    const sch = createSchedule(matmul(4), { verify: true });
    const block = sch.getBlock('C');
    const [, , k] = sch.getLoops(block, 3);
    sch.decomposeReduction(block, k);
    expectRefused(sch, 'NOT_REDUCTION_BLOCK', () => sch.decomposeReduction(block, k));

    const plain = createSchedule(elementwise3d(4));
    const [i] = plain.getLoops('B', 3);
    const b = plain.getBlock('B');
    expectRefused(plain, 'NOT_REDUCTION_BLOCK', () => plain.decomposeReduction(b, i));

    const two = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")',
        `
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = T.float32(1)
    for i, k in T.grid(8, 8):
        with T.block("C"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + A[vi, vk]
`,
      ),
    );
    const [elsewhere] = two.getLoops('D', 1);
    const c = two.getBlock('C');
    expectRefused(two, 'LOOP_POSITION', () => two.decomposeReduction(c, elsewhere));
    const root = two.getBlock('root');
    expectRefused(two, 'ROOT_BLOCK', () => two.decomposeReduction(root, elsewhere));
  });

  it('refuses loops that run the reduction again, but not those inside of them', () => {
    const original = rowSumsAdded(4);
    const moved = () => {
      const sch = createSchedule(original, { verify: true });
      const [i, j] = sch.getLoops('C', 2);
      return { sch, s: sch.getBlock('S'), i, j };
    };
    const inner = moved();
    inner.sch.computeAt(inner.s, inner.j);
    expectRefused(inner.sch, 'REPEATED_REDUCTION', () => inner.sch.decomposeReduction(inner.s, inner.j));
    expectRefused(inner.sch, 'REPEATED_REDUCTION', () => inner.sch.decomposeReduction(inner.s, inner.i));
    const [, , k] = inner.sch.getLoops(inner.s, 3);
    inner.sch.decomposeReduction(inner.s, k);
    expectSound(original, inner.sch);

    const fused = moved();
    const f = fused.sch.fuse(fused.i, fused.j);
    fused.sch.computeAt(fused.s, f);
    expectRefused(fused.sch, 'REPEATED_REDUCTION', () => fused.sch.decomposeReduction(fused.s, f));

    const outer = moved();
    outer.sch.computeAt(outer.s, outer.i);
    outer.sch.decomposeReduction(outer.s, outer.i);
    expectSound(original, outer.sch);
  });

  it('refuses to move an init past what it reads, what needs the old values, and conditions', () => {
    const parameters =
      'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8,), "float32"), D: T.Buffer((8,), "float32")';
    const refuse = (code: 'NOT_COMPACT_DATA_FLOW' | 'NOT_STAGE_PIPELINE' | 'OPAQUE_ACCESS', body: string) => {
      const sch = createSchedule(program(parameters, body));
      const block = sch.getBlock('C');
      const [i] = sch.getLoops(block, 2);
      expectRefused(sch, code, () => sch.decomposeReduction(block, i));
    };
    const reduction = (indent: string, init: string): string =>
      [
        'for k in range(8):',
        '    with T.block("C"):',
        '        vi, vk = T.axis.remap("SR", [i, k])',
        '        T.reads(A[vi, vk], D[vi])',
        '        T.writes(C[vi])',
        '        with T.init():',
        `            C[vi] = ${init}`,
        '        C[vi] = C[vi] + A[vi, vk]',
      ]
        .map((line) => `${indent}${line}\n`)
        .join('');
    refuse(
      'NOT_COMPACT_DATA_FLOW',
      `
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = T.float32(1)
${reduction('        ', 'D[vi]')}`,
    );
    refuse(
      'NOT_STAGE_PIPELINE',
      `
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = C[vi]
${reduction('        ', 'T.float32(0)')}`,
    );
    refuse(
      'OPAQUE_ACCESS',
      `
    for i in range(8):
        if i < 4:
${reduction('            ', 'T.float32(0)')}`,
    );
  });
});
