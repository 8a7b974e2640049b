import { describe, expect, it } from 'vitest';
import { disallowDynamicLoop } from '../../../../server/tuning/postprocs/disallow-dynamic-loop.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { createSchedule } from '../../../../shared/schedule/schedule.js';
import { matmul, program } from '../../../shared/schedule/programs.js';

describe('disallow-dynamic-loop', () => {
  it('accepts loops of constant extent', () => {
    expect(disallowDynamicLoop(createSchedule(matmul(4)), TARGETS.wasm)).toBe(true);
  });

  it('refuses a loop whose extent depends on another loop', () => {
    const triangle = program(
      'A: T.Buffer((8, 8), "float32")',
      `
    for i in range(8):
        for j in range(i + 1):
            with T.block("A"):
                vi = T.axis.spatial(8, i)
                vj = T.axis.spatial(8, j)
                A[vi, vj] = T.float32(1)
`,
    );
    expect(disallowDynamicLoop(createSchedule(triangle), TARGETS.wasm)).toBe(false);
  });
});
