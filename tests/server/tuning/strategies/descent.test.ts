import { describe, expect, it } from 'vitest';
import type { Predictor } from '../../../../server/cost-model/model.js';
import { neighbours } from '../../../../server/tuning/mutators/neighbours.js';
import { descend } from '../../../../server/tuning/strategies/descent.js';
import { programOf } from '../../../../server/tuning/strategies/program-set.js';
import { createReplayTrace } from '../../../../server/tuning/strategies/replay-trace.js';
import type { PastTrial } from '../../../../server/tuning/strategies/round.js';
import { createSearchContext } from '../../../../server/tuning/strategies/search-context.js';
import { structuralHash } from '../../../../shared/ir/structural.js';
import { applyTrace, traceFromJson } from '../../../../shared/schedule/trace.js';
import type { Schedule } from '../../../../shared/schedule/schedule.js';
import { createRng } from '../../../../shared/support/rng.js';
import { matmul } from '../../../shared/schedule/programs.js';
import { asHistory, plainSpace, proposeRounds, searchProblem } from './harness.js';
import { programAfter } from './lineage.js';

const func = matmul(64);

/** Two tiles of which all decisions make programs of their own. */
function tileTwice(sch: Schedule): void {
  const [i, j] = sch.getLoops('C', 3);
  sch.split(i, sch.samplePerfectTile(i, { n: 3 }));
  sch.split(j, sch.samplePerfectTile(j, { n: 3 }));
}

const problem = searchProblem(func, { space: plainSpace(tileTwice) });
const history = proposeRounds(createReplayTrace(problem), [8]).flatMap(({ proposals }) =>
  asHistory([], proposals),
);

/** Prefers programs by their hash. */
const predictor: Predictor = {
  predict: (funcs) => Float64Array.from(funcs, (f) => Number.parseInt(structuralHash(f).slice(0, 8), 16)),
  snapshot: () => null,
};

/** Steps from the history, the trials that are named being the fastest, in this order. */
function steps(trials: readonly number[], count = 1000, known: readonly PastTrial[] = history) {
  const round = createSearchContext(problem).openRound({
    round: 1,
    firstTrial: known.length,
    size: 8,
    spent: 0,
    history: known,
    model: null,
  });
  const fastest = trials.flatMap((trial) => round.past().filter((one) => one.trial.trial === trial));
  return { found: descend(problem, round, { fastest, predictor, count }), round };
}

/** Hashes of all programs one small step away from a trial. */
function around(trial: number): string[] {
  const { design } = { design: traceFromJson(history[trial]?.trace) };
  return neighbours(design, { func, rng: createRng(0) }).map(
    ({ trace }) => programOf(applyTrace(func, trace).func).hash,
  );
}

const known = new Set([programOf(func).hash, ...history.map(({ programHash }) => programHash)]);

describe('descent', () => {
  it('finds every new neighbour of the three fastest, once, and says how it came there', () => {
    const { found } = steps([5, 2, 7, 0]);
    const expected = new Set([5, 2, 7].flatMap(around).filter((hash) => !known.has(hash)));
    expect(expected.size).toBeGreaterThan(10);
    expect(found.map(([{ program }]) => program.hash).toSorted()).toEqual([...expected].toSorted());
    for (const [{ origin, program }] of found) {
      expect([5, 2, 7]).toContain(origin.parent);
      expect(origin.mutations).toHaveLength(1);
      const parent = history[origin.parent ?? -1];
      if (parent === undefined) expect.fail('a trial of the history');
      expect(programAfter(problem, parent.trace, origin.mutations)).toBe(program.hash);
    }
  });

  it('puts the most promising first, and takes no more than it is asked for', () => {
    const { found: all } = steps([5, 2, 7]);
    const scores = all.map(([, score]) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect([...predictor.predict(all.map(([{ func: step }]) => step))]).toEqual(scores);
    const hashes = all.map(([{ program }]) => program.hash);
    expect(steps([5, 2, 7], 4).found.map(([{ program }]) => program.hash)).toEqual(hashes.slice(0, 4));
  });

  it('counts the neighbours that are known already', () => {
    const { found, round } = steps([5, 2, 7]);
    const { generated, rejected } = round.plan([]);
    expect(generated).toBe([5, 2, 7].flatMap(around).length);
    expect(rejected).toEqual({ duplicate: generated - found.length });
  });

  it('goes nowhere without measured trials, or when nothing is asked for', () => {
    expect(steps([]).found).toEqual([]);
    const { found, round } = steps([1], 0);
    expect(found).toEqual([]);
    expect(round.plan([]).generated).toBe(0);
  });

  it('does not go back: what one round has measured is no step of the next', () => {
    const first = steps([5], 1000);
    const next = asHistory(history, first.round.plan(first.found).proposals);
    expect(steps([5], 1000, next).found).toEqual([]);
  });
});
