/** Row R12: random search over the user's own space of row R11, and a tune over it that ends when nothing is left. */
import { describe, expect, it } from 'vitest';
import { BASELINE_TRIAL } from '../../db/candidate-record.js';
import { fastestCandidates } from '../../db/candidates.js';
import { spaceOf } from '../../server/tuning/space.js';
import { createReplayTrace } from '../../server/tuning/strategies/replay-trace.js';
import { EMPTY_TRACE } from '../../shared/protocol/measure.js';
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
    expect(tune).toMatchObject({ status: 'succeeded', task: { measured: 5, failed: 0 } });
    expect(candidates.map(({ trial }) => trial)).toEqual([BASELINE_TRIAL, 0, 1, 2, 3, 4]);
    const texts = candidates.slice(1).map(({ trace }) => traceToText(traceFromJson(trace)));
    expect(texts.map(decisionIn).toSorted()).toEqual(SPACE.toSorted());
    expect(tune.task.bestTrial).not.toBe(BASELINE_TRIAL);
    const best = at(fastestCandidates(db, tune.task.id, 1), 0);
    expect(SPACE).toContain(decisionIn(traceToText(traceFromJson(best.trace))));
  });

  it('random search gives as many correct candidates as it is asked for, until there are no more', () => {
    const random = createReplayTrace({
      func: matmul(16),
      target: targetOf('wasm-simd128'),
      space: spaceOf(stochasticScheduleMm),
      postprocs: [],
      seed: 7,
    });
    const attempts = Array.from({ length: 5 }, () => random.next());
    for (const attempt of attempts) {
      const { func } = applyTrace(matmul(16), traceFromJson(attempt?.trace ?? EMPTY_TRACE));
      expectSameResults(matmul(16), func);
    }
    expect(new Set(attempts.map((attempt) => attempt?.programHash)).size).toBe(5);
    expect([random.next(), random.next()]).toEqual([null, null]);
  });
});
