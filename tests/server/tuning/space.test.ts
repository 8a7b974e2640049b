import { describe, expect, it } from 'vitest';
import { spaceOf } from '../../../server/tuning/space.js';
import { TARGETS } from '../../../shared/protocol/target.js';
import type { Schedule } from '../../../shared/schedule/schedule.js';
import { createRng } from '../../../shared/support/rng.js';
import { expectSound } from '../../shared/schedule/harness.js';
import { matmul } from '../../shared/schedule/programs.js';

const target = TARGETS['wasm-simd128'];
const context = (seed: number) => ({ target, rng: createRng(seed) });

function splitColumns(sch: Schedule): void {
  const [, j] = sch.getLoops('C', 3);
  sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
}

describe('the space of a function', () => {
  const func = matmul(4, 64, 4);

  it('has one design: what the function makes of the program, with its trace', () => {
    const designs = spaceOf(splitColumns)(func, context(1));
    expect(designs).toHaveLength(1);
    for (const design of designs) {
      expect(design.trace.insts.map(({ kind }) => kind)).toEqual([
        'GetSBlock',
        'GetLoops',
        'SamplePerfectTile',
        'Split',
      ]);
      expectSound(func, design);
    }
  });

  it('draws from the generator of the context alone', () => {
    const decisions = (seed: number) =>
      spaceOf(splitColumns)(func, context(seed)).map(({ trace }) => [...trace.decisions.values()]);
    expect(decisions(1)).toEqual(decisions(1));
    const drawn = Array.from({ length: 20 }, (_, seed) => JSON.stringify(decisions(seed)));
    expect(new Set(drawn).size).toBeGreaterThan(3);
  });

  it('passes on what the function throws', () => {
    const broken = spaceOf((sch) => void sch.getBlock('nowhere'));
    expect(() => broken(func, context(1))).toThrow(expect.objectContaining({ code: 'UNKNOWN_BLOCK' }));
  });
});
