import { gbdtModel } from '../../../../server/cost-model/gbdt-model.js';
import { ModelSnapshotSchema } from '../../../../shared/protocol/model.js';
import { describe, expect, it } from 'vitest';
import { spaceOf, spaceUnion } from '../../../../server/tuning/space.js';
import { SPACES } from '../../../../server/tuning/spaces/space-table.js';
import { createEvolutionary, trainingSamples } from '../../../../server/tuning/strategies/evolutionary.js';
import { createSearchContext } from '../../../../server/tuning/strategies/search-context.js';
import type { PastTrial, Proposal, RoundPlan } from '../../../../server/tuning/strategies/round.js';
import type { SearchProblem } from '../../../../server/tuning/strategies/strategy.js';
import type { CostModel } from '../../../../server/cost-model/model.js';
import { structuralHash } from '../../../../shared/ir/structural.js';
import { SearchOptionsSchema, SPACES as SPACE_IDS } from '../../../../shared/protocol/search-options.js';
import { at } from '../../../../shared/support/errors.js';
import { matmul } from '../../../shared/schedule/programs.js';
import { asHistory, searchProblem } from './harness.js';
import { programAfter } from './lineage.js';

type Evolution = Parameters<typeof createEvolutionary>[1];

function evolution(parts: Partial<Evolution> = {}): Evolution {
  const quick = { populationSize: 16, initMinUnmeasured: 8, geneticNumIters: 3 };
  return SearchOptionsSchema.parse({ evolution: { ...quick, ...parts } }).evolution;
}

/** Rounds of six with the history before each, of a search that may have so many trials. */
function rounds(problem: SearchProblem, options: Evolution, count: number, trials = 64) {
  const strategy = createEvolutionary(problem, options);
  const done: { readonly plan: RoundPlan; readonly history: readonly PastTrial[] }[] = [];
  let history: PastTrial[] = [];
  for (let round = 0; round < count; round++) {
    const firstTrial = history.length;
    const spent = firstTrial / trials;
    const plan = strategy.proposeRound({ round, firstTrial, size: 6, spent, history, model: null });
    done.push({ plan, history });
    history = asHistory(history, plan.proposals);
  }
  return done;
}

const func = matmul(32);

describe.each(SPACE_IDS)('evolutionary search of the space %s', (space) => {
  const problem = searchProblem(func, { space: SPACES[space] });
  const done = rounds(problem, evolution(), 5, 30);
  const all = done.flatMap(({ plan, history }) => plan.proposals.map((proposal) => ({ proposal, history })));

  it('proposes as many candidates as it is asked for, all of them different', () => {
    expect(done.map(({ plan }) => plan.proposals.length)).toEqual([6, 6, 6, 6, 6]);
    expect(new Set(all.map(({ proposal }) => proposal.programHash)).size).toBe(30);
    expect(all.map(({ proposal }) => proposal.programHash)).not.toContain(structuralHash(func));
  });

  it('says the truth about where candidates come from', () => {
    const descendants = all.filter(({ proposal }) => proposal.origin.parent !== null);
    expect(descendants.length).toBeGreaterThan(5);
    for (const { proposal, history } of descendants) {
      const { parent, mutations } = proposal.origin;
      const ancestor = at(history, parent ?? -1); // of an earlier round, and by its number
      expect(ancestor.latencyNs).not.toBeNull();
      expect(mutations.length).toBeGreaterThan(0);
      expect(programAfter(problem, ancestor.trace, mutations)).toBe(proposal.programHash);
    }
  });

  it('counts all that it made, and what was refused', () => {
    for (const { plan } of done) {
      const refused = Object.values(plan.rejected).reduce((sum, n) => sum + n, 0);
      expect(plan.generated).toBeGreaterThanOrEqual(plan.proposals.length + refused);
      expect(plan.exhausted).toBe(false);
    }
  });
});

describe('what the model judges', () => {
  /** A model that shows what it was taught, and prefers programs by their hash. */
  function spyModel() {
    const taught: (readonly number[])[] = [];
    const model: CostModel = {
      fit: (samples) => {
        taught.push(samples.map(({ score }) => score));
        return {
          predict: (funcs) =>
            Float64Array.from(funcs, (f) => Number.parseInt(structuralHash(f).slice(0, 8), 16)),
          snapshot: () => null,
        };
      },
      restore: () => null,
    };
    return { model, taught };
  }

  it('is what was measured before, relative to the best: failures count as 0', () => {
    const { model, taught } = spyModel();
    const warmSamples = [{ func, group: 'other', score: 0.25 }];
    const done = rounds(searchProblem(func, { model, warmSamples }), evolution(), 3);
    expect(taught).toHaveLength(3);
    for (const [i, { history }] of done.entries()) {
      const best = Math.min(...history.map(({ latencyNs }) => latencyNs ?? Infinity));
      const scores = history.map(({ latencyNs }) => (latencyNs === null ? 0 : best / latencyNs));
      expect(taught[i]).toEqual([0.25, ...scores]);
    }
  });

  it('is proposed with its score, and its favourites come first', () => {
    const { model } = spyModel();
    const options = evolution({ epsGreedy: 0, neighbourRatio: 0, descentRatio: 0 });
    for (const { plan, history } of rounds(searchProblem(func, { model }), options, 3)) {
      const scores = plan.proposals.map(({ predicted }) => predicted ?? NaN);
      expect(scores.every(Number.isFinite)).toBe(true);
      // Some of a round may be of other designs than the favourites'; without a past, half of it explores.
      if (history.length > 0) expect(at(scores, 0)).toBe(Math.max(...scores));
    }
  });

  it('is nothing with too few trials: candidates are random then, and have no score', () => {
    const none: CostModel = { fit: () => null, restore: () => null };
    for (const { plan } of rounds(searchProblem(func, { model: none }), evolution(), 2)) {
      expect(plan.proposals).toHaveLength(6);
      for (const { predicted, origin } of plan.proposals) {
        expect({ predicted, origin }).toEqual({ predicted: null, origin: { parent: null, mutations: [] } });
      }
    }
  });

  it('is judged by the model of the round, when that was proposed before, without learning it again', () => {
    const problem = searchProblem(func, { model: gbdtModel });
    const { plan, history } = at(rounds(problem, evolution(), 3), 2);
    expect(plan.model).not.toBeNull();
    const unable: CostModel = { ...gbdtModel, fit: () => expect.fail('fitted again') };
    const strategy = createEvolutionary(searchProblem(func, { model: unable }), evolution());
    const request = { round: 2, firstTrial: 12, size: 6, spent: 12 / 64, history };
    const { model } = plan;
    // As it comes back from the database.
    const stored = ModelSnapshotSchema.parse(JSON.parse(JSON.stringify(model)));
    expect(strategy.proposeRound({ ...request, model: stored })).toEqual(plan);
  });

  it('has no say in which trials are left out: those that no longer replay', () => {
    const { history } = at(rounds(searchProblem(func), evolution(), 2), 1);
    const stale = history.map((trial, i): PastTrial =>
      i === 0 ? { ...trial, traceHash: 'stale', trace: [[['Conjure', [], [], []]], []] } : trial,
    );
    const context = createSearchContext(searchProblem(func));
    const past = context
      .openRound({
        round: 1,
        firstTrial: 6,
        size: 6,
        spent: 0,
        history: stale,
        model: null,
      })
      .past();
    expect(trainingSamples(past)).toHaveLength(5);
  });
});

it('a design that always fails does not take the trials of the others as if nobody had tried it', () => {
  const tiled = (note: string) =>
    spaceOf((sch) => {
      const [i, j] = sch.getLoops('C', 3);
      sch.split(i, sch.samplePerfectTile(i, { n: 2 }));
      sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
      sch.annotate(sch.getBlock('C'), 'design', note);
    });
  const space = { generate: spaceUnion(tiled('sound'), tiled('faulty')), postprocs: {}, mutators: [] };
  const none: CostModel = { fit: () => null, restore: () => null };
  const strategy = createEvolutionary(searchProblem(matmul(64), { space, model: none }), evolution());
  const isFaulty = ({ trace }: Pick<PastTrial, 'trace'>): boolean => JSON.stringify(trace).includes('faulty');
  let history: PastTrial[] = [];
  for (let round = 0; round < 4; round++) {
    const request = { round, firstTrial: history.length, size: 6, spent: 0, history, model: null };
    const { proposals } = strategy.proposeRound(request);
    history = asHistory(history, proposals).map((trial) =>
      isFaulty(trial) ? { ...trial, latencyNs: null } : trial,
    );
  }
  expect(history).toHaveLength(24);
  expect(history.filter(isFaulty)).toHaveLength(12);
});

describe('descent', () => {
  it('begins when its part of the trials is left', () => {
    const parts = evolution({ descentRatio: 0.5, neighbourRatio: 0, geneticMutateProb: 1 });
    const isDescent = ({ proposals }: RoundPlan): boolean =>
      proposals.every(({ origin }: Proposal) => origin.parent !== null && origin.mutations.length === 1);
    const plans = rounds(searchProblem(func), parts, 4, 24).map(({ plan }) => plan);
    expect(plans.map(isDescent)).toEqual([false, false, true, true]);
  });

  it('has a part of every round before', () => {
    const parts = evolution({
      descentRatio: 0,
      neighbourRatio: 0.5,
      geneticNumIters: 0,
      initMeasuredRatio: 0,
    });
    const steps = rounds(searchProblem(func), parts, 3, 24).map(
      ({ plan }) => plan.proposals.filter(({ origin }) => origin.parent !== null).length,
    );
    expect(steps).toEqual([0, 3, 3]);
  });
});
