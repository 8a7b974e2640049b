import { describe, expect, it } from 'vitest';
import {
  createStrategy,
  keyOf,
  proposeTimed,
  searchHere,
  type SearchSpec,
  type WarmTrial,
} from '../../../server/tuning/search.js';
import { EMPTY_TRACE, type TraceJson } from '../../../shared/protocol/measure.js';
import { STRATEGIES } from '../../../shared/protocol/search-options.js';
import { structuralEqual } from '../../../shared/ir/structural.js';
import { printScript } from '../../../shared/script/print.js';
import { expectSameResults } from '../../shared/schedule/harness.js';
import { matmul } from '../../shared/schedule/programs.js';
import { searchSpec } from './search-specs.js';
import { asHistory, plainSpace, proposeRounds, replay } from './strategies/harness.js';

const func = matmul(16);
const ROUNDS = [3, 4, 4];

/** As versions of another time may have stored them. */
const NO_SUCH_STEP: TraceJson = [[['Conjure', [], [], []]], []];
const NO_SUCH_BLOCK: TraceJson = [[['GetSBlock', [], ['D', 'main'], ['b0']]], []];

describe.each(STRATEGIES)('strategy %s', (strategy) => {
  const spec = searchSpec({ strategy });

  it('is the same for the same specification, and another for another seed', () => {
    const first = proposeRounds(createStrategy(spec), ROUNDS);
    expect(proposeRounds(createStrategy(spec), ROUNDS)).toEqual(first);
    expect(proposeRounds(createStrategy({ ...spec, seed: 1 }), ROUNDS)).not.toEqual(first);
  });

  it('gives an interrupted round again, though it has seen none of the others', () => {
    const rounds = proposeRounds(createStrategy(spec), ROUNDS);
    const history = asHistory(
      [],
      rounds.slice(0, 2).flatMap(({ proposals }) => proposals),
    );
    const request = {
      round: 2,
      firstTrial: history.length,
      size: ROUNDS[2] ?? 0,
      spent: 0,
      history,
      model: null,
    };
    expect(createStrategy(spec).proposeRound(request)).toEqual(rounds[2]);
  });

  it('proposes no program twice, nor the one it was given, and all compute what that does', () => {
    const proposals = proposeRounds(createStrategy(spec), ROUNDS).flatMap((plan) => plan.proposals);
    const programs = [func, ...proposals.map(({ trace }) => replay(func, trace))];
    expect(proposals).toHaveLength(11);
    for (const [i, program] of programs.entries()) {
      expect(programs.findIndex((other) => structuralEqual(other, program))).toBe(i);
      expectSameResults(func, program);
    }
  });

  it('goes on without the trials of its history that no longer apply', () => {
    const [plan] = proposeRounds(createStrategy(spec), [4]);
    const stale = [NO_SUCH_STEP, NO_SUCH_BLOCK];
    const history = asHistory([], plan?.proposals ?? []).map((trial, i) => ({
      ...trial,
      trace: stale[i] ?? trial.trace,
      traceHash: `${i}`,
    }));
    const next = createStrategy(spec).proposeRound({
      round: 1,
      firstTrial: 4,
      size: 4,
      spent: 0,
      history,
      model: null,
    });
    expect(next.proposals).toHaveLength(4);
  });
});

describe('a search', () => {
  it('on this thread proposes what its strategy proposes, and says how long that took', async () => {
    const request = { round: 0, firstTrial: 0, size: 5, spent: 0, history: [], model: null };
    const { plan, searchMs } = await searchHere(createStrategy(searchSpec())).propose(request);
    expect(plan).toEqual(proposeTimed(createStrategy(searchSpec()), request).plan);
    expect(searchMs).toBeGreaterThan(0);
  });

  it('may be over a space of its own', () => {
    const space = plainSpace((sch) => {
      const [, j] = sch.getLoops('C', 3);
      sch.split(j, sch.samplePerfectTile(j, { n: 2 }));
    });
    const [plan] = proposeRounds(createStrategy(searchSpec(), { space }), [64]);
    expect(plan).toMatchObject({ exhausted: true, proposals: { length: 3 } });
  });

  it('refuses a script that is no program', () => {
    expect(() => createStrategy(searchSpec({ script: 'def' }))).toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
  });
});

describe('what other searches have measured', () => {
  const script = printScript(matmul(8));
  const [plan] = proposeRounds(createStrategy(searchSpec({ script })), [8]);
  const warm = (plan?.proposals ?? []).map(({ trace }, i): WarmTrial => ({
    script,
    trace,
    latencyNs: 1000 + 100 * i,
  }));
  const firstPredictions = (trials: readonly WarmTrial[]): (number | null)[] => {
    const spec = searchSpec({ strategy: 'evolutionary', model: 'gbdt', warm: trials });
    const [first] = proposeRounds(createStrategy(spec), [4]);
    return (first?.proposals ?? []).map(({ predicted }) => predicted);
  };

  it('teaches the model before the first trial', () => {
    expect(warm).toHaveLength(8);
    expect(firstPredictions([])).toEqual([null, null, null, null]);
    expect(firstPredictions(warm).filter((score) => score !== null).length).toBeGreaterThan(0);
  });

  it('is left out where its traces do not apply any more', () => {
    const stale = warm.map((trial, i) => ({ ...trial, trace: i % 2 === 0 ? NO_SUCH_STEP : NO_SUCH_BLOCK }));
    expect(firstPredictions(stale)).toEqual([null, null, null, null]);
  });
});

describe('the key of a search', () => {
  it('is the same for equal specifications, and depends on all of them', () => {
    const spec = searchSpec();
    const others: Partial<SearchSpec>[] = [
      { script: printScript(matmul(17)) },
      { target: 'wasm' },
      { strategy: 'evolutionary' },
      { model: 'gbdt' },
      { space: 'tvm-llvm' },
      { seed: 1 },
      { warm: [{ script: spec.script, trace: EMPTY_TRACE, latencyNs: 1 }] },
    ];
    expect(keyOf(searchSpec())).toBe(keyOf(spec));
    expect(new Set([spec, ...others.map((part) => ({ ...spec, ...part }))].map(keyOf)).size).toBe(8);
  });
});
