import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mutate, type WeightedMutators } from '../../../../server/tuning/mutators/mutator.js';
import { mutateParallel } from '../../../../server/tuning/mutators/mutate-parallel.js';
import { neighbours } from '../../../../server/tuning/mutators/neighbours.js';
import type { SpaceGenerator } from '../../../../server/tuning/space.js';
import { SPACES } from '../../../../server/tuning/spaces/space-table.js';
import type { PrimFunc } from '../../../../shared/ir/prim-func.js';
import { TARGETS } from '../../../../shared/protocol/target.js';
import { applyTrace, type Trace } from '../../../../shared/schedule/trace.js';
import { at } from '../../../../shared/support/errors.js';
import { createRng, type Rng } from '../../../../shared/support/rng.js';
import { expectSameResults, expectTraceRoundTrip } from '../../../shared/schedule/harness.js';
import { matmul, matmulRelu, rowSumsAdded, twoElementwise } from '../../../shared/schedule/programs.js';
import { changedSteps, onlyChange } from './harness.js';

const PROGRAMS: readonly (readonly [string, PrimFunc])[] = [
  ['matmul', matmul(6, 8, 4)],
  ['matmul-relu', matmulRelu(6)],
  ['row-sums', rowSumsAdded(8)],
  ['elementwise', twoElementwise(6)],
];

/** A random point of a space: a design with decisions drawn afresh. */
function drawTrace(func: PrimFunc, generate: SpaceGenerator, rng: Rng): Trace {
  const designs = generate(func, { target: TARGETS['wasm-simd128'], rng });
  const { trace } = at(designs, rng.nextInt(designs.length));
  return applyTrace(func, trace, { rng, decide: () => null }).trace;
}

/** What must hold for the child of a trace that replays. */
function expectSoundChild(func: PrimFunc, parent: Trace, child: Trace): void {
  const replayed = applyTrace(func, child, { verify: true });
  const [annotation, ...others] = changedSteps(parent, child);
  if (annotation === undefined) {
    const { inst, after } = onlyChange(parent, child);
    expect(replayed.trace.decisions.get(inst)).toEqual(after);
  } else {
    expect(others).toEqual([]);
    expect(annotation.kind).toBe('Annotate');
    expect(replayed.trace.decisions).toEqual(applyTrace(func, parent).trace.decisions);
  }
  expectSameResults(func, replayed.func);
  expectTraceRoundTrip(func, replayed);
}

describe.each([
  ['default', SPACES.default],
  ['tvm-llvm', SPACES['tvm-llvm']],
] as const)('in the space %s', (_space, { generate, mutators }) => {
  it.each(PROGRAMS)(
    'every child of %s replays, differs in one step, and computes the same',
    (_name, func) => {
      fc.assert(
        fc.property(fc.nat(), (seed) => {
          const rng = createRng(seed);
          let parent = drawTrace(func, generate, rng);
          for (let generation = 0; generation < 4; generation++) {
            const mutation = mutate(parent, mutators, { func, rng });
            if (mutation === null) return;
            expectSoundChild(func, parent, mutation.trace);
            parent = applyTrace(func, mutation.trace).trace;
          }
        }),
        { numRuns: 10 },
      );
    },
  );

  it.each(PROGRAMS)(
    'every neighbour of %s replays, differs in one decision, and computes the same',
    (_name, func) => {
      const rng = createRng(7);
      const parent = drawTrace(func, generate, rng);
      for (const { trace } of neighbours(parent, { func, rng })) expectSoundChild(func, parent, trace);
    },
  );
});

describe('limits of parallel jobs', () => {
  it('replay, and compute the same', () => {
    const mutators: WeightedMutators = [[mutateParallel({ cores: 4, maxJobsPerCore: 16 }), 1]];
    for (const [, func] of PROGRAMS) {
      const rng = createRng(0);
      const parent = drawTrace(func, SPACES['tvm-llvm'].generate, rng);
      const mutation = mutate(parent, mutators, { func, rng });
      if (mutation === null) continue;
      expectSoundChild(func, parent, mutation.trace);
    }
  });
});
