import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSound, nestOf } from '../harness.js';
import { elementwise3d, matmul, program } from '../programs.js';

describe('reorder', () => {
  it('moves the named loops and leaves the others in their places', () => {
    const original = matmul(4, 6, 8);
    const sch = createSchedule(original, { verify: true });
    const [i, j, k] = sch.getLoops('C', 3);
    sch.reorder(k, i);
    expect(nestOf(sch.func)).toEqual(['k:8', 'j:6', 'i:4']);
    sch.reorder(i, j, k);
    expect(nestOf(sch.func)).toEqual(['i:4', 'j:6', 'k:8']);
    expectSound(original, sch);
  });

  it('keeps kinds, bindings, annotations and predicates with their loops', () => {
    const original = elementwise3d(6, 5, 4);
    const sch = createSchedule(original, { verify: true });
    const [i, j, k] = sch.getLoops('B', 3);
    const [, i1] = sch.split(i, [null, 4]);
    sch.annotate(j, 'note', 'kept');
    sch.parallel(j);
    sch.bind(k, 'threadIdx.x');
    sch.reorder(k, j, i1);
    expect(nestOf(sch.func)).toEqual(['i_0:2', 'k:4 threadIdx.x', 'j:5 parallel', 'i_1:4']);
    expect(sch.get(j).annotations).toEqual({ note: 'kept' });
    expectSound(original, sch);
  });

  it('gives the order it was asked for, and the same results, for every order', () => {
    const names = ['i_0', 'i_1', 'j', 'k_0', 'k_1'];
    fc.assert(
      fc.property(fc.shuffledSubarray(names), (order) => {
        const original = matmul(3, 4, 5);
        const sch = createSchedule(original, { verify: true });
        const [i, , k] = sch.getLoops('C', 3);
        sch.split(i, [null, 2]);
        sch.split(k, [null, 3]);
        const byName = new Map(sch.getLoops('C').map((loop) => [sch.get(loop).loopVar.name, loop]));
        sch.reorder(...order.flatMap((name) => byName.get(name) ?? []));
        const after = nestOf(sch.func).map((text) => text.split(':')[0] ?? '');
        expect(after.filter((name) => order.includes(name))).toEqual(order);
        expect(after.map((name) => (order.includes(name) ? '*' : name))).toEqual(
          names.map((name) => (order.includes(name) ? '*' : name)),
        );
        expectSound(original, sch);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a loop that is named twice', () => {
    const sch = createSchedule(elementwise3d(4));
    const [i, , k] = sch.getLoops('B', 3);
    expectRefused(sch, 'LOOP_MULTI_APPEARANCE', () => sch.reorder(k, i, i));
  });

  it('refuses loops with a branch between them, of different nests, or across a block', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32"), B: T.Buffer((8,), "float32")',
        `
    for i in range(8):
        for j in range(8):
            with T.block("A"):
                vi, vj = T.axis.remap("SS", [i, j])
                A[vi, vj] = T.float32(1)
        for k in range(1):
            with T.block("B"):
                vi = T.axis.spatial(8, i)
                B[vi] = T.float32(2)
`,
      ),
    );
    const [i, j] = sch.getLoops('A', 2);
    const [, k] = sch.getLoops('B', 2);
    expectRefused(sch, 'LOOPS_NOT_A_CHAIN', () => sch.reorder(j, i));
    expectRefused(sch, 'LOOPS_NOT_A_CHAIN', () => sch.reorder(j, k));

    const nested = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32")',
        `
    for i in range(8):
        with T.block("outer"):
            vi = T.axis.spatial(8, i)
            T.writes(A[vi, 0:8])
            for j in range(8):
                with T.block("inner"):
                    vj = T.axis.spatial(8, j)
                    A[vi, vj] = T.float32(1)
`,
      ),
    );
    const [outer] = nested.getLoops('outer', 1);
    const [inner] = nested.getLoops('inner', 1);
    expectRefused(nested, 'LOOPS_NOT_A_CHAIN', () => nested.reorder(inner, outer));
  });

  it('refuses to put a loop outside of one that its extent depends on', () => {
    const sch = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32")',
        `
    for i in range(8):
        for j in range(i + 1):
            with T.block("A"):
                vi, vj = T.axis.remap("SS", [i, j])
                A[vi, vj] = T.float32(1)
`,
      ),
    );
    const [i, j] = sch.getLoops('A', 2);
    expectRefused(sch, 'DEPENDENT_LOOP', () => sch.reorder(j, i));
  });

  it('refuses blocks with ordered iterators, other bindings than quasi-affine, and stores without a block', () => {
    const scan = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32")',
        `
    for i, j in T.grid(8, 8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            vj = T.axis.scan(8, j)
            A[vi, vj] = T.float32(1)
`,
      ),
    );
    const scanLoops = scan.getLoops('A', 2);
    expectRefused(scan, 'WRONG_BLOCK_ITER_TYPE', () => scan.reorder(scanLoops[1], scanLoops[0]));

    const dependent = createSchedule(
      program(
        'A: T.Buffer((8, 16), "float32")',
        `
    for i, j in T.grid(8, 8):
        with T.block("A"):
            vi = T.axis.spatial(8, i)
            vj = T.axis.spatial(16, i + j)
            A[vi, vj] = T.float32(1)
`,
      ),
    );
    const loops = dependent.getLoops('A', 2);
    expectRefused(dependent, 'NOT_AFFINE_BINDING', () => dependent.reorder(loops[1], loops[0]));

    const loose = createSchedule(
      program(
        'A: T.Buffer((8, 8), "float32"), B: T.Buffer((8, 8), "float32")',
        `
    for i, j in T.grid(8, 8):
        with T.block("A"):
            vi, vj = T.axis.remap("SS", [i, j])
            A[vi, vj] = T.float32(1)
        B[i, j] = T.float32(1)
`,
      ),
    );
    const looseLoops = loose.getLoops('A', 2);
    expectRefused(loose, 'OPAQUE_ACCESS', () => loose.reorder(looseLoops[1], looseLoops[0]));
  });

  it('refuses to let the init of a repeated reduction come between updates', () => {
    const original = program(
      'A: T.Buffer((4, 4), "float32"), S: T.Buffer((4,), "float32")',
      `
    for r, i, k in T.grid(3, 4, 4):
        with T.block("S"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                S[vi] = T.float32(0)
            S[vi] = S[vi] + A[vi, vk]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [r, i, k] = sch.getLoops('S', 3);
    expectRefused(sch, 'REPEATED_REDUCTION', () => sch.reorder(k, r));
    sch.reorder(i, r);
    expect(nestOf(sch.func)).toEqual(['i:4', 'r:3', 'k:4']);
    expectSound(original, sch);
  });

  it('refuses to let another instance come before the one that initialises', () => {
    const original = matmul(2, 9, 7);
    const sch = createSchedule(original, { verify: true });
    const [i, j, k] = sch.getLoops('C', 3);
    const [a, b] = sch.split(sch.fuse(j, k), [7, 9]);
    expectRefused(sch, 'LOOP_PROPERTY', () => sch.reorder(b, a));
    sch.reorder(a, i);
    sch.reorder(i, b);
    expectSound(original, sch);
  });

  it('has nothing to do for one loop or none', () => {
    const sch = createSchedule(elementwise3d(4));
    const [i] = sch.getLoops('B', 3);
    const { state } = sch;
    sch.reorder(i);
    sch.reorder();
    expect(sch.state).toBe(state);
  });
});
