import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { program } from '../../shared/schedule/programs.js';
import { linesAfter } from './harness.js';

function unrolled(body: string, parameters: string) {
  const sch = createSchedule(program(parameters, body), { verify: true });
  const loops = sch.getLoops('B', 1);
  sch.unroll(loops[0]);
  return sch.func;
}

describe('straight-line code', () => {
  it('loads an element once', () => {
    const window = unrolled(
      `
    for i in range(3):
        with T.block("B"):
            vi = T.axis.spatial(3, i)
            B[vi] = A[vi] + A[vi + 1]
`,
      'A: T.Buffer((4,), "float32"), B: T.Buffer((3,), "float32")',
    );
    const loads = linesAfter('reuse-loads', window).join('\n').match(/ A\[/g);
    expect(loads).toHaveLength(4);
    expect(linesAfter('translate', window).join('\n').match(/ A\[/g)).toHaveLength(6);
  });

  it('does not load what it has just stored, nor store what it overwrites', () => {
    const chain = program(
      'A: T.Buffer((1,), "float32"), B: T.Buffer((1,), "float32")',
      `
    with T.block("first"):
        B[0] = A[0] + T.float32(1)
    with T.block("second"):
        B[0] = B[0] * T.float32(2)
`,
    );
    expect(linesAfter('dead-stores', chain)).toMatchInlineSnapshot(`
      [
        "kernel main(A: 4 bytes, B: 4 bytes)",
        "  B.0 = (float32 A[0] + 1)",
        "  B[0] = (B.0 * 2)",
      ]
    `);
  });

  it('loads again what a store may have changed', () => {
    const aliased = program(
      'N: T.Buffer((1,), "int32"), B: T.Buffer((4,), "float32")',
      `
    with T.block("first"):
        B[0] = B[1] + T.float32(1)
        B[T.max(0, T.min(N[0], 3))] = T.float32(7)
        B[2] = B[0] + B[1]
`,
    );
    const lines = linesAfter('dead-stores', aliased);
    expect(lines.filter((line) => /^ *B\[/.test(line))).toHaveLength(3);
    expect(lines.at(-1)).toContain('B[0]');
    expect(lines.at(-1)).toContain('B[4]');
  });
});

describe('loads whose address a loop does not change', () => {
  it('stand before the loop', () => {
    const scaled = program(
      'S: T.Buffer((4,), "float32"), A: T.Buffer((4, 8), "float32"), B: T.Buffer((4, 8), "float32")',
      `
    for i, j in T.grid(4, 8):
        with T.block("B"):
            vi, vj = T.axis.remap("SS", [i, j])
            B[vi, vj] = A[vi, vj] * S[vi]
`,
    );
    expect(linesAfter('hoist-loads', scaled)).toMatchInlineSnapshot(`
      [
        "kernel main(S: 16 bytes, A: 128 bytes, B: 128 bytes)",
        "  for i.0 in 4",
        "    S.0 = float32 S[4*i.0 + 0]",
        "    for j.0 in 8",
        "      B[32*i.0 + 4*j.0 + 0] = (float32 A[32*i.0 + 4*j.0 + 0] * S.0)",
      ]
    `);
  });
});
