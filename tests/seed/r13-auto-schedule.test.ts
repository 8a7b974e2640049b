/** Row R13: the course's matrix product tuned over TVM's space for CPUs, without a word about how. */
import { budgetOf } from '../../shared/protocol/budget.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { IN_MEMORY, openDatabase } from '../../db/open.js';
import type { CandidateRecord } from '../../db/candidate-record.js';
import type { TuneOrder, TuneRecord } from '../../db/tune-record.js';
import { SPACES } from '../../server/tuning/spaces/space-table.js';
import { programOf } from '../../server/tuning/strategies/program-set.js';
import { flopsOf } from '../../shared/ir/flops.js';
import { SearchOptionsSchema } from '../../shared/protocol/search-options.js';
import { targetOf } from '../../shared/protocol/target.js';
import { applyTrace, traceFromJson, traceToText } from '../../shared/schedule/trace.js';
import { at } from '../../shared/support/errors.js';
import { createRng } from '../../shared/support/rng.js';
import { fakeQueue } from '../server/tuning/fake-queue.js';
import { realTune } from '../server/tuning/real-tune.js';
import { candidatesOf, queued, taskOf, tuningOn } from '../server/tuning/whole-tune.js';
import { expectTraceRoundTrip } from '../shared/schedule/harness.js';
import { matmul } from '../shared/schedule/programs.js';
import { digest, matrix, operandA, operandB } from '../support/inputs.js';
import { runWasm } from '../support/run-wasm.js';

const TRIALS = 64;
const func = matmul(128);

const ORDER: Partial<TuneOrder> = {
  space: 'tvm-llvm',
  strategy: 'evolutionary',
  budget: budgetOf({ trials: TRIALS, perTask: {} }, 1),
  search: SearchOptionsSchema.parse({ evolution: { populationSize: 64, initMinUnmeasured: 16 } }),
};

const trialNumbers = Array.from({ length: TRIALS + 1 }, (_, i) => i - 1);

describe('R13', () => {
  it('has three sketches of the product: three tilings and the steps to unroll are left open', () => {
    expect(flopsOf(func)).toBe(4_194_304);
    const sketches = SPACES['tvm-llvm'].generate(func, {
      target: targetOf('wasm-simd128'),
      rng: createRng(0),
    });
    expect(sketches).toHaveLength(3);
    for (const { trace } of sketches) {
      expect([...trace.decisions.keys()].map(({ kind }) => kind)).toEqual([
        'SamplePerfectTile',
        'SamplePerfectTile',
        'SamplePerfectTile',
        'SampleCategorical',
      ]);
    }
  });

  describe('a tune of 64 trials', () => {
    let tune: TuneRecord;
    let candidates: readonly CandidateRecord[];
    beforeAll(async () => {
      ({ tune, candidates } = await realTune(func, ORDER));
    }, 60_000);
    const best = () => at(candidates, 1 + (taskOf(tune).bestTrial ?? -1));

    it('measures 64 different programs, all of them right', () => {
      expect(tune.status).toBe('succeeded');
      expect(taskOf(tune)).toMatchObject({ measured: TRIALS, failed: 0 });
      expect(candidates.map(({ trial }) => trial)).toEqual(trialNumbers);
      expect(new Set(candidates.map(({ programHash }) => programHash)).size).toBe(TRIALS + 1);
    });

    it('finds a program that is not slower than the one it was given', () => {
      const { bestNs, baselineNs } = taskOf(tune);
      expect(bestNs ?? Infinity).toBeLessThanOrEqual(baselineNs ?? 0);
      expect(best().trial).toBeGreaterThanOrEqual(0);
    });

    it('gives a best trace that names its decisions and replays to the program that was measured', () => {
      const trace = traceFromJson(best().trace);
      const text = traceToText(trace);
      expect(text.match(/sample_perfect_tile\(.*n=4.*decision=\[/g)).toHaveLength(2);
      expect(text.match(/sample_perfect_tile\(.*n=2.*decision=\[/g)).toHaveLength(1);
      expect(text.match(/sample_categorical\(.*decision=\d/g)).toHaveLength(1);
      expect(text).toContain('enter_postproc()');
      const replayed = applyTrace(func, trace);
      expectTraceRoundTrip(func, replayed);
      expect(programOf(replayed.func).hash).toBe(best().programHash);
    });

    it('gives a program that computes the product', () => {
      const inputs = [matrix(128, 128, operandA), matrix(128, 128, operandB)];
      const scheduled = applyTrace(func, traceFromJson(best().trace)).func;
      const [product] = runWasm(scheduled, 'wasm-simd128', inputs);
      if (product === undefined) expect.fail('one output');
      expect(digest(product)).toEqual({ sum: -134, squares: 22_486_014, min: -77, max: 72 });
      expect([product[0], product[3 * 128 + 5], product[128 * 128 - 1]]).toEqual([72, -18, -14]);
    });
  });

  it('finds the same best program again when the times are the same', async () => {
    const bests: (CandidateRecord | undefined)[] = [];
    for (let run = 0; run < 2; run++) {
      const db = openDatabase(IN_MEMORY);
      const { ended, close } = tuningOn({ db, queue: fakeQueue() });
      const id = queued(db, 1, func, { ...ORDER, budget: budgetOf({ trials: TRIALS / 2, perTask: {} }, 1) });
      const { bestTrial } = taskOf(await ended(id));
      bests.push(candidatesOf(db, id).find(({ trial }) => trial === bestTrial));
      await close();
      db.close();
    }
    const [first, second] = bests.map((best) => best && [best.trial, best.trace, best.programHash]);
    expect(first).toBeDefined();
    expect(second).toEqual(first);
  });
});
