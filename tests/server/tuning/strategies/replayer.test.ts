import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createReplayer } from '../../../../server/tuning/strategies/replayer.js';
import { SPACES } from '../../../../server/tuning/spaces/space-table.js';
import type { SpaceId } from '../../../../shared/protocol/search-options.js';
import { targetOf } from '../../../../shared/protocol/target.js';
import { applyTrace, traceToJson, type Trace } from '../../../../shared/schedule/trace.js';
import { attempt } from '../../../../shared/schedule/errors.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng } from '../../../../shared/support/rng.js';
import { expectSameProgram } from '../../../shared/schedule/harness.js';
import { matmulRelu } from '../../../shared/schedule/programs.js';

const func = matmulRelu(16);

function designsOf(space: SpaceId): Trace[] {
  const generator = { target: targetOf('wasm-simd128'), rng: createRng(0) };
  return SPACES[space].generate(func, generator).map(({ trace }) => trace);
}

/** The program and the trace that a replay makes, or why it does not. */
function outcomeOf(replay: () => ReturnType<typeof applyTrace>) {
  return attempt(
    () => {
      const { func: made, trace } = replay();
      return { made, json: traceToJson(trace) };
    },
    ({ code }) => ({ made: null, json: code }),
  );
}

describe.each(['default', 'tvm-llvm'] as const)('replaying traces of the space %s', (space) => {
  it('gives what replaying each from the beginning gives, whatever was replayed before', () => {
    const designs = designsOf(space);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 8 }), (seeds) => {
        const replay = createReplayer(func);
        for (const seed of seeds) {
          const design = at(designs, seed % designs.length);
          // Half of the decisions are drawn anew.
          const kept = [...design.decisions].filter((_, i) => (seed >> i) % 2 === 0);
          const trace: Trace = { insts: design.insts, decisions: new Map(kept) };
          const drawn = outcomeOf(() => replay(trace, createRng(seed)));
          if (drawn.made === null) continue;
          const again = outcomeOf(() => replay(trace, createRng(seed)));
          const whole = outcomeOf(() =>
            applyTrace(func, trace, { rng: createRng(seed), removePostproc: true }),
          );
          expect(again.json).toEqual(drawn.json);
          expect(drawn.json).toEqual(whole.json);
          if (whole.made !== null) expectSameProgram(drawn.made, whole.made);
        }
      }),
      { numRuns: 25 },
    );
  });
});
