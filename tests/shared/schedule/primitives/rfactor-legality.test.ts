import { describe, it } from 'vitest';
import type { ScheduleErrorCode } from '../../../../shared/schedule/errors.js';
import type { BlockRV, LoopRV } from '../../../../shared/schedule/random-variable.js';
import { createSchedule, type Schedule } from '../../../../shared/schedule/schedule.js';
import { expectRefused, expectSound } from '../harness.js';
import { elementwise3d, matmul, program, rowSumsAdded } from '../programs.js';

const ROWS = 'A: T.Buffer((8, 8), "float32"), C: T.Buffer((8,), "float32")';

/** Row sums, with parts replaced. */
function rows({ head = '', loops = 'for i, k in T.grid(8, 8):', axes = '', init = '', body = '' } = {}) {
  return program(
    ROWS,
    `
${head}    ${loops}
        with T.block("C"):
            ${axes === '' ? 'vi, vk = T.axis.remap("SR", [i, k])' : axes}
            with T.init():
                ${init === '' ? 'C[vi] = T.float32(0)' : init}
            ${body === '' ? 'C[vi] = C[vi] + A[vi, vk]' : body}
`,
  );
}

function refuse(
  code: ScheduleErrorCode,
  func: ReturnType<typeof program>,
  loopOf: (loops: LoopRV[], sch: Schedule, block: BlockRV) => LoopRV | undefined = (loops) => loops.at(-1),
  axis = 0,
): void {
  const sch = createSchedule(func, { verify: true });
  const block = sch.getBlock('C');
  const loop = loopOf(sch.getLoops(block), sch, block);
  if (loop === undefined) throw new Error('no such loop');
  expectRefused(sch, code, () => sch.rfactor(loop, axis));
}

describe('rfactor refuses', () => {
  it('loops around several blocks, and conditions', () => {
    const two = (name: string) => `
        with T.block("${name}"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                ${name}[vi] = T.float32(0)
            ${name}[vi] = ${name}[vi] + A[vi, vk]`;
    const params = `${ROWS}, D: T.Buffer((8,), "float32")`;
    refuse('NOT_ONLY_CHILD', program(params, `\n    for i, k in T.grid(8, 8):${two('C')}${two('D')}\n`));
    refuse(
      'OPAQUE_ACCESS',
      program(
        ROWS,
        `
    for i, k in T.grid(8, 8):
        if i < 4:
            with T.block("C"):
                vi, vk = T.axis.remap("SR", [i, k])
                with T.init():
                    C[vi] = T.float32(0)
                C[vi] = C[vi] + A[vi, vk]
`,
      ),
    );
  });

  it('scopes that are no stage pipeline', () => {
    refuse(
      'NOT_STAGE_PIPELINE',
      program(
        `${ROWS}, D: T.Buffer((8,), "float32")`,
        `
    S = T.alloc_buffer((8,), "float32")
    for i in range(4):
        with T.block("S"):
            vi = T.axis.spatial(8, i)
            S[vi] = T.float32(1)
    for i in range(8):
        with T.block("D"):
            vi = T.axis.spatial(8, i)
            D[vi] = S[vi]
    for i, k in T.grid(8, 8):
        with T.block("C"):
            vi, vk = T.axis.remap("SR", [i, k])
            with T.init():
                C[vi] = T.float32(0)
            C[vi] = C[vi] + A[vi, vk]
`,
      ),
    );
  });

  it('blocks that are no reduction', () => {
    const sch = createSchedule(elementwise3d(4));
    const [i] = sch.getLoops('B', 3);
    expectRefused(sch, 'NOT_REDUCTION_BLOCK', () => sch.rfactor(i, 0));
    refuse(
      'NOT_REDUCTION_BLOCK',
      rows({
        loops: 'for i, k in T.grid(8, 4):',
        axes: 'vi = T.axis.spatial(8, i)\n            vk = T.axis.reduce(8, k * k // 2)',
      }),
    );
  });

  it('loops that are not serial, are annotated, or start elsewhere', () => {
    refuse('NOT_SERIAL_LOOP', rows(), (loops, sch) => {
      const k = loops.at(-1);
      if (k !== undefined) sch.unroll(k);
      return k;
    });
    refuse('HAS_ANNOTATION_OR_THREAD_BINDING', rows(), (loops, sch) => {
      const k = loops.at(-1);
      if (k !== undefined) sch.annotate(k, 'note', 1);
      return k;
    });
    refuse(
      'LOOP_NOT_START_WITH_ZERO',
      program(
        ROWS,
        `
    for i in range(8):
        for k in T.serial(1, 8):
            with T.block("C"):
                vi, vk = T.axis.remap("SR", [i, k])
                with T.init():
                    C[vi] = T.float32(0)
                C[vi] = C[vi] + A[vi, vk]
`,
      ),
    );
  });

  it('ranges that are not constant, or depend on loops that go', () => {
    const nested = (outer: string, inner: string, axes: string) =>
      program(
        ROWS,
        `
    for ${outer}:
        for ${inner}:
            for k1 in range(2):
                with T.block("C"):
                    ${axes}
                    with T.init():
                        C[vi] = T.float32(0)
                    C[vi] = C[vi] + A[vi, vk]
`,
      );
    const axes = 'vi = T.axis.spatial(8, i)\n                    vk = T.axis.reduce(8, k0 * 2 + k1)';
    refuse('SYMBOLIC_EXTENT', nested('i in range(4)', 'k0 in range(i + 1)', axes));
    refuse('DEPENDENT_LOOP', nested('k0 in range(4)', 'i in range(k0 + 1)', axes));
  });

  it('loops that drive spatial iterators, or iterators of both types', () => {
    refuse('LOOP_PROPERTY', rows(), (loops) => loops[0]);
    const sch = createSchedule(matmul(4, 4, 4), { verify: true });
    const [, j, k] = sch.getLoops('C', 3);
    const [k0, k1] = sch.split(k, [2, 2]);
    const fused = sch.fuse(j, k0);
    expectRefused(sch, 'LOOP_PROPERTY', () => sch.rfactor(fused, 0));
    expectRefused(sch, 'LOOP_PROPERTY', () => sch.rfactor(k1, 0));
  });

  it('blocks that do not stand alone or come first', () => {
    const original = program(
      `${ROWS}, D: T.Buffer((8,), "float32")`,
      `
    for i in range(8):
        for k in range(8):
            with T.block("C"):
                vi, vk = T.axis.remap("SR", [i, k])
                with T.init():
                    C[vi] = T.float32(0)
                C[vi] = C[vi] + A[vi, vk]
        for k in range(8):
            with T.block("D"):
                vi, vk = T.axis.remap("SR", [i, k])
                with T.init():
                    D[vi] = T.float32(0)
                D[vi] = D[vi] + A[vi, vk]
`,
    );
    const sch = createSchedule(original, { verify: true });
    const [, second] = sch.getLoops('D', 2);
    expectRefused(sch, 'LOOP_PROPERTY', () => sch.rfactor(second, 0));
    const [, first] = sch.getLoops('C', 2);
    sch.rfactor(first, 0);
    expectSound(original, sch);

    refuse(
      'LOOP_PROPERTY',
      program(
        `${ROWS}, D: T.Buffer((8,), "float32")`,
        `
    for k0 in range(4):
        for i, k1 in T.grid(8, 2):
            with T.block("C"):
                vi = T.axis.spatial(8, i)
                vk = T.axis.reduce(8, k0 * 2 + k1)
                with T.init():
                    C[vi] = T.float32(0)
                C[vi] = C[vi] + A[vi, vk]
        for i in range(8):
            with T.block("D"):
                vi = T.axis.spatial(8, i)
                D[vi] = A[vi, 0]
`,
      ),
    );
  });

  it('loops that run instances again, but not those inside of them', () => {
    const original = rowSumsAdded(4);
    const sch = createSchedule(original, { verify: true });
    const s = sch.getBlock('S');
    const [, j] = sch.getLoops('C', 2);
    sch.computeAt(s, j);
    const [k] = sch.getLoops(s).slice(-1);
    if (k === undefined) throw new Error('S has a loop');
    sch.rfactor(k, 0);
    expectSound(original, sch);

    const again = (loops: string) => rows({ loops });
    refuse('REPEATED_REDUCTION', again('for i, k, r in T.grid(8, 8, 2):'), (loops) => loops[1]);
    refuse('REPEATED_REDUCTION', again('for i, r, k in T.grid(8, 2, 8):'), (loops) => loops[1]);
  });

  it('what is no known reduction', () => {
    refuse('RFACTOR_NOT_APPLICABLE', rows({ init: 'C[vi] = T.float32(1)' }));
    refuse(
      'RFACTOR_NOT_APPLICABLE',
      rows({ init: 'C[vi] = A[vi, 0]', body: 'C[vi] = T.max(C[vi], A[vi, vk])' }),
    );
    refuse('RFACTOR_NOT_APPLICABLE', rows({ init: 'C[7 - vi] = T.float32(0)' }));
    refuse('RFACTOR_NOT_APPLICABLE', rows({ body: 'C[vi] = C[vi] - A[vi, vk]' }));
    refuse('RFACTOR_NOT_APPLICABLE', rows({ body: 'C[vi] = C[vi] + C[vi]' }));
    refuse('RFACTOR_NOT_APPLICABLE', rows({ body: 'C[vi] = C[vi] + A[vi, vk] * C[vi]' }));
    refuse('RFACTOR_NOT_APPLICABLE', rows({ body: 'C[vi] = A[vi, vk]' }));
    refuse('RFACTOR_NOT_APPLICABLE', rows({ body: 'C[7 - vi] = C[7 - vi] + A[vi, vk]' }));
    refuse('RFACTOR_NOT_APPLICABLE', rows({ body: 'C[vi] = C[vi] + A[vi, k]' }));
    const two = '\n                C[vi] = T.float32(0)';
    refuse('RFACTOR_NOT_APPLICABLE', rows({ init: `C[vi] = T.float32(0)${two}` }));
  });

  it('reductions that do not initialise where their loops start', () => {
    const start = (axes: string) => rows({ loops: 'for i, k in T.grid(8, 4):', axes });
    const vi = 'vi = T.axis.spatial(8, i)\n            ';
    refuse('RFACTOR_NOT_APPLICABLE', start(`${vi}vk = T.axis.reduce(8, k + 4)`));
    refuse('RFACTOR_NOT_APPLICABLE', start(`${vi}vk = T.axis.reduce(8, k)\n            T.where(k >= 1)`));
  });

  it('predicates on loops of the reduction together with others', () => {
    refuse(
      'PREDICATE_NOT_IMPLIED',
      rows({ axes: 'vi, vk = T.axis.remap("SR", [i, k])\n            T.where(k - i < 1)' }),
    );
  });

  it('axes that the new buffer does not have', () => {
    const last = (loops: LoopRV[]) => loops.at(-1);
    for (const axis of [2, -3, 0.5]) refuse('FACTOR_AXIS_OUT_OF_RANGE', rows(), last, axis);
  });
});
