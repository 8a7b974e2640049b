import { describe, expect, it } from 'vitest';
import { createSchedule } from '../../../shared/schedule/schedule.js';
import { matmul, program } from '../../shared/schedule/programs.js';
import { linesAfter } from './harness.js';

describe('elements that a loop updates', () => {
  it('live in a local while it runs', () => {
    expect(linesAfter('promote-locals', matmul(4, 5, 6))).toMatchInlineSnapshot(`
      [
        "kernel main(A: 96 bytes, B: 120 bytes, C: 80 bytes)",
        "  for i.0 in 4",
        "    for j.0 in 5",
        "      C[20*i.0 + 4*j.0 + 0] = 0",
        "      C.0 = float32 C[20*i.0 + 4*j.0 + 0]",
        "      for k.0 in 6",
        "        C.0 = (C.0 + (float32 A[24*i.0 + 4*k.0 + 0] * float32 B[4*j.0 + 20*k.0 + 0]))",
        "      C[20*i.0 + 4*j.0 + 0] = C.0",
      ]
    `);
  });

  it('live in one local each, when a tile is unrolled inside the reduction', () => {
    const sch = createSchedule(matmul(8), { verify: true });
    const block = sch.getBlock('C');
    const [i, j, k] = sch.getLoops(block, 3);
    const [i0, i1] = sch.split(i, [null, 2]);
    const [j0, j1] = sch.split(j, [null, 4]);
    sch.reorder(i0, j0, k, i1, j1);
    sch.unroll(i1);
    sch.vectorize(j1);
    const lines = linesAfter('dead-stores', sch.func, 'wasm-simd128');
    const inner = lines.slice(lines.findIndex((line) => /for k/.test(line)));
    expect(inner.filter((line) => / C\[/.test(line)).every((line) => !/^ {8}/.test(line))).toBe(true);
    expect(lines).toMatchInlineSnapshot(`
      [
        "kernel main(A: 256 bytes, B: 256 bytes, C: 256 bytes)",
        "  for i_0.0 in 4",
        "    for j_0.0 in 2",
        "      C.0 = splat(0)",
        "      C.1 = splat(0)",
        "      for k.0 in 8",
        "        B.0 = float32x4 B[16*j_0.0 + 32*k.0 + 0]",
        "        C.0 = (C.0 + (splat(float32 A[64*i_0.0 + 4*k.0 + 0]) * B.0))",
        "        C.1 = (C.1 + (splat(float32 A[64*i_0.0 + 4*k.0 + 32]) * B.0))",
        "      C[64*i_0.0 + 16*j_0.0 + 0] = C.0",
        "      C[64*i_0.0 + 16*j_0.0 + 32] = C.1",
      ]
    `);
  });

  it('stay in memory when the loop may touch them otherwise', () => {
    const scan = program(
      'A: T.Buffer((8,), "float32"), B: T.Buffer((9,), "float32")',
      `
    for i in range(8):
        with T.block("B"):
            vi = T.axis.opaque(8, i)
            B[vi + 1] = B[vi] + A[vi]
`,
    );
    expect(linesAfter('promote-locals', scan)).toEqual(linesAfter('translate', scan));
  });
});
