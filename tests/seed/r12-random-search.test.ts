/** Row R12: random search over the user's own space of row R11, and a tune over it that ends when nothing is left. */
import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import { fastestCandidates } from '../../db/candidates.js';
import { randomModel } from '../../server/cost-model/random-model.js';
import { spaceOf } from '../../server/tuning/space.js';
import { createReplayTrace } from '../../server/tuning/strategies/replay-trace.js';
import { targetOf } from '../../shared/protocol/target.js';
import type { Schedule } from '../../shared/schedule/schedule.js';
import { applyTrace, traceFromJson, traceToText } from '../../shared/schedule/trace.js';
import { at } from '../../shared/support/errors.js';
import { tuneOver } from '../server/tuning/harness.js';
import { expectSameResults } from '../shared/schedule/harness.js';
import { matmul } from '../shared/schedule/programs.js';

function stochasticScheduleMm(sch: Schedule): void {
  const block = sch.getBlock('C');
  const [i, j, k] = sch.getLoops(block, 3);
  const [j0, j1] = sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
  sch.reorder(i, j0, k, j1);
  sch.decomposeReduction(block, k);
}

const SPACE = ['[128, 1]', '[64, 2]', '[32, 4]', '[16, 8]', '[8, 16]'];

const decisionIn = (text: string): string =>
  /sample_perfect_tile\(.*decision=(\[[^\]]*\])/.exec(text)?.[1] ?? '';

describe('R12', () => {
  it('tunes over the space of a function: five of 64 trials, then the tune ends by itself', async () => {
    const { tune, candidates, db } = await tuneOver({
      func: matmul(128),
      space: spaceOf(stochasticScheduleMm),
      trials: 64,
    });
    expect(tune).toMatchObject({ status: 'succeeded', tasks: [{ measured: 5, failed: 0 }] });
    expect(candidates.map(({ trial }) => trial)).toEqual([BASELINE_TRIAL, 0, 1, 2, 3, 4]);
    const texts = candidates.slice(1).map(({ trace }) => traceToText(traceFromJson(trace)));
    expect(texts.map(decisionIn).toSorted()).toEqual(SPACE.toSorted());
    expect(tune.tasks[0].bestTrial).not.toBe(BASELINE_TRIAL);
    const best = at(fastestCandidates(db, tune.tasks[0].id, 1), 0);
    expect(SPACE).toContain(decisionIn(traceToText(traceFromJson(best.trace))));
  });

  it('random search gives as many correct candidates as it is asked for, until there are no more', () => {
    const space = { generate: spaceOf(stochasticScheduleMm), postprocs: {}, mutators: [] };
    const target = targetOf('wasm-simd128');
    const random = createReplayTrace({
      func: matmul(16),
      target,
      space,
      seed: 7,
      model: randomModel,
      warmSamples: [],
    });
    const first = random.proposeRound({
      round: 0,
      firstTrial: 0,
      size: 3,
      spent: 0,
      history: [],
      model: null,
    });
    const history = first.proposals.map((proposal, trial) => ({ ...proposal, trial, latencyNs: 1 }));
    const second = random.proposeRound({ round: 1, firstTrial: 3, size: 3, spent: 0, history, model: null });
    const attempts = [...first.proposals, ...second.proposals];
    for (const { trace } of attempts) {
      expectSameResults(matmul(16), applyTrace(matmul(16), traceFromJson(trace)).func);
    }
    expect(new Set(attempts.map(({ programHash }) => programHash)).size).toBe(5);
    expect([first.exhausted, second.exhausted]).toEqual([false, true]);
  });
});
